"""A real terminal for the app: a pseudo-terminal, and an emulator that knows what is on its screen."""

import time
from collections.abc import Callable, Sequence

import pexpect
import pyte

from tests.end_to_end.support import LORAG, Shell


class Terminal:
    """One program in a terminal of its own."""

    def __init__(self, shell: Shell, command: Sequence[str], *, size: tuple[int, int], language: str) -> None:
        columns, lines = size
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        environment = shell.environment(language)
        for name in ("NO_COLOR", "TERM_PROGRAM", "TMUX", "COLORTERM", "COLUMNS", "LINES"):
            environment.pop(name, None)
        self.process = pexpect.spawn(
            command[0],
            list(command[1:]),
            dimensions=(lines, columns),
            cwd=str(shell.folder),
            env=environment,
            use_poll=True,
        )

        self.last = b""
        """What the program wrote last, once it has ended."""
        self.written = b""
        """All that it has written."""

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    @property
    def text(self) -> str:
        """What is on the screen; the second cell of a wide character holds nothing."""
        rows = (self._screen.buffer[line] for line in range(self._screen.lines))
        return "\n".join("".join(row[column].data for column in range(self._screen.columns)).rstrip() for row in rows)

    @property
    def caret_line(self) -> str:
        """The line of the screen on which the caret stands."""
        return self.text.split("\n")[self._screen.cursor.y]

    def wait_for(self, expected: str | Callable[[str], object], *, seconds: float = 40.0) -> str:
        """Read until the screen shows a text, and return the screen."""
        deadline = time.monotonic() + seconds
        while not (expected in self.text if isinstance(expected, str) else expected(self.text)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{expected!r} did not come; the screen is:\n{self.text}")
            try:
                self._feed(self.process.read_nonblocking(65536, timeout=0.05))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF as error:
                raise AssertionError(f"the program has ended; the screen is:\n{self.text}") from error
        return self.text

    def _feed(self, written: bytes) -> None:
        self.written += written
        self._stream.feed(written)

    def type(self, keys: str) -> None:
        """Press keys."""
        self.process.send(keys)

    def ask(self, question: str) -> None:
        """Type a question and send it once it stands in the prompt."""
        self.type(question)
        self.wait_for(f"│ {question}")
        self.type("\r")

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        # A fresh emulator: what it shows from now on was drawn for the new size.
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.process.setwinsize(lines, columns)

    def hang_up(self) -> None:
        """Take the terminal away, as the window that closes does."""
        self.process.ptyproc.fileobj.close()

    def end(self) -> int | None:
        """Read to the end of the program and return its exit code."""
        self.process.expect(pexpect.EOF, timeout=60)
        self.last = bytes(self.process.before or b"")
        self._feed(self.last)
        self.process.close()
        code: int | None = self.process.exitstatus
        return code


APP = (str(LORAG),)
