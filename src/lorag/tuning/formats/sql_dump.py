"""SQL dumps of MySQL, PostgreSQL and SQLite: read as text, never run.

A script that is executed could attach and overwrite files. Only ``CREATE TABLE``, ``INSERT`` and PostgreSQL's ``COPY``
are looked at, which is all that holds rows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lorag.tuning.examples import Finding, Origin, Row
from lorag.tuning.formats.sql import choose_table

_MYSQL: Final = re.compile(r"(?:MySQL|MariaDB) dump|ENGINE\s*=|^INSERT INTO `", re.IGNORECASE | re.MULTILINE)
_NAME: Final = r'(?:[`"\[]?[\w$]+[`"\]]?\.)?[`"\[]?(?P<name>[^\s`"\[\](,;]+)[`"\]]?'
_CREATE: Final = re.compile(
    rf"CREATE\s+(?:\w+\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*\((?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_INSERT: Final = re.compile(
    rf"(?:INSERT|REPLACE)(?:\s+\w+)?\s+INTO\s+{_NAME}\s*+(?:\((?P<columns>[^()]*)\)\s*+)?VALUES\s*+", re.IGNORECASE
)
_COPY: Final = re.compile(rf"COPY\s+{_NAME}\s*\((?P<columns>[^()]*)\)\s+FROM\s+stdin", re.IGNORECASE)
_NO_COLUMN: Final = re.compile(
    r"(?:CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|KEY|INDEX|CHECK|FULLTEXT|EXCLUDE)\b", re.IGNORECASE
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "Z": "\x1a"}
_NOTHING: Final = ("space", "comment")
# A string or comment that never ends goes to the end of the file; trying again behind each quote would take for ever.
_PLAIN_STRING: Final = r"'(?:[^']|'')*+(?:'|\Z)"
_ESCAPED_STRING: Final = r"'(?:[^'\\]|\\.|'')*+(?:'|\Z)"


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How a dump writes its strings."""

    escaped: bool
    """Whether a backslash inside quotes is an escape (MySQL), or only after an E (PostgreSQL)."""
    tokens: re.Pattern[str]
    """Cuts SQL into strings, comments, quoted names, words and single characters."""

    def value(self, parts: Sequence[re.Match[str]]) -> object:
        """Return a literal's value; any other expression is its own text."""
        strings = [part.group() for part in parts if part.lastgroup == "string"]
        others = [part.group() for part in parts if part.lastgroup != "string"]
        # MySQL puts the character set before a string: _utf8mb4 'text'.
        if len(strings) == 1 and all(other.startswith("_") for other in others):
            return self._string(strings[0])
        whole = "".join(part.group() for part in parts)
        return None if whole.upper() in ("NULL", "") else whole

    def _string(self, text: str) -> str:
        inner = text[text.index("'") + 1 : -1].replace("''", "'")
        return _unescaped(inner, _ESCAPES) if self.escaped or text[0] in "eE" else inner


def _dialect(text: str) -> _Dialect:
    escaped = bool(_MYSQL.search(text, 0, 1_000_000))
    string = _ESCAPED_STRING if escaped else rf"[eE]{_ESCAPED_STRING}|{_PLAIN_STRING}"
    tokens = re.compile(
        rf"(?P<string>{string})|(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|`[^`]*`|\"[^\"]*\"|[xX]'[0-9a-fA-F]*'"
        r"|(?P<word>[^\s'\"`(),;/-]+)|(?P<space>\s+)|.",
        re.DOTALL,
    )
    return _Dialect(escaped, tokens)


