"""``kill -9`` at any point of a run: the library is intact, can be searched, and the next sync completes it."""

import contextlib
import os
import random
from pathlib import Path

import psutil
import pytest

from lorag.library.database import Database
from lorag.library.lock import read_holder
from lorag.library.roots import list_roots
from lorag.retrieval.embedders import open_embedder
from tests.documents.files import MAKERS
from tests.indexing.processes import PATIENCE_SECONDS, Lorag, run, written_bytes
from tests.indexing.support import Shelf, problems

N_FILES = 24
WORDS = ("연차는", "사용일", "전까지", "신청합니다.", "the", "deposit", "is", "returned", "within", "14", "days.")


@pytest.fixture
def shelf(tmp_path: Path, data_dir: Path) -> Shelf:
    """Return a folder of files of several formats and sizes, and the library that ``lorag`` uses here."""
    folder = tmp_path / "files"
    folder.mkdir()
    shelf = Shelf(folder, data_dir / "library.db", embedder=open_embedder("builtin"))
    generator = random.Random(5)
    for number in range(N_FILES):
        shelf.write(f"{number:02}.txt", text(generator, paragraphs=200 if number == 3 else 12))
    for suffix in (".md", ".csv", ".html", ".hwpx"):
        (folder / f"document{suffix}").write_bytes(MAKERS[suffix]())
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n")
    return shelf


def text(generator: random.Random, *, paragraphs: int) -> str:
    return "\n\n".join(" ".join(generator.choices(WORDS, k=60)) for _ in range(paragraphs))


def kill_somewhere(generator: random.Random, library: Path, *command: str) -> bool:
    """Kill a command at a random point; return whether it was still running.

    The points are spread over the files it reports and over the bytes it writes, so that some fall between two
    transactions, some inside one, and some before the first or after the last.
    """
    with Lorag(*command, "--json") as running:
        if generator.random() < 0.5:
            left = generator.randrange(N_FILES + 8)
            for _ in running.events():
                left -= 1
                if left < 0:
                    break
        else:
            enough = generator.randrange(1, 900_000)
            while written_bytes(library) < enough and not running.ends_within(0.001):
                pass
        children = psutil.Process(running.process.pid).children() if running.process.poll() is None else []
        killed = running.kill() < 0
        assert psutil.wait_procs(children, timeout=PATIENCE_SECONDS)[1] == []
        return killed


def assert_complete(shelf: Shelf, *command: str) -> None:
    """Check that a command leaves the library as one that was never disturbed."""
    code, events, _ = run(*command, "--json")
    report = events[-1]

    assert code == 0
    assert report["complete"]
    assert problems(shelf.library) == []
    documents = shelf.documents()
    assert {name: document.state for name, document in documents.items() if document.state != "ready"} == {
        "broken.pdf": "failed"
    }
    assert documents.keys() == {path.name for path in shelf.folder.iterdir()}
    texts = shelf.texts()
    for path in shelf.folder.glob("*.txt"):
        assert texts[path.name].split() == path.read_text(encoding="utf-8").split()
    assert read_holder(shelf.library) is None


@pytest.mark.parametrize("seed", range(12))
def test_an_add_that_is_killed_is_completed_by_a_sync(shelf: Shelf, seed: int):
    kill_somewhere(random.Random(seed), shelf.library, "add", str(shelf.folder))

    assert problems(shelf.library) == []
    with Database.open(shelf.library) as database:
        is_followed = bool(list_roots(database))
    # Before the folder was written down there is nothing that a sync could complete.
    assert_complete(shelf, *(["sync"] if is_followed else ["add", str(shelf.folder)]))


def test_syncs_that_are_killed_again_and_again_are_completed(shelf: Shelf):
    assert run("add", str(shelf.folder), "--json")[0] == 0
    generator = random.Random(99)
    n_killed = 0
    for round_number in range(12):
        _change(shelf, generator, round_number)
        n_killed += kill_somewhere(generator, shelf.library, "sync")
        assert problems(shelf.library) == []

    assert n_killed >= 6
    assert_complete(shelf, "sync")


@pytest.mark.parametrize("seed", range(2))
def test_a_reindex_that_is_killed_is_completed_by_a_sync(shelf: Shelf, seed: int):
    assert run("add", str(shelf.folder), "--json")[0] == 0

    kill_somewhere(random.Random(seed), shelf.library, "reindex")

    assert problems(shelf.library) == []
    assert_complete(shelf, "sync")


def _change(shelf: Shelf, generator: random.Random, round_number: int) -> None:
    """Change, delete, rename and create files."""
    files = sorted(shelf.folder.glob("*.txt"))
    for path in generator.sample(files, 8):
        path.write_text(text(generator, paragraphs=generator.randrange(5, 40)), encoding="utf-8")
    files[0].unlink()
    files[1].rename(shelf.folder / f"renamed-{round_number}.txt")
    shelf.write(f"new-{round_number}.txt", text(generator, paragraphs=20))


def test_a_reader_process_that_is_killed_costs_one_file_alone(shelf: Shelf):
    with Lorag("add", str(shelf.folder), "--json") as running:
        running.wait_for(lambda event: event["event"] == "file_done")
        for child in psutil.Process(running.process.pid).children():
            # A reader of files may have come to its end meanwhile.
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        report = running.wait_for(lambda event: event["event"] == "sync_report")

    assert report["complete"]
    assert report["added"] + report["failed"] == len(list(shelf.folder.iterdir()))
    assert report["failed"] <= 1 + (os.cpu_count() or 1)
    assert problems(shelf.library) == []
    assert_complete(shelf, "add", str(shelf.folder))
