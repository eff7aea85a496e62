"""The connection to the library file: how it is opened, how writes are made atomic, how SQLite's errors are told."""

import contextlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw

from lorag.errors import LibraryError, LibraryLockedError
from lorag.library import migrations
from lorag.library.counting import register_term_counts

Row = tuple[Any, ...]

_BUSY_TIMEOUT_MS = 30_000
_CACHE_KIB = 32_768
_CHECKPOINT_PAGES = 4_000


class Database:
    """One connection to one library file; use it from one thread at a time."""

    def __init__(self, connection: apsw.Connection, path: Path, *, read_only: bool) -> None:
        self._connection = connection
        self.path = path
        self.read_only = read_only
        self._depth = 0

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the library, making it and its folder first when there is none and it may be written."""
        if read_only:
            return cls(_connect_reading(path), path, read_only=True)
        _create_private(path)
        with _translated(path):
            connection = _configured(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE))
            try:
                if connection.readonly("main"):
                    raise LibraryError(
                        f"{path} is read-only: make it writable, or copy it to a folder you can write to"
                    )
                connection.pragma("journal_mode", "wal")
                migrations.migrate(connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, read_only=False)

    def close(self) -> None:
        """Close the connection; the last writer to leave folds the write-ahead log into the file."""
        with _translated(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def execute(self, sql: str, bindings: Sequence[object] = ()) -> None:
        """Run one statement for its effect."""
        with _translated(self.path):
            self._connection.execute(sql, bindings)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one prepared statement once per row."""
        with _translated(self.path):
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, bindings: Sequence[object] = ()) -> int:
        """Run one insertion and return the new row's id."""
        self.execute(sql, bindings)
        return self._connection.last_insert_rowid()

    def rows(self, sql: str, bindings: Sequence[object] = ()) -> list[Row]:
        """Return all rows of a query."""
        with _translated(self.path):
            return self._connection.execute(sql, bindings).fetchall()

    def stream(self, sql: str, bindings: Sequence[object] = ()) -> Iterator[Row]:
        """Yield the rows of a query one at a time."""
        with _translated(self.path):
            yield from self._connection.execute(sql, bindings)

    def row(self, sql: str, bindings: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query."""
        with _translated(self.path):
            return self._connection.execute(sql, bindings).fetchone()

    def value(self, sql: str, bindings: Sequence[object] = ()) -> Any:
        """Return the first column of the first row, None when there is no row."""
        row = self.row(sql, bindings)
        return None if row is None else row[0]

    def changes(self) -> int:
        """Return how many rows the last statement changed."""
        return self._connection.changes()

    @property
    def connection(self) -> apsw.Connection:
        """The apsw connection, for what only SQLite itself can do (functions, progress handlers)."""
        return self._connection

    @contextmanager
    def atomic(self) -> Generator[None]:
        """Make everything inside happen as a whole or not at all; inside another one it belongs to that one."""
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        with _translated(self.path):
            # IMMEDIATE: a transaction that reads first and writes later cannot wait for another writer.
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite has already rolled back by itself after some errors, a full disk among them.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read everything inside from one state of the library, whatever other processes write meanwhile."""
        if self._connection.in_transaction:
            yield
            return
        with _translated(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def integrity_problems(self, limit: int = 5) -> list[str]:
        """Return what SQLite's own check finds wrong with the file; an intact library gives an empty list."""
        try:
            found = [str(row[0]) for row in self.rows(f"PRAGMA integrity_check({int(limit)})")]
            broken = [f"row {row[1]} of {row[0]} points at nothing" for row in self.rows("PRAGMA foreign_key_check")]
        except LibraryError as error:
            return [str(error)]
        return [problem for problem in found if problem != "ok"] + broken[:limit]


def _create_private(path: Path) -> None:
    """Make the folder and the empty file readable by their owner only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise LibraryError(
            f"cannot create the library {path}: {error.strerror}; set LORAG_DATA_DIR to a folder"
        ) from error


def _connect_reading(path: Path) -> apsw.Connection:
    if not path.is_file():
        raise LibraryError(f"there is no library at {path}; make one with: lorag add FOLDER")
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    uri = path.absolute().as_uri()
    with _translated(path):
        try:
            return _checked(_configured(apsw.Connection(f"{uri}?mode=ro", flags=flags)), path)
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            # A write-ahead library on a read-only medium has no place for its shared memory file.
            return _checked(_configured(apsw.Connection(f"{uri}?immutable=1", flags=flags)), path)


def _checked(connection: apsw.Connection, path: Path) -> apsw.Connection:
    try:
        migrations.check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _configured(connection: apsw.Connection) -> apsw.Connection:
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    # The first look at the file: what is no database is told as such, not as a failure of what follows.
    connection.pragma("schema_version")
    _load_vector_extension(connection)
    register_term_counts(connection)
    connection.pragma("foreign_keys", True)
    connection.pragma("cache_size", -_CACHE_KIB)
    # In write-ahead mode NORMAL cannot corrupt; only a power cut can undo the last commits, never a killed process.
    connection.pragma("synchronous", "normal")
    connection.pragma("wal_autocheckpoint", _CHECKPOINT_PAGES)
    return connection


def _load_vector_extension(connection: apsw.Connection) -> None:
    # Without it vectors are searched with numpy, so a platform it has no build for is no failure.
    with contextlib.suppress(ImportError, apsw.ExtensionLoadingError):
        import sqlite_vec

        connection.enable_load_extension(True)
        try:
            connection.load_extension(sqlite_vec.loadable_path())
        finally:
            connection.enable_load_extension(False)


@contextmanager
def _translated(path: Path) -> Generator[None]:
    """Tell SQLite's errors as one line a person can act on; programming errors stay what they are."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise LibraryError(
            f"{path} is not a readable library ({error}); restore a copy, or move it away and run lorag add again"
        ) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise LibraryLockedError(f"{path} is being written by another process; try again when it has ended") from error
    except apsw.FullError as error:
        raise LibraryError(f"the disk that holds {path} is full: free some space and run the command again") from error
    except (apsw.ReadOnlyError, apsw.PermissionsError) as error:
        raise LibraryError(f"{path} is read-only: make it writable, or copy it to a folder you can write to") from error
    except (apsw.CantOpenError, apsw.IOError) as error:
        raise LibraryError(f"{path} cannot be read or written ({error}); check the folder and the disk") from error
