"""Several processes use one library at once: one writes, the others wait for it by name, and readers wait for nobody."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.library.lock import writer_lock
from lorag.retrieval.embedders import open_embedder
from tests.indexing.processes import Lorag, answer
from tests.indexing.support import Shelf, problems


@pytest.fixture
def library(data_dir: Path) -> Path:
    return data_dir / "library.db"


def fill(folder: Path, count: int) -> Path:
    """Write ``count`` files of one chunk each."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(f"{folder.name} {number}: 연차는 15일입니다.", encoding="utf-8")
    return folder


def test_two_processes_that_add_at_once_both_succeed(tmp_path: Path, library: Path):
    folders = [fill(tmp_path / name, 30) for name in ("first", "second")]

    with Lorag("add", str(folders[0]), "--json") as one, Lorag("add", str(folders[1]), "--json") as other:
        reports = [list(each.events())[-1] for each in (one, other)]
        assert [each.wait() for each in (one, other)] == [0, 0]

    assert [report["added"] for report in reports] == [30, 30]
    assert problems(library) == []
    with Database.open(library, read_only=True) as database:
        assert corpus_size(database).documents == 60


def test_a_waiting_process_says_for_whom_it_waits_and_then_goes_on(tmp_path: Path, library: Path):
    folder = fill(tmp_path / "files", 3)
    lock = ExitStack()
    lock.enter_context(writer_lock(library, command="lorag reindex", wait_seconds=0, on_wait=lambda holder: None))
    with lock, Lorag("add", str(folder), "--json") as command:
        note = command.wait_for_note()
        lock.close()
        report = list(command.events())[-1]
        assert command.wait() == 0

    assert note.startswith("lorag: waiting for lorag reindex (process ")
    assert note.endswith(") to finish writing\n")
    assert report["added"] == 3


def test_readers_are_never_blocked_and_always_see_whole_files(tmp_path: Path, library: Path):
    Database.open(library).close()
    folder = fill(tmp_path / "files", 60)
    counts: list[int] = []

    with Lorag("add", str(folder), "--json") as command, Database.open(library, read_only=True) as reader:
        reader.connection.set_busy_timeout(0)  # to be blocked for a moment would be an error
        for _ in command.events():
            with reader.snapshot():
                size = corpus_size(reader)
                assert size.chunks == reader.value("SELECT count(*) FROM chunk")
                assert size.chunks == reader.value("SELECT count(*) FROM chunk_terms")
                counts.append(size.chunks)
        assert command.wait() == 0

    assert counts == sorted(counts)
    assert counts[-1] == 60


def test_a_search_answers_while_another_process_holds_the_writers_lock(tmp_path: Path, library: Path):
    folder = fill(tmp_path / "files", 2)
    Shelf(folder, library, embedder=open_embedder("builtin")).add()

    with (
        writer_lock(library, command="lorag sync", wait_seconds=0, on_wait=lambda holder: None),
        Database.open(library) as writer,
        writer.atomic(),
    ):
        writer.execute("UPDATE document SET title = 'being written'")
        code, found = answer("search", "연차", "--json")
        listed = answer("list", "--json")

    assert (code, listed[0]) == (0, 0)
    assert len(found) == len(listed[1]) == 2
