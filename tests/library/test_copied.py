"""A library copied to another machine works at once, and its files are recognised wherever they lie there."""

import shutil
from pathlib import Path

import pytest

from lorag.library.database import Database
from lorag.library.roots import list_roots
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.terms import BigramSplitter
from tests.indexing.support import Shelf, problems

OPTIONS = SearchOptions()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A folder and its library on the first machine."""
    folder = tmp_path / "home" / "kim" / "documents"
    folder.mkdir(parents=True)
    shelf = Shelf(folder, tmp_path / "home" / "kim" / "data" / "library.db", embedder=open_embedder("builtin"))
    shelf.write("휴가.md", "# 휴가 규정\n\n연차는 사용일 3일 전까지 신청합니다.\n")
    shelf.write("machines/s2.txt", "Descale the machine every 60 days.\n")
    shelf.add(collection="work")
    return shelf


@pytest.fixture
def copied(shelf: Shelf, tmp_path: Path) -> Shelf:
    """The second machine: both copied, the first one out of reach."""
    there = tmp_path / "Users" / "lee"
    shutil.copytree(shelf.folder, there / "papers")
    (there / "data").mkdir()
    shutil.copy(shelf.library, there / "data" / "library.db")
    shelf.folder.parent.rename(tmp_path / "unreachable")
    return Shelf(there / "papers", there / "data" / "library.db", embedder=shelf.embedder)


def found(shelf: Shelf, question: str) -> list[str]:
    """Return the texts of the passages found for a question."""
    with Database.open(shelf.library, read_only=True) as database:
        searcher = Searcher(database, shelf.embedder, BigramSplitter(), OPTIONS)
        return [passage.text for passage in searcher.search(question).passages]


def test_a_copied_library_is_searched_without_its_files(copied: Shelf):
    assert "3일 전까지" in found(copied, "연차는 언제까지 신청하나요?")[0]
    assert "60 days" in found(copied, "How often is the machine descaled?")[0]
    assert problems(copied.library) == []


def test_a_sync_there_keeps_everything_and_says_what_cannot_be_reached(copied: Shelf, shelf: Shelf):
    report = copied.sync()

    assert (report.removed, report.failed) == (0, 0)
    assert report.missing == ((str(shelf.folder), 2),)
    assert len(copied.texts()) == 2


def test_the_copied_files_are_recognised_where_they_lie_now(copied: Shelf):
    report = copied.add()

    assert (report.moved, report.added, report.embedded, report.removed) == (2, 0, 0, 0)
    assert copied.texts().keys() == {"휴가.md", "machines/s2.txt"}
    assert copied.sync().missing == ()
    with Database.open(copied.library, read_only=True) as database:
        assert [root.disk_path for root in list_roots(database)] == [copied.folder]
    assert problems(copied.library) == []


def test_a_copy_that_has_changed_meanwhile_is_read_anew(copied: Shelf):
    copied.write("휴가.md", "# 휴가 규정\n\n연차는 하루 전까지 신청합니다.\n")

    report = copied.add()

    assert (report.moved, report.added) == (1, 1)
    assert "하루 전까지" in copied.texts()["휴가.md"]
