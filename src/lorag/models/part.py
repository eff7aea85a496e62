"""The part of a file that has been fetched so far, the notes beside it, and the lock that keeps it to one process."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import Any

from lorag.errors import DownloadError


@contextmanager
def held(part: Path, notes: Path) -> Iterator[BufferedRandom]:
    """Open a part file that no other process is writing; an attempt of which nothing came leaves nothing."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        if not _locked(file):
            raise DownloadError(f"another lorag is fetching {part.name.removesuffix('.part')}")
        try:
            yield file
        finally:
            if os.fstat(file.fileno()).st_size == 0:
                part.unlink(missing_ok=True)
                notes.unlink(missing_ok=True)


def _locked(file: BufferedRandom) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows, where an open file cannot be replaced anyway
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_notes(path: Path, url: str) -> Mapping[str, Any]:
    """Return the notes of an earlier attempt at the same address, empty where there are none."""
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(notes, dict) and notes.get("url") == url and isinstance(notes.get("version"), str)
    return notes if is_ours else {}


def write_notes(path: Path, notes: Mapping[str, Any]) -> None:
    """Write down which version of which file a part belongs to; anew, because a mode counts only for a new file."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        json.dump(notes, file)
