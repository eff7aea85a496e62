"""The library file is private, atomic, checked, and tells in one line what is wrong with it."""

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from lorag.errors import LibraryError, LibraryLockedError, LibraryMismatchError
from lorag.library.database import Database
from lorag.library.documents import delete_document, queue_document
from lorag.library.meta import BuildIdentity, generation, require_identity, write_meta


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "library.db"


def _count_meta(database: Database) -> int:
    return int(database.value("SELECT count(*) FROM meta"))


def _fail_half_way(database: Database) -> None:
    with database.atomic():
        write_meta(database, "a", "1")
        with database.atomic():
            write_meta(database, "b", "1")
        raise ZeroDivisionError


def _write_a_megabyte(database: Database) -> None:
    with database.atomic():
        for number in range(1000):
            write_meta(database, f"key {number}", "x" * 1000)


def test_the_file_and_its_folder_are_readable_by_their_owner_only(path: Path) -> None:
    with Database.open(path) as database:
        write_meta(database, "key", "value")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_new_library_is_intact_and_a_second_opening_changes_nothing(path: Path) -> None:
    with Database.open(path) as database:
        assert database.integrity_problems() == []
        assert database.connection.pragma("journal_mode") == "wal"
    before = path.read_bytes()
    with Database.open(path) as database:
        assert database.connection.pragma("foreign_keys")
    assert path.read_bytes() == before


def test_a_failure_inside_atomic_leaves_nothing_behind(path: Path) -> None:
    with Database.open(path) as database:
        with pytest.raises(ZeroDivisionError):
            _fail_half_way(database)
        assert _count_meta(database) == 0
        with database.atomic():
            write_meta(database, "a", "1")
        assert _count_meta(database) == 1


def test_readers_see_the_state_before_a_transaction_until_it_ends(path: Path) -> None:
    with Database.open(path) as writer, Database.open(path, read_only=True) as reader, writer.atomic():
        write_meta(writer, "a", "1")
        assert _count_meta(reader) == 0


def test_a_reader_is_not_blocked_and_never_sees_half_a_transaction(path: Path) -> None:
    Database.open(path).close()
    stop = threading.Event()
    seen: set[int] = set()

    def read() -> None:
        with Database.open(path, read_only=True) as reader:
            while not stop.is_set():
                seen.add(_count_meta(reader) % 5)

    thread = threading.Thread(target=read)
    thread.start()
    with Database.open(path) as writer:
        for block in range(100):
            with writer.atomic():
                for item in range(5):
                    write_meta(writer, f"{block}-{item}", "x")
    stop.set()
    thread.join()
    assert seen == {0}


_WRITE_MANY = """
import sys
from pathlib import Path
from lorag.library.database import Database
from lorag.library.meta import write_meta
with Database.open(Path(sys.argv[1])) as database:
    for number in range(100):
        with database.atomic():
            write_meta(database, f"{sys.argv[2]}-{number}", "x")
"""


