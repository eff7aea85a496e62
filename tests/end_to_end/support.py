"""The installed ``lorag`` command, run as people run it: in a pipe and in a terminal."""

import contextlib
import json
import os
import re
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import psutil
import pyte

from lorag.library.chats import Chats, StoredMessage
from lorag.library.database import Database
from lorag.models.find import BUILTIN, builtin_model
from tests.pseudo_terminal import end
from tests.tiny_gguf import tiny_folder, write_tiny_gguf

LORAG = Path(sys.executable).with_name("lorag")
SECONDS = 60
"""Longer than anything here takes on a busy machine; a test that needs it has failed."""
_STYLES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")

LEAVE = """# Leave policy

## Annual leave

Every employee has 25 days of annual leave a year. Unused days can be carried over until the end of March.

## Sick leave

Tell your manager before ten in the morning when you are ill.
"""
LEAVE_KO = """# 휴가 규정

## 연차

모든 직원은 일 년에 15일의 연차를 쓸 수 있습니다. 남은 연차는 다음 해 3월 말까지 쓸 수 있습니다.

## 병가

아플 때는 오전 10시 전에 팀장에게 알려야 합니다.
"""


def quoting_model() -> Path:
    """Return a model with random weights that, like the built-in one, answers by quoting; free answers never end."""
    path = tiny_folder() / "quoting.gguf"
    return path if path.exists() else write_tiny_gguf(path, context=32_768, metadata={"lorag.quote": True}, opening="[")


def shipped_model() -> str:
    """Return the name of the model that comes with lorag."""
    return BUILTIN


MODELS: dict[str, Callable[[], Path | str]] = {"tiny": quoting_model}
if builtin_model():
    MODELS["builtin"] = shipped_model
"""Every model the tests of this folder must pass with."""


@dataclass(frozen=True)
class Shell:
    """A machine with one data folder and one model."""

    folder: Path
    model: str

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def library(self) -> Path:
        return self.data_dir / "library.db"

    def environment(self, language: str = "en_US.UTF-8") -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORAG_", "LC_", "LANG"))}
        lorag = {"LORAG_DATA_DIR": str(self.data_dir), "LORAG_MODEL": self.model, "LORAG_THREADS": "1"}
        return {**kept, **lorag, "LANG": language, "TERM": "xterm-256color", "PYTHONUTF8": "1"}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / "documents" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(
        self, *arguments: str, stdin: str | bytes | None = None, language: str = "en_US.UTF-8"
    ) -> subprocess.CompletedProcess[str]:
        """Run a command whose streams are pipes; nothing on stdin is an empty pipe."""
        data = stdin.encode() if isinstance(stdin, str) else stdin or b""
        done = subprocess.run(
            [LORAG, *arguments],
            input=data,
            capture_output=True,
            env=self.environment(language),
            timeout=SECONDS,
            check=False,
            cwd=self.folder,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def json(self, *arguments: str, stdin: str | None = None) -> Any:
        """Return what a command that succeeds prints as JSON."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)

    def add(self, *paths: Path) -> None:
        done = self.run("add", *map(str, paths))
        assert done.returncode == 0, done.stderr + done.stdout

    def messages(self) -> list[StoredMessage]:
        """Return every saved message, oldest first."""
        with Database.open(self.library, read_only=True) as database:
            chats = Chats(database)
            found = [message for chat in chats.recent() for message in chats.messages(chat.id)]
            return sorted(found, key=lambda message: message.id)

    def history(self, chat_id: int) -> list[StoredMessage]:
        """Return the messages with which a chat would be gone on with."""
        with Database.open(self.library, read_only=True) as database:
            return Chats(database).history(chat_id)

    def problems(self) -> list[str]:
        """Return what is wrong with the library's file."""
        with Database.open(self.library, read_only=True) as database:
            return list(database.integrity_problems())

    @contextmanager
    def terminal(
        self, *arguments: str, size: tuple[int, int] = (24, 80), language: str = "en_US.UTF-8"
    ) -> Iterator["Terminal"]:
        """Run a command in a pseudo-terminal."""
        process = pexpect.spawn(
            str(LORAG),
            list(arguments),
            env=self.environment(language),
            timeout=SECONDS,
            encoding="utf-8",
            codec_errors="strict",
            # The terminal's own echo ("^C") may come between the bytes of a character.
            echo=False,
            dimensions=size,
            cwd=str(self.folder),
        )
        _keep_output(process)
        try:
            yield Terminal(process)
        finally:
            end(process)


@dataclass(frozen=True)
class Terminal:
    """A command in a pseudo-terminal."""

    process: pexpect.spawn

    def wait_for(self, pattern: str) -> str:
        """Return what was printed up to and with ``pattern``."""
        self.process.expect(pattern)
        return str(self.process.before) + str(self.process.after)

    def read_at_least(self, characters: int) -> str:
        """Return the next ``characters`` or more that are printed."""
        text = ""
        while len(text) < characters:
            text += self.process.read_nonblocking(1024, SECONDS)
        return text

    def say(self, line: str) -> None:
        self.process.sendline(line)

    def ask(self, question: str, characters: int = 1) -> None:
        """Ask and wait until the engine is at work and at least so many characters of what follows are here."""
        self.say(question)
        self.wait_for("reading")
        self.read_at_least(characters)

    def interrupt(self) -> None:
        self.process.sendintr()

    def end(self) -> tuple[str, int]:
        """Wait for the end and return the rest that was printed, without styles, and the exit code."""
        self.process.expect(pexpect.EOF)
        text = str(self.process.before)
        self.process.close()
        return plain(text), self.process.exitstatus

    def screen(self, raw: str) -> list[str]:
        """Return what a person sees after ``raw`` has been printed: the lines of the screen."""
        rows, columns = self.process.getwinsize()
        screen = pyte.Screen(columns, rows)
        pyte.Stream(screen).feed(raw)
        # A wide character takes two cells, of which the second is empty.
        return [line.rstrip() for line in screen.display]

    @property
    def pid(self) -> int:
        return int(self.process.pid)


def plain(text: str) -> str:
    """Return terminal output as it reads, without styles and carriage returns."""
    return (
        _STYLES.sub("", text).replace("\r\n", "\n").rpartition("\r")[2]
        if "\n" not in text
        else "\n".join(_STYLES.sub("", line).rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    )


def engine_of(pid: int) -> psutil.Process:
    """Return the engine process of a lorag process that has one."""
    found = engines_of(pid)
    assert len(found) == 1, found
    return found[0]


def engines_of(pid: int) -> list[psutil.Process]:
    """Return the engine processes below a process; one that has just been forked is none yet."""
    return [child for child in psutil.Process(pid).children(recursive=True) if _is_engine(child)]


def _is_engine(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return "lorag.engine.worker" in process.cmdline()
    return False


def until(condition: Callable[[], bool], process: psutil.Process) -> None:
    """Wait until something is so, as long as a process lives to make it so."""
    while not condition():
        assert process.is_running()
        assert process.status() != psutil.STATUS_ZOMBIE
        os.sched_yield()


def _keep_output(process: pexpect.spawn) -> None:
    """Have the terminal drop nothing at Ctrl-C: what it has not shown yet may end within a character."""
    attributes = termios.tcgetattr(process.child_fd)
    attributes[3] |= termios.NOFLSH
    termios.tcsetattr(process.child_fd, termios.TCSANOW, attributes)