@dataclass(slots=True)
class _Tables:
    """What was collected of each table."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[int, Sequence[object]]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_dump(path: Path, text: str, *, table: str | None) -> Iterator[Row | Finding]:
    """Yield the rows of a table of a dump.

    Raises:
        DatasetError: There are no rows, or they belong to several tables and none is named.
    """
    tables = _Tables()
    dialect = _dialect(text)
    for line, statement, copied in _statements(text, dialect.tokens):
        if match := _CREATE.match(statement):
            tables.columns.setdefault(match["name"], _column_names(match["rest"], dialect.tokens))
        elif match := _COPY.match(statement):
            tables.columns[match["name"]] = _names(match["columns"])
            _copy(tables.rows.setdefault(match["name"], []), line, copied)
        elif match := _INSERT.match(statement):
            if match["columns"] is not None:
                tables.columns[match["name"]] = _names(match["columns"])
            rows = tables.rows.setdefault(match["name"], [])
            broken = _insert(rows, line, statement, match.end(), dialect)
            if broken is not None:
                reason = "the values cannot be read, and nothing after them in this statement was"
                tables.findings.append(Finding(Origin(path, broken), "unreadable", reason, "dropped"))
    yield from tables.findings
    name = choose_table(path, sorted(name for name, rows in tables.rows.items() if rows), table)
    for line, values in tables.rows[name]:
        yield _row(Origin(path, line), tables.columns, name, values)


def _row(origin: Origin, columns: Mapping[str, list[str]], name: str, values: Sequence[object]) -> Row | Finding:
    names = columns.get(name) or [f"column{number}" for number in range(1, len(values) + 1)]
    if len(names) != len(values):
        return Finding(origin, "unreadable", f"{len(values)} values for {len(names)} columns", "dropped")
    return Row(origin, dict(zip(names, values, strict=True)))


def _statements(text: str, tokens: re.Pattern[str]) -> Iterator[tuple[int, str, str]]:
    """Yield (line, statement without leading comments, data after a COPY)."""
    position, counted, line = 0, 0, 1
    while position < len(text):
        start, end = _next_statement(text, position, tokens)
        line += text.count("\n", counted, start)
        counted = start
        copied = ""
        statement = text[start:end]
        if _COPY.match(statement):
            data_start = text.find("\n", end) + 1 or len(text)
            data_end = text.find("\n\\.", data_start - 1)
            data_end = len(text) if data_end < 0 else data_end
            copied, end = text[data_start : max(data_start, data_end)], data_end + 3
            line += text.count("\n", counted, data_start)
            counted = data_start
        if statement:
            yield line, statement, copied
        position = end


def _next_statement(text: str, position: int, tokens: re.Pattern[str]) -> tuple[int, int]:
    """Return where the next statement starts, after space and comments, and where it ends, after its semicolon."""
    start = None
    while match := tokens.match(text, position):
        position = match.end()
        if start is None and match.lastgroup not in _NOTHING:
            start = match.start()
        if match.group() == ";":
            break
    return (len(text) if start is None else start), position


def _names(text: str) -> list[str]:
    return [name.strip().strip('`"[]') for name in text.split(",")]


def _column_names(body: str, tokens: re.Pattern[str]) -> list[str]:
    """Return the names a ``CREATE TABLE`` declares: the first word of each part between commas."""
    names: list[str] = []
    depth, first = 0, True
    for match in tokens.finditer(body):
        text = match.group()
        depth += (text == "(") - (text == ")")
        if depth < 0:
            break
        if text == "," and not depth:
            first = True
        elif first and match.lastgroup not in _NOTHING:
            first = False
            if not _NO_COLUMN.match(text):
                names.append(text.strip('`"[]'))
    return names


def _copy(rows: list[tuple[int, Sequence[object]]], line: int, data: str) -> None:
    for number, text in enumerate(data.split("\n"), line):
        if text:
            rows.append((number, [None if cell == r"\N" else _unescaped(cell, _ESCAPES) for cell in text.split("\t")]))


def _insert(
    rows: list[tuple[int, Sequence[object]]], line: int, statement: str, position: int, dialect: _Dialect
) -> int | None:
    """Add the rows of one statement; return the line where they cannot be read, None if they all can."""
    counted, depth, start = 0, 0, line
    values: list[object] = []
    parts: list[re.Match[str]] = []
    for match in dialect.tokens.finditer(statement, position):
        text = match.group()
        depth += (text == "(") - (text == ")")
        if depth < 0:
            return start
        if text == "(" and depth == 1:
            line += statement.count("\n", counted, match.start())
            counted, start, values, parts = match.start(), line, [], []
        elif (text == ")" and depth == 0) or (text == "," and depth == 1):
            values.append(dialect.value(parts))
            parts = []
            if text == ")":
                rows.append((start, values))
        elif depth and match.lastgroup not in _NOTHING:
            parts.append(match)
    return start if depth else None


def _unescaped(text: str, escapes: Mapping[str, str]) -> str:
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), text, flags=re.DOTALL)
