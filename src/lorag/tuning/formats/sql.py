"""SQLite databases and SQL dumps; neither is ever executed as a program.

A dump is parsed, not run: a script that is executed could attach and overwrite files.
"""

import importlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from lorag.errors import DatasetError
from lorag.tuning.examples import Origin, Row

_LONGEST_STATEMENT = 5_000_000


def read_sqlite(path: Path, *, query: str | None, table: str | None) -> Iterator[Row]:
    """Yield the rows of a table, or of a query, of a database opened read-only.

    Raises:
        DatasetError: It is not a database, the query fails, or it holds several tables and none is named.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA query_only = ON")
            cursor = connection.execute(query or _select(connection, path, table))
            names = [column[0] for column in cursor.description or ()]
            for number, values in enumerate(cursor, 1):
                yield Row(Origin(path, number), dict(zip(names, values, strict=True)))
    except sqlite3.Error as error:
        raise DatasetError(f"{path} cannot be read as an SQLite database: {error}") from error


def _select(connection: sqlite3.Connection, path: Path, table: str | None) -> str:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    names = [str(row[0]) for row in found]
    chosen = _choose(path, names, table)
    quoted = chosen.replace('"', '""')
    return f'SELECT * FROM "{quoted}"'  # noqa: S608 - an identifier cannot be bound; it is one the database listed


def _choose(path: Path, names: Sequence[str], table: str | None) -> str:
    listed = ", ".join(names)
    if table is not None:
        if table not in names:
            raise DatasetError(f"{path} has no table {table!r}; it has {listed or 'none'}")
        return table
    if len(names) != 1:
        raise DatasetError(f"{path} has {len(names)} tables; name one with --table ({listed}) or give --query")
    return names[0]


def read_dump(path: Path, text: str, *, table: str | None) -> Iterator[Row]:
    """Yield the rows of the ``INSERT`` statements of a dump of MySQL, PostgreSQL or SQLite.

    Raises:
        DatasetError: sqlglot is not installed, there are no rows, or they belong to several tables and none is named.
    """
    try:
        sqlglot = importlib.import_module("sqlglot")
    except ImportError as error:
        raise DatasetError(
            f"{path}: reading an SQL dump needs sqlglot; install it with: pip install 'lorag[train]'"
        ) from error
    columns: dict[str, list[str]] = {}
    rows: dict[str, list[tuple[int, Sequence[object]]]] = {}
    for line, statement in _statements(text):
        _collect(sqlglot, line, statement, columns, rows)
    name = _choose(path, sorted(rows), table)
    for line, values in rows[name]:
        names = columns.get(name) or [f"column{number}" for number in range(1, len(values) + 1)]
        yield Row(Origin(path, line), dict(zip(names, values, strict=False)))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, statement) of the statements that matter, split at semicolons outside of strings."""
    start, line, quote = 0, 1, ""
    position = 0
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"`":
            quote = character
        elif text.startswith("--", position):
            end = text.find("\n", position)
            position = len(text) if end < 0 else end - 1
        elif character == ";":
            statement = text[start : position + 1]
            yield line + _leading_lines(statement), statement
            line += statement.count("\n")
            start = position + 1
        position += 1


def _leading_lines(statement: str) -> int:
    return len(statement[: len(statement) - len(statement.lstrip())].split("\n")) - 1


def _collect(
    sqlglot: Any,
    line: int,
    statement: str,
    columns: dict[str, list[str]],
    rows: dict[str, list[tuple[int, Sequence[object]]]],
) -> None:
    head = statement.lstrip()[:400].lower()
    if ("insert" not in head and "create table" not in head) or len(statement) > _LONGEST_STATEMENT:
        return
    tree = _parse(sqlglot, statement)
    expressions = sqlglot.exp
    if isinstance(tree, expressions.Create) and isinstance(tree.this, expressions.Schema):
        names = [column.name for column in tree.this.find_all(expressions.ColumnDef)]
        columns.setdefault(tree.this.this.name, names)
    if isinstance(tree, expressions.Insert) and isinstance(tree.expression, expressions.Values):
        target = tree.this
        if isinstance(target, expressions.Schema):
            columns[target.this.name] = [column.name for column in target.expressions]
            target = target.this
        for values in tree.expression.expressions:
            literals = [_literal(sqlglot, value) for value in values.expressions]
            rows.setdefault(target.name, []).append((line, literals))


def _parse(sqlglot: Any, statement: str) -> object:
    for dialect in ("mysql", "postgres", "sqlite"):
        try:
            return sqlglot.parse_one(statement, dialect=dialect)
        except sqlglot.errors.SqlglotError:
            continue
    return None


def _literal(sqlglot: Any, value: Any) -> object:
    if isinstance(value, sqlglot.exp.Null):
        return None
    return value.name if isinstance(value, sqlglot.exp.Literal) else value.sql()
