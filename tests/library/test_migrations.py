"""The schema moves forward step by step, keeps what is stored, and never stops half-way."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from lorag.errors import LibraryError
from lorag.library import migrations
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.library.documents import list_documents, queue_document
from lorag.library.migrations import STEPS, migrate
from lorag.library.vectors import read_parts, read_vectors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library of today with a document and a chat."""
    path = tmp_path / "library.db"
    with Database.open(path) as database:
        queue_document(database, Path("/휴가.md"), size=1, mtime_ns=1, collection="default")
        chats = Chats(database)
        chats.add_user(chats.create(), "연차는 며칠인가요?")
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


def _add_language(connection: apsw.Connection) -> None:
    connection.execute("ALTER TABLE document ADD COLUMN language TEXT NOT NULL DEFAULT 'ko'")


def _fail_half_way(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE half (x)")
    raise ZeroDivisionError


def version_of(connection: apsw.Connection) -> int:
    return int(connection.pragma("user_version"))


def test_a_new_library_has_the_latest_schema(path: Path, connection: apsw.Connection):
    assert version_of(connection) == len(STEPS)
    assert connection.pragma("application_id") == migrations.APPLICATION_ID


def test_every_step_has_been_made_from_an_empty_file(tmp_path: Path):
    connection = apsw.Connection(str(tmp_path / "new.db"))

    migrate(connection, tmp_path / "new.db")

    assert version_of(connection) == len(STEPS)
    assert connection.pragma("integrity_check") == "ok"
    connection.close()


def test_a_further_step_keeps_what_is_stored(path: Path, connection: apsw.Connection):
    migrate(connection, path, (*STEPS, _add_language))

    assert connection.execute("SELECT path, language FROM document").fetchall() == [("/휴가.md", "ko")]
    assert connection.execute("SELECT text FROM message").fetchall() == [("연차는 며칠인가요?",)]
    assert version_of(connection) == len(STEPS) + 1


def test_a_library_of_a_later_step_is_left_alone(path: Path, connection: apsw.Connection):
    migrate(connection, path, (*STEPS, _add_language))

    with pytest.raises(LibraryError, match=r"newer lorag .* upgrade lorag"):
        migrate(connection, path)


def test_what_the_first_schema_held_of_chunks_is_searched_as_before(tmp_path: Path):
    path = tmp_path / "old.db"
    connection = apsw.Connection(str(path))
    migrate(connection, path, STEPS[:1])
    connection.execute(
        "INSERT INTO document (path, disk_path, size, mtime_ns, collection, state, added_at, updated_at)"
        " VALUES ('/x', x'2f78', 1, 1, 'default', 'ready', 0, 0)"
    )
    connection.execute(
        'INSERT INTO chunk (document_id, ordinal, n_terms, n_tokens, start, "end", heading, text)'
        " VALUES (1, 0, 0, 0, 0, 0, '[]', '')"
    )
    connection.execute("INSERT INTO embedding VALUES (1, x'07', x'0000803f')")
    connection.close()

    with Database.open(path) as database:
        assert read_vectors(database, [1])[1].tolist() == [[1.0]]
        assert read_parts(database, [1]) == {1: b""}
        assert database.integrity_problems() == []


def test_a_step_that_fails_leaves_the_library_as_it_was(path: Path, connection: apsw.Connection):
    with pytest.raises(ZeroDivisionError):
        migrate(connection, path, (*STEPS, _fail_half_way))

    assert version_of(connection) == len(STEPS)
    assert connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchone() is None
    connection.close()
    with Database.open(path) as database:
        assert len(list(list_documents(database))) == 1
        assert database.integrity_problems() == []


def test_steps_before_a_failing_one_stay_made(path: Path, connection: apsw.Connection):
    with pytest.raises(ZeroDivisionError):
        migrate(connection, path, (*STEPS, _add_language, _fail_half_way))

    assert version_of(connection) == len(STEPS) + 1


def test_a_reader_does_not_change_an_older_library_but_names_the_remedy(path: Path, connection: apsw.Connection):
    connection.pragma("user_version", len(STEPS) - 1)
    connection.close()

    with pytest.raises(LibraryError, match=r"older lorag; run any writing command once, such as: lorag sync"):
        Database.open(path, read_only=True)
