"""One process indexes at a time; the others learn who, and the dead block nobody."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lorag.errors import LibraryLockedError
from lorag.library.lock import Holder, read_holder, writer_lock

_HOLD = """
import sys
from pathlib import Path
from lorag.library.lock import writer_lock
with writer_lock(Path(sys.argv[1]), command="lorag sync", wait_seconds=0, on_wait=print):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _another_holder(library: Path) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", _HOLD, str(library)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_second_writer_waits_and_then_says_who_holds_the_lock(tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    waited_for: list[Holder | None] = []
    with (
        _another_holder(library) as process,
        pytest.raises(LibraryLockedError, match=rf"lorag sync \(process {process.pid}, since 20"),
        writer_lock(library, command="lorag add", wait_seconds=0.3, on_wait=waited_for.append),
    ):
        pytest.fail("it got the lock")
    assert [holder.pid for holder in waited_for if holder] == [process.pid]


def test_a_second_writer_goes_on_when_the_first_one_ends(tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    with _another_holder(library) as process:
        assert process.stdin is not None

        def let_go(holder: Holder | None) -> None:
            assert process.stdin is not None
            process.stdin.close()

        with writer_lock(library, command="lorag add", wait_seconds=30, on_wait=let_go):
            holder = read_holder(library)
            assert holder is not None
            assert (holder.pid, holder.command) == (os.getpid(), "lorag add")
    assert read_holder(library) is None


def test_a_killed_writer_blocks_nobody(tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    with _another_holder(library) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with writer_lock(library, command="lorag add", wait_seconds=0, on_wait=lambda holder: pytest.fail("waited")):
            holder = read_holder(library)
            assert holder is not None
            assert holder.pid == os.getpid()


def test_the_lock_is_private_and_reading_needs_none(tmp_path: Path) -> None:
    library = tmp_path / "folder" / "library.db"
    with writer_lock(library, command="lorag add", wait_seconds=0, on_wait=lambda holder: None):
        assert (tmp_path / "folder" / "library.db.lock").stat().st_mode & 0o777 == 0o600
