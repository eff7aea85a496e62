"""Lines from a person at a terminal, with editing and history, or from a pipe."""

import contextlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_MOST_LINES: Final = 1000
_PROMPT: Final = "> "


class LineReader:
    """Reads one line after the other; a prompt is shown on a terminal only."""

    def __init__(self, history: Path) -> None:
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._history = history
        self._readline = _readline() if self.interactive else None
        if self._readline is not None:
            self._readline.set_history_length(_MOST_LINES)
            with contextlib.suppress(OSError):
                self._readline.read_history_file(history)

    def read(self) -> str | None:
        """Return the next line, None when there is none."""
        if not self.interactive:
            line = sys.stdin.readline()
            return _clean(line) if line else None
        try:
            line = input(_PROMPT)
        except EOFError:
            print()
            return None
        self._remember()
        return _clean(line)

    def _remember(self) -> None:
        """Save the history at once: a window that is closed gives no other chance."""
        if self._readline is not None:
            with contextlib.suppress(OSError):
                self._history.touch(mode=0o600)
                self._readline.write_history_file(self._history)


def _clean(line: str) -> str:
    # Bytes that are not the locale's text arrive as lone surrogates, which nothing after here could print or save.
    return line.encode("utf-8", "replace").decode("utf-8").strip()


def _readline() -> ModuleType | None:
    """Return the module that gives ``input`` editing and history; some Pythons are built without it."""
    try:
        import readline  # noqa: PLC0415 - loading it changes how input() behaves
    except ImportError:
        return None
    return readline
