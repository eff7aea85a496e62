"""One indexing process at a time; readers and chats never wait for it.

The operating system holds the lock and drops it when its process dies, so a killed command never blocks the next one.
"""

import contextlib
import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lorag.errors import LibraryError, LibraryLockedError

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is writing."""

    pid: int
    command: str
    since: str
    """Local time, to the second."""

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid}, since {self.since})"


@contextmanager
def writer_lock(
    library: Path, *, command: str, wait_seconds: float, on_wait: Callable[[Holder | None], None]
) -> Generator[None]:
    """Hold the library's writer lock.

    Args:
        library: The library file; the lock lies beside it.
        command: What others are told is writing.
        wait_seconds: How long to wait for another writer.
        on_wait: Called once, with the other writer, when there is one to wait for.

    Raises:
        LibraryLockedError: The other writer has not ended in time; the message says who it is.
    """
    path = library.with_name(library.name + ".lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LibraryError(
            f"cannot write to {path.parent}: {error.strerror}; set LORAG_DATA_DIR to a folder"
        ) from error
    try:
        _acquire(descriptor, path, wait_seconds, on_wait)
        _write_holder(descriptor, command)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def read_holder(library: Path) -> Holder | None:
    """Return who wrote itself down last as writing, None when nobody did."""
    return _read_holder(library.with_name(library.name + ".lock"))


def _acquire(descriptor: int, path: Path, wait_seconds: float, on_wait: Callable[[Holder | None], None]) -> None:
    give_up = time.monotonic() + wait_seconds
    told = False
    while not _try_lock(descriptor):
        if time.monotonic() >= give_up:
            holder = _read_holder(path)
            raise LibraryLockedError(
                f"the library is being written by {holder or 'another process'}; wait for it to end, or stop it"
            )
        if not told:
            on_wait(_read_holder(path))
            told = True
        time.sleep(_POLL_SECONDS)


def _write_holder(descriptor: int, command: str) -> None:
    since = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps({"pid": os.getpid(), "command": command, "since": since}).encode())


def _read_holder(path: Path) -> Holder | None:
    # The file is empty or half written for a moment while the lock changes hands.
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    return None


if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so the locked byte lies far behind the text.
    _LOCKED_BYTE = 1 << 30

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