def test_two_processes_that_create_and_write_at_once_both_succeed(path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", _WRITE_MANY, str(path), name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    with Database.open(path) as database:
        assert _count_meta(database) == 200
        assert database.integrity_problems() == []


def test_a_file_that_is_no_database_is_named_with_a_remedy(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"hello " * 1000)
    for read_only in (False, True):
        with pytest.raises(LibraryError, match=r"library\.db is not a readable library .* restore a copy"):
            Database.open(path, read_only=read_only)
    assert path.read_bytes() == b"hello " * 1000


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    apsw.Connection(str(path)).execute("CREATE TABLE theirs (x)")
    with pytest.raises(LibraryError, match="another program"):
        Database.open(path)
    assert apsw.Connection(str(path)).execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


def test_a_library_of_a_newer_lorag_is_refused(path: Path) -> None:
    with Database.open(path) as database:
        database.connection.pragma("user_version", 99)
    for read_only in (False, True):
        with pytest.raises(LibraryError, match=r"newer lorag .*upgrade lorag"):
            Database.open(path, read_only=read_only)


def test_a_truncated_library_is_an_error_and_not_a_crash(path: Path) -> None:
    with Database.open(path) as database:
        for number in range(2000):
            write_meta(database, f"key {number}", "x" * 200)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(LibraryError, match="not a readable library"), Database.open(path) as database:
        assert database.rows("SELECT * FROM meta") is None


def test_damage_is_found_by_the_integrity_check(path: Path) -> None:
    with Database.open(path) as database:
        for number in range(2000):
            write_meta(database, f"key {number}", "x" * 200)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size * 3 // 4)
        file.write(os.urandom(20_000))
    with Database.open(path) as database:
        assert database.integrity_problems()


def test_a_missing_library_is_not_made_by_a_reader(path: Path) -> None:
    with pytest.raises(LibraryError, match="lorag add"):
        Database.open(path, read_only=True)
    assert not path.parent.exists()


def test_a_copied_library_is_read_where_nothing_can_be_written(path: Path, tmp_path: Path) -> None:
    with Database.open(path) as database:
        write_meta(database, "key", "value")
    copied = tmp_path / "stick" / "library.db"
    copied.parent.mkdir()
    shutil.copy(path, copied)
    copied.chmod(0o400)
    copied.parent.chmod(0o500)
    try:
        with Database.open(copied, read_only=True) as database:
            assert _count_meta(database) == 1
            with pytest.raises(LibraryError, match="read-only"):
                write_meta(database, "other", "value")
    finally:
        copied.parent.chmod(0o700)


def test_a_full_disk_is_told_and_loses_nothing(path: Path) -> None:
    with Database.open(path) as database:
        write_meta(database, "before", "x")
        pages = int(database.connection.pragma("page_count"))
        database.connection.pragma("max_page_count", pages + 10)
        with pytest.raises(LibraryError, match=r"disk .* is full"):
            _write_a_megabyte(database)
        assert database.rows("SELECT key FROM meta") == [("before",)]
        database.connection.pragma("max_page_count", 1_000_000)
        write_meta(database, "after", "x")
        assert database.integrity_problems() == []


def test_a_writer_that_cannot_get_in_is_told_who_blocks_it(path: Path) -> None:
    with Database.open(path) as first, Database.open(path) as second:
        second.connection.set_busy_timeout(1)
        with first.atomic(), pytest.raises(LibraryLockedError, match="another process"):
            write_meta(second, "a", "1")


def test_a_changed_builder_is_named_with_its_remedy(path: Path) -> None:
    built = BuildIdentity(embedder='{"name": "a"}', chunker="1", tokenizer="bigram-1")
    with Database.open(path) as database:
        require_identity(database, BuildIdentity("b", "2", "kiwi"))
        require_identity(database, built)  # it holds nothing yet
        number = queue_document(database, Path("/x"), size=1, mtime_ns=1, collection="default")
        chunk = database.insert(
            "INSERT INTO chunk (document_id, ordinal, n_terms, n_tokens, start, end, heading, text)"
            " VALUES (?, 0, 0, 0, 0, 0, '[]', '')",
            (number,),
        )
        database.execute("INSERT INTO embedding (chunk_id, key, vector) VALUES (?, x'00', x'00')", (chunk,))
        require_identity(database, built)
        with pytest.raises(LibraryMismatchError, match=r"another embedder.*lorag reindex --embed-only"):
            require_identity(database, BuildIdentity("other", "1", "bigram-1"))
        with pytest.raises(LibraryMismatchError, match=r"tokenizer.*lorag reindex$"):
            require_identity(database, BuildIdentity("other", "1", "kiwi"))
        require_identity(database, BuildIdentity("", "1", "bigram-1"))


def test_taking_a_document_out_tells_caches(path: Path) -> None:
    with Database.open(path) as database:
        before = generation(database)
        number = queue_document(database, Path("/x"), size=1, mtime_ns=1, collection="default")
        delete_document(database, number)
        assert generation(database) > before
