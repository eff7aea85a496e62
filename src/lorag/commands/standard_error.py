"""While the app owns the screen, what libraries print goes to a log file instead of over it."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lorag.errors import LibraryError


@contextmanager
def kept_off_the_screen(log: Path) -> Generator[None]:
    """Let the app draw on the terminal through a descriptor of its own, and point the common one at a file.

    Native libraries write to descriptor 2 directly, and Textual draws there too. Where that leads to a file
    (``lorag 2>errors.txt``), the terminal is at descriptor 1.
    """
    file = _opened(log)
    screen = os.fdopen(os.dup(2 if os.isatty(2) else 1), "w", encoding="utf-8", errors="replace")
    previous, terminal = sys.__stderr__, os.dup(2)
    os.dup2(file, 2)
    sys.__stderr__ = screen  # type: ignore[misc]  # Textual's driver draws on this
    try:
        yield
    finally:
        screen.flush()
        sys.__stderr__ = previous  # type: ignore[misc]
        os.dup2(terminal, 2)
        for descriptor in (file, terminal):
            os.close(descriptor)


def _opened(log: Path) -> int:
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise LibraryError(f"cannot write to {log.parent}: {error.strerror}; set LORAG_DATA_DIR to a folder") from error
