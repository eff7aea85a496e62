"""``lorag sync --watch`` keeps the library at what the files are, until it is interrupted."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lorag.library.lock import read_holder
from tests.indexing.processes import Event, Lorag, run
from tests.indexing.support import problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "old.txt").write_text("old words", encoding="utf-8")
    assert run("add", str(folder), "--json")[0] == 0
    return folder


@pytest.fixture
def watching(folder: Path) -> Iterator[Lorag]:
    """A command that watches: its first report, made after the watch began, has come."""
    with Lorag("sync", "--watch", "--json") as command:
        command.wait_for(is_report)
        yield command


def is_report(event: Event) -> bool:
    return bool(event["event"] == "sync_report")


def done(watching: Lorag, path: Path) -> str:
    """Wait until something has been done about a file and return what."""
    event = watching.wait_for(lambda event: event.get("path") == str(path))
    return str(event.get("outcome", event["event"]))


def test_it_follows_what_is_created_changed_renamed_and_deleted(folder: Path, watching: Lorag, data_dir: Path):
    path, renamed = folder / "새 문서.txt", folder / "inner" / "문서.txt"

    path.write_text("연차는 15일입니다.", encoding="utf-8")
    assert done(watching, path) == "added"
    path.write_text("연차는 이제 20일입니다.", encoding="utf-8")
    assert done(watching, path) == "updated"
    renamed.parent.mkdir()
    path.rename(renamed)
    assert done(watching, renamed) == "moved"
    renamed.unlink()
    assert done(watching, renamed) == "file_removed"

    watching.process.send_signal(signal.SIGINT)
    assert watching.wait() == 130
    assert problems(data_dir / "library.db") == []
    assert read_holder(data_dir / "library.db") is None


def test_it_follows_a_folder_that_is_added_meanwhile(tmp_path: Path, watching: Lorag):
    later = tmp_path / "later"
    later.mkdir()
    (later / "a.txt").write_text("a", encoding="utf-8")

    assert run("add", str(later), "--json")[0] == 0  # the lock is free while there is nothing to do
    watching.wait_for(is_report)
    (later / "b.txt").write_text("b", encoding="utf-8")

    assert done(watching, later / "b.txt") == "added"


def test_it_follows_a_folder_that_comes_back(folder: Path, watching: Lorag):
    away = folder.with_name("away")
    folder.rename(away)
    watching.wait_for(lambda event: event["event"] == "root_missing")
    (away / "new.txt").write_text("new", encoding="utf-8")
    away.rename(folder)

    assert done(watching, folder / "new.txt") == "added"


def test_it_reports_nothing_more_until_something_changes(folder: Path, watching: Lorag):
    (folder / "new.txt").write_text("new", encoding="utf-8")

    second = watching.wait_for(is_report)

    assert (second["added"], second["unchanged"]) == (1, 1)


def test_a_folder_that_is_gone_is_told_once(folder: Path):
    folder.rename(folder.with_name("away"))

    with Lorag("sync", "--watch", "--json") as command:
        assert (
            command.wait_for(lambda event: event["event"] in ("root_missing", "sync_report"))["event"] == "root_missing"
        )
        command.wait_for(is_report)
        (folder.with_name("away")).rename(folder)

        assert (
            command.wait_for(lambda event: event["event"] in ("root_missing", "sync_report"))["event"] == "sync_report"
        )


def test_an_interrupt_ends_it_cleanly_and_at_once(watching: Lorag):
    watching.process.send_signal(signal.SIGINT)

    assert watching.wait() == 130
    assert watching.notes == ["lorag: watching for changes; Ctrl-C ends it\n"]
