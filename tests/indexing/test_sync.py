"""A sync brings the library to what the files are now, and reads no more than it must."""

import os
import unicodedata
from pathlib import Path

import pytest

from lorag.errors import DocumentError
from lorag.library.browse import LibraryBrowser
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.library.removal import remove_documents
from lorag.library.vectors import read_parts
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.sync_events import Embedded, FileDone, Reading, SyncEvent
from tests.fakes_embedder import HashEmbedder
from tests.indexing.support import Shelf, problems

LEAVE = "# 휴가\n\n연차는 사용일 3일 전까지 신청합니다.\n"
COFFEE = "Descale the machine every 60 days.\n"


def _touch(path: Path, seconds: int = 10) -> None:
    """Give a file another time without changing its content."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 1_000_000_000))


def test_added_files_are_in_the_library_with_text_terms_and_vectors(shelf: Shelf):
    shelf.write("휴가.md", LEAVE)
    shelf.write("a/coffee.txt", COFFEE)

    report = shelf.add()

    assert (report.added, report.failed, report.embedded) == (2, 0, 2)
    assert shelf.texts() == {"휴가.md": LEAVE.strip(), "a/coffee.txt": COFFEE.strip()}
    assert {document.state for document in shelf.documents().values()} == {"ready"}
    assert problems(shelf.library) == []


def test_a_second_sync_reads_and_embeds_nothing(shelf: Shelf):
    shelf.write("a.md", LEAVE)
    shelf.write("b.txt", COFFEE)
    shelf.add()
    before = shelf.library.read_bytes()

    report = shelf.sync()

    assert (report.unchanged, report.added, report.updated, report.bytes, report.embedded) == (2, 0, 0, 0, 0)
    assert shelf.library.read_bytes() == before


def test_same_size_and_time_is_taken_for_the_same_content(shelf: Shelf):
    path = shelf.write("a.txt", "one")
    shelf.add()
    status = path.stat()
    path.write_text("two", encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert shelf.sync().unchanged == 1
    assert shelf.texts() == {"a.txt": "one"}


def test_another_time_with_the_same_content_is_hashed_and_not_read(shelf: Shelf):
    path = shelf.write("a.txt", COFFEE)
    shelf.add()
    _touch(path)

    report = shelf.sync()

    assert (report.unchanged, report.updated) == (1, 0)
    assert shelf.sync().bytes == 0


def test_what_a_chunk_tells_part_by_part_is_kept_with_its_text(shelf: Shelf):
    shelf.embedder = open_embedder("builtin")
    path = shelf.write("a.md", f"## Leave\n\n{LEAVE}\n\n## Coffee\n\n{COFFEE}\n")
    shelf.add()
    with Database.open(shelf.library, read_only=True) as database:
        before = set(read_parts(database, list(range(9))).values())
    path.write_text(f"## Leave\n\n{LEAVE}\n\n## Tea\n\nThere is tea.\n", encoding="utf-8")
    _touch(path)

    report = shelf.sync()

    with Database.open(shelf.library, read_only=True) as database:
        after = set(read_parts(database, list(range(9))).values())
    assert report.embedded == 1
    assert (len(before), len(after), len(before & after)) == (3, 3, 2)


def test_a_changed_file_is_read_again_and_only_its_new_text_is_embedded(shelf: Shelf):
    embedder = HashEmbedder()
    shelf.embedder = embedder
    sections = [f"## Part {n}\n\nThis is what part {n} says.\n" for n in range(20)]
    path = shelf.write("a.md", "\n".join(sections))
    shelf.add()
    embedder.embedded = 0
    sections[7] = "## Part 7\n\nThis part is new.\n"
    path.write_text("\n".join(sections), encoding="utf-8")
    _touch(path)

    report = shelf.sync()

    assert report.updated == 1
    assert embedder.embedded == report.embedded == 1
    assert "This part is new." in shelf.texts()["a.md"]
    assert "what part 7 says" not in shelf.texts()["a.md"]
    assert problems(shelf.library) == []


def test_a_deleted_file_is_taken_out_whole(shelf: Shelf):
    shelf.write("a.md", LEAVE)
    gone = shelf.write("b.txt", COFFEE)
    shelf.add()
    gone.unlink()

    report = shelf.sync()

    assert report.removed == 1
    assert shelf.texts().keys() == {"a.md"}
    with Database.open(shelf.library) as database:
        assert corpus_size(database).chunks == database.value("SELECT count(*) FROM embedding") == 1
    assert problems(shelf.library) == []


@pytest.mark.parametrize("to", ["renamed.txt", "inner/a.txt"])
def test_a_moved_file_is_recognised_and_not_read_again(shelf: Shelf, to: str):
    path = shelf.write("a.txt", COFFEE)
    shelf.add()
    number = shelf.documents()["a.txt"].id
    (shelf.folder / to).parent.mkdir(exist_ok=True)
    path.rename(shelf.folder / to)

    report = shelf.sync()

    assert (report.moved, report.added, report.removed, report.embedded) == (1, 0, 0, 0)
    assert {name: document.id for name, document in shelf.documents().items()} == {to: number}
    assert problems(shelf.library) == []


def test_a_moved_folder_is_recognised_and_takes_its_new_collection(shelf: Shelf):
    for number in range(3):
        shelf.write(f"old/{number}.txt", f"{COFFEE} {number}")
    shelf.write("new/other.txt", "other")
    shelf.add("old", collection="old")
    shelf.add("new", collection="new")
    (shelf.folder / "old").rename(shelf.folder / "new" / "moved")

    report = shelf.sync()

    assert (report.moved, report.added, report.removed) == (3, 0, 0)
    assert {document.collection for document in shelf.documents().values()} == {"new"}


def test_a_copied_file_is_a_document_of_its_own(shelf: Shelf):
    shelf.write("a.txt", COFFEE)
    shelf.add()
    shelf.write("copy.txt", COFFEE)

    assert shelf.sync().added == 1
    assert shelf.texts().keys() == {"a.txt", "copy.txt"}


def test_two_files_that_change_places_are_both_right_afterwards(shelf: Shelf):
    first, second = shelf.write("a.txt", "text of one"), shelf.write("b.txt", "text of the other")
    shelf.add()
    first.rename(shelf.folder / "c")
    second.rename(first)
    (shelf.folder / "c").rename(second)

    shelf.sync()

    assert shelf.texts() == {"a.txt": "text of the other", "b.txt": "text of one"}
    assert problems(shelf.library) == []


def test_what_cannot_be_read_is_listed_with_its_reason_and_the_rest_is_read(shelf: Shelf):
    shelf.write("good.txt", COFFEE)
    (shelf.folder / "bad.pdf").write_bytes(b"%PDF-1.7\ngarbage")
    (shelf.folder / "locked.docx").write_bytes(b"PK\x03\x04garbage")

    report = shelf.add()

    assert (report.added, report.failed) == (1, 2)
    assert [path for path, _ in report.failures] == [str(shelf.folder / name) for name in ("bad.pdf", "locked.docx")]
    bad = shelf.documents()["bad.pdf"]
    assert (bad.state, bad.n_chunks) == ("failed", 0)
    assert bad.reason is not None
    assert "damaged" in bad.reason


def test_a_failed_file_is_not_read_again_until_it_changes_or_is_added_again(shelf: Shelf):
    path = shelf.folder / "a.pdf"
    path.write_bytes(b"%PDF-1.7\ngarbage")
    shelf.add()

    assert (shelf.sync().failed, shelf.sync().known_failures) == (0, 1)
    assert shelf.add().failed == 1
    path.write_text("now it is text", encoding="utf-8")
    assert shelf.sync().updated == 1
    assert shelf.texts() == {"a.pdf": "now it is text"}


def test_a_file_that_goes_bad_loses_its_old_text(shelf: Shelf):
    path = shelf.write("a.txt", COFFEE)
    shelf.add()
    path.write_bytes(bytes(range(256)) * 20)

    assert shelf.sync().failed == 1
    assert shelf.texts() == {}
    assert problems(shelf.library) == []


def test_a_limit_that_a_file_grows_over_is_told_with_its_setting(shelf: Shelf):
    path = shelf.write("a.txt", COFFEE)
    shelf.add("a.txt")
    path.write_text("x" * 2_000_000, encoding="utf-8")

    report = shelf.sync()

    assert report.failures == ((str(path), "it is larger than 1 MB; raise max_file_mb to read it"),)


def test_collections_hold_what_was_added_to_them_and_new_files_follow(shelf: Shelf):
    shelf.write("law/a.txt", "a")
    shelf.write("law/inner/b.txt", "b")
    shelf.write("other.txt", "c")
    shelf.add("law", collection="legal")
    shelf.add("other.txt")
    shelf.add("law/inner", collection="inner")
    shelf.write("law/inner/new.txt", "d")
    shelf.sync()

    collections = {name: document.collection for name, document in shelf.documents().items()}

    assert collections == {
        "law/a.txt": "legal",
        "law/inner/b.txt": "inner",
        "law/inner/new.txt": "inner",
        "other.txt": "default",
    }


def test_added_again_under_another_collection_it_moves_there_unread(shelf: Shelf):
    shelf.write("a.txt", COFFEE)
    shelf.add(collection="one")

    report = shelf.add(collection="two")

    assert (report.updated, report.unchanged, report.bytes) == (1, 0, 0)
    assert shelf.documents()["a.txt"].collection == "two"
    assert shelf.add().unchanged == 1
    assert shelf.documents()["a.txt"].collection == "two"


def test_what_was_removed_stays_out_until_it_is_added_again(shelf: Shelf):
    shelf.write("a.txt", "a")
    shelf.write("b/c.txt", "c")
    shelf.add()
    with Database.open(shelf.library) as database:
        remove_documents(database, [str(shelf.folder / "b"), "1"], [])

    report = shelf.sync()

    assert shelf.documents() == {}
    assert report.skipped == {"removed from the library": 2}
    shelf.add("b")
    assert shelf.documents().keys() == {"b/c.txt"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_korean_name_is_one_document_in_either_unicode_form(shelf: Shelf, form: str):
    name = unicodedata.normalize("NFD" if form == "NFD" else "NFC", "휴가 규정.md")
    path = shelf.write(name, LEAVE)
    shelf.add()
    (document,) = shelf.documents().values()

    assert document.path.endswith(unicodedata.normalize("NFC", name))
    assert document.disk_path == path
    assert shelf.sync().unchanged == 1
    with Database.open(shelf.library) as database:
        given = str(shelf.folder / unicodedata.normalize("NFC", name))
        assert len(remove_documents(database, [given], [])) == 1


def test_a_folder_that_cannot_be_reached_keeps_its_documents(shelf: Shelf):
    shelf.write("a.txt", COFFEE)
    shelf.add()
    shelf.folder.rename(shelf.folder.with_name("unplugged"))

    report = shelf.sync()

    assert report.missing == ((str(shelf.folder), 1),)
    assert report.removed == 0
    shelf.folder.with_name("unplugged").rename(shelf.folder)
    assert shelf.sync().unchanged == 1


def test_a_path_that_does_not_exist_adds_nothing_at_all(shelf: Shelf):
    shelf.write("a.txt", COFFEE)

    with pytest.raises(DocumentError, match=r"nowhere does not exist; nothing was added"):
        shelf.add("a.txt", "nowhere")
    assert shelf.documents() == {}


def test_an_interrupted_run_says_what_it_has_done_and_the_next_one_goes_on(shelf: Shelf):
    for number in range(30):
        shelf.write(f"{number:02}.txt", f"{COFFEE} {number}")
    with shelf.indexer() as indexer:
        events = indexer.add([shelf.folder], None)
        for event in events:
            if getattr(event, "files_done", 0) == 10:
                break
        events.close()  # type: ignore[attr-defined]  # a generator: this is what Ctrl-C comes to
        report = indexer.report

    assert (report.added, report.complete) == (10, False)
    assert problems(shelf.library) == []
    assert shelf.sync().added == 20
    assert len(shelf.texts()) == 30
    assert {document.state for document in shelf.documents().values()} == {"ready"}


def test_a_file_is_found_by_its_words_before_it_has_vectors(shelf: Shelf):
    shelf.embedder = None
    shelf.write("a.md", LEAVE)

    shelf.add()

    assert shelf.documents()["a.md"].state == "embedding"
    with Database.open(shelf.library, read_only=True) as database:
        assert database.rows("SELECT rowid FROM chunk_terms WHERE chunk_terms MATCH '\"연차\"'")
    shelf.embedder = HashEmbedder()
    assert shelf.sync().embedded == 1
    assert shelf.documents()["a.md"].state == "ready"


def test_a_pipe_or_device_is_refused_at_once_and_not_followed(shelf: Shelf):
    os.mkfifo(shelf.folder / "pipe")

    for name in ("pipe", os.devnull):
        with pytest.raises(DocumentError, match="is neither a file nor a folder; nothing was added"):
            shelf.add(name)
    assert shelf.sync().failed == 0


def test_what_lorag_writes_itself_is_no_document(shelf: Shelf):
    shelf.library = shelf.folder / "library.db"
    shelf.write("logs/engine.log", "loaded")
    shelf.write("adapters/refunds/README.md", "an adapter")
    shelf.write("law/a.txt", "a document")

    report = shelf.add()

    assert shelf.documents().keys() == {"law/a.txt"}
    assert report.skipped["written by lorag"] == 2


@pytest.mark.parametrize("event", [Reading, FileDone, Embedded])
def test_documents_may_be_taken_out_while_they_are_read_and_embedded(shelf: Shelf, event: type[SyncEvent]):
    for number in range(6):
        shelf.write(f"{number}.txt", f"{COFFEE} {number}")
    with shelf.indexer() as indexer, Database.open(shelf.library) as other:
        for each in indexer.add([shelf.folder], None):
            if isinstance(each, event):
                LibraryBrowser(other).remove([1, 2, 3, 4, 5])

    assert set(shelf.documents()) == {"5.txt"}
    assert problems(shelf.library) == []
    assert shelf.sync().added == 0
