"""The library as a person looks at it: counts, lists, passages where they stand, and removal that lasts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lorag.library.browse import LibraryBrowser
from lorag.library.database import Database
from tests.indexing.support import Shelf

SECTIONS = [f"## Part {number}\n\nThis is what part {number} says about leave." for number in range(12)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "files"
    folder.mkdir()
    shelf = Shelf(folder, tmp_path / "library" / "library.db")
    shelf.write("휴가.md", "\n\n".join(SECTIONS))
    shelf.write("law/contract.txt", "The deposit is returned.")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\ngarbage")
    shelf.add(collection="work")
    return shelf


@pytest.fixture
def browser(shelf: Shelf) -> Iterator[LibraryBrowser]:
    with Database.open(shelf.library) as database:
        yield LibraryBrowser(database)


def test_the_state_counts_what_there_is(browser: LibraryBrowser):
    state = browser.state()

    assert (state.documents, state.failed, state.waiting, dict(state.collections)) == (3, 1, 0, {"work": 3})
    assert state.last_change is not None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["broken.pdf", "contract.txt", "휴가.md"]),
        ("휴가", ["휴가.md"]),
        ("LAW contract", ["contract.txt"]),
        ("work nowhere", []),
    ],
)
def test_documents_are_found_by_every_word_of_their_place(browser: LibraryBrowser, query: str, names: list[str]):
    assert [Path(document.path).name for document in browser.find(query)] == names


def test_failed_documents_can_be_listed_alone(browser: LibraryBrowser):
    assert [document.state for document in browser.find("", failed_only=True)] == ["failed"]
    assert len(browser.find("", limit=2)) == 2


def test_a_passage_is_shown_with_what_stands_around_it(shelf: Shelf, browser: LibraryBrowser):
    text = (shelf.folder / "휴가.md").read_text(encoding="utf-8")
    start = text.index("part 6 says")

    context = browser.context(shelf.folder / "휴가.md", start, start + 11, around=1)

    assert context is not None
    assert context.text == text[context.start : context.start + len(context.text)]
    assert [f"part {number} says" in context.text for number in (4, 5, 6, 7, 8)] == [False, True, True, True, False]
    assert context.source_lines


def test_a_whole_document_keeps_its_offsets(shelf: Shelf, browser: LibraryBrowser):
    assert browser.text(shelf.folder / "휴가.md") == (shelf.folder / "휴가.md").read_text(encoding="utf-8")
    assert browser.text(shelf.folder / "nowhere") is None
    assert browser.context(shelf.folder / "nowhere", 0, 1) is None


def test_what_was_taken_out_stays_out(shelf: Shelf, browser: LibraryBrowser):
    (contract,) = browser.find("contract")

    browser.remove([contract.id, 999])

    assert browser.find("contract") == []
    assert shelf.sync().added == 0
    assert browser.find("contract") == []
