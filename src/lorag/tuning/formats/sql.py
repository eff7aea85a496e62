"""SQLite databases, opened read-only so that nothing in them can be changed or run."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from lorag.errors import DatasetError
from lorag.tuning.examples import Origin, Row

_MOST_ROWS: Final = 1_000_000


def read_sqlite(path: Path, *, query: str | None, table: str | None) -> Iterator[Row]:
    """Yield the rows of a table, or of a query.

    Raises:
        DatasetError: It is not a database, the query fails, or it holds several tables and none is named.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.text_factory = _text
            cursor = connection.execute(query or _select(connection, path, table))
            names = [column[0] for column in cursor.description or ()]
            if not names:
                raise DatasetError(f"{path}: the query gives no rows; it must be a SELECT")
            for number, values in enumerate(cursor, 1):
                if number > _MOST_ROWS:
                    raise DatasetError(f"{path}: the query gives more than {_MOST_ROWS:,} rows; add a LIMIT to it")
                yield Row(Origin(path, number), dict(zip(names, values, strict=True)))
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise DatasetError(f"{path} cannot be read as an SQLite database: {error}") from error


def _text(data: bytes) -> str:
    """Decode what a database calls text; old Korean programs write CP949 into it."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp949", errors="replace")


def _select(connection: sqlite3.Connection, path: Path, table: str | None) -> str:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    names = [str(row[0]) for row in found]
    chosen = choose_table(path, names, table)
    quoted = chosen.replace('"', '""')
    return f'SELECT * FROM "{quoted}"'  # noqa: S608 - an identifier cannot be bound; it is one the database listed


def choose_table(path: Path, names: Sequence[str], table: str | None) -> str:
    """Return the table asked for, or the only one.

    Raises:
        DatasetError: There is no such table, or several and none was asked for.
    """
    listed = ", ".join(names)
    if table is not None:
        if table not in names:
            raise DatasetError(f"{path} has no table {table!r}; it has {listed or 'none'}")
        return table
    if not names:
        raise DatasetError(f"{path} holds no table with rows")
    if len(names) != 1:
        raise DatasetError(f"{path} has {len(names)} tables; name one with --table ({listed})")
    return names[0]
