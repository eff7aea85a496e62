"""A library that was built another way is never mixed with a new one: the change is named, and one command mends it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lorag.errors import LibraryMismatchError, LoragError
from lorag.library.database import Database
from lorag.library.vectors import count_vectors
from tests.fakes_embedder import HashEmbedder
from tests.indexing.support import Shelf, problems

TEXT = "# 휴가\n\n" + " ".join(f"연차 규정 제{n}조는 이렇게 정합니다." for n in range(60))


class WordSplitter:
    """Splits at white space, as another tokenizer would."""

    identity = "words-1"

    def terms(self, text: str) -> list[str]:
        """Return the words."""
        return text.lower().split()

    def question_terms(self, text: str) -> list[str]:
        """Return the words."""
        return self.terms(text)


@pytest.fixture(autouse=True)
def _tests_are_known_to_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture
def built(shelf: Shelf) -> Shelf:
    """A library of two documents, built with the hash embedder and bigrams."""
    shelf.write("a.md", TEXT)
    shelf.write("b.txt", "Descale the machine every 60 days.")
    shelf.add()
    return shelf


def vectors(shelf: Shelf) -> tuple[int, int]:
    """Return how many vectors there are and how long they are, in bytes."""
    with Database.open(shelf.library, read_only=True) as database:
        return count_vectors(database), database.value("SELECT max(length(vector)) FROM embedding")


CHANGES: dict[str, tuple[Callable[[Shelf], Shelf], str, str]] = {
    "embedder": (
        lambda shelf: replace(shelf, embedder=HashEmbedder(name="other", dimensions=32)),
        "embedder",
        "--embed-only",
    ),
    "chunker": (lambda shelf: replace(shelf, chunk_tokens=100), "way of cutting documents", "lorag reindex$"),
    "tokenizer": (lambda shelf: replace(shelf, splitter=WordSplitter()), "tokenizer", "lorag reindex$"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_named_with_its_remedy_and_nothing_is_written(built: Shelf, change: str):
    apply, name, remedy = CHANGES[change]
    before = built.library.read_bytes()
    built.write("new.txt", "new")

    for attempt in (apply(built).sync, apply(built).add):
        with pytest.raises(LibraryMismatchError, match=f"built with another {name}; rebuild it with: .*{remedy}"):
            attempt()
    assert built.library.read_bytes() == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_reindex_mends_it(built: Shelf, change: str):
    changed = CHANGES[change][0](built)

    report = changed.reindex()

    assert (report.updated, report.failed) == (2, 0)
    assert changed.sync().unchanged == 2
    assert problems(changed.library) == []
    with pytest.raises(LibraryMismatchError):
        built.sync()


def test_vectors_alone_are_made_anew_when_only_the_embedder_changes(built: Shelf):
    changed = replace(built, embedder=HashEmbedder(name="other", dimensions=32))
    count, _ = vectors(built)

    report = changed.reindex(embed_only=True)

    assert (report.bytes, report.embedded) == (0, count)
    assert vectors(changed) == (count, 32 * 4)
    assert problems(changed.library) == []


def test_vectors_alone_do_not_mend_another_way_of_cutting(built: Shelf):
    with pytest.raises(LibraryMismatchError, match="way of cutting"):
        replace(built, chunk_tokens=100).reindex(embed_only=True)


def test_another_tokenizer_needs_no_new_vectors(built: Shelf):
    report = replace(built, splitter=WordSplitter()).reindex()

    assert report.embedded == 0
    assert vectors(built)[0] > 1


def test_a_reindex_keeps_the_text_of_a_file_that_is_gone(built: Shelf):
    texts = built.texts()
    built.forget_files()

    changed = replace(built, splitter=WordSplitter())
    changed.reindex()

    assert changed.texts() == texts
    assert problems(changed.library) == []
    with Database.open(changed.library, read_only=True) as database:
        assert database.rows("SELECT rowid FROM chunk_terms WHERE chunk_terms MATCH '\"descale\"'")


def test_a_reindex_that_was_interrupted_is_finished_by_a_sync(built: Shelf):
    changed = replace(built, splitter=WordSplitter())
    with changed.indexer() as indexer:
        events = indexer.reindex(embed_only=False)
        next(events)
        events.close()  # type: ignore[attr-defined]  # a generator: this is what Ctrl-C comes to

    changed.sync()

    assert problems(changed.library) == []
    with Database.open(changed.library, read_only=True) as database:
        assert database.value("SELECT count(*) FROM document WHERE stale OR state <> 'ready'") == 0
        assert database.rows("SELECT rowid FROM chunk_terms WHERE chunk_terms MATCH '\"descale\"'")


def test_without_its_embedder_a_library_is_still_kept_up_to_date(built: Shelf):
    built.write("new.txt", "new words")

    replace(built, embedder=None).sync()

    assert built.texts()["new.txt"] == "new words"
    assert built.sync().embedded == 1
    assert problems(built.library) == []


def test_readers_that_cannot_start_stop_the_run_and_fail_no_file(built: Shelf, monkeypatch: pytest.MonkeyPatch):
    built.write("new.txt", "new")
    texts = built.texts()
    monkeypatch.delenv("PYTHONPATH")

    with pytest.raises(LoragError, match=r"cannot start.*No module named 'tests'.*lorag doctor"):
        replace(built, splitter=WordSplitter()).reindex()

    assert built.texts() == texts
    assert "failed" not in {document.state for document in built.documents().values()}
