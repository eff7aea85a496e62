"""Any file of examples → rows → examples, with a finding for every row that is none."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lorag.documents.chunk import chunk_document
from lorag.documents.decode import decode
from lorag.documents.extract import extract
from lorag.documents.media import is_known
from lorag.documents.model import Limits
from lorag.errors import DatasetError, DocumentError
from lorag.tuning.column_findings import ColumnsOfFile
from lorag.tuning.examples import Example, Finding, Origin, Row, UnrecognisedRowError, example_of, roles_in
from lorag.tuning.formats.html_faq import read_html
from lorag.tuning.formats.json_rows import read_json, read_json_lines
from lorag.tuning.formats.sql import read_sqlite
from lorag.tuning.formats.sql_dump import read_dump
from lorag.tuning.formats.table import read_delimited, read_parquet
from lorag.tuning.provenance import is_note

_JSON_LINES: Final = {".jsonl", ".ndjson"}
_TABLES: Final = {".csv", ".tsv", ".tab"}
DATABASES: Final = {".db", ".sqlite", ".sqlite3"}
_PAGES: Final = {".html", ".htm", ".xhtml"}
_FOLDER_SUFFIXES: Final = {".json", ".parquet", ".sql", *_JSON_LINES, *_TABLES, *DATABASES, *_PAGES}
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_TEXT_TOKENS: Final = 400


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person says about their files."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """``question``, ``answer``, ``context``, ``system`` or ``text`` → the name it has in the files."""
    table: str | None = None
    query: str | None = None
    as_text: bool = False
    """Read documents as plain text to learn from, for the ``text`` objective."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The examples of some files, in the order of the files."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]


def read_examples(paths: Sequence[Path], options: ReadOptions, limits: Limits) -> ReadResult:
    """Read every file; a folder stands for the data files in it.

    Raises:
        DatasetError: A path does not exist, or a folder holds no data file.
    """
    examples: list[Example] = []
    findings: list[Finding] = []
    for path in _files(paths, options):
        columns = ColumnsOfFile(path)
        for item in _reported(path, options, limits):
            found = _example(item, options, columns) if isinstance(item, Row) else item
            (findings if isinstance(found, Finding) else examples).append(found)  # type: ignore[arg-type]  # by its kind
        # Who names the columns knows which ones are not named.
        findings += () if options.columns else columns.findings()
    return ReadResult(tuple(examples), tuple(findings))


def _example(row: Row, options: ReadOptions, columns: ColumnsOfFile) -> Example | Finding:
    """Return what a row holds, and take note of its columns."""
    try:
        example = example_of(row, options.columns, as_text=options.as_text)
    except UnrecognisedRowError as error:
        return Finding(row.origin, "unrecognised", str(error), "dropped")
    columns.add(row, roles_in(row, options.columns, as_text=options.as_text))
    return example


def _reported(path: Path, options: ReadOptions, limits: Limits) -> Iterator[Row | Finding | Example]:
    """Yield what a file holds; that it cannot be read is a finding like any other."""
    try:
        yield from _items(path, options, limits)
    except (DatasetError, DocumentError, OSError) as error:
        reason = " ".join(str(error).removeprefix(str(path)).lstrip(": ").split())
        yield Finding(Origin(path, 0), "unreadable", reason, "dropped")


def _files(paths: Sequence[Path], options: ReadOptions) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.is_file() and _belongs(file, options))
            if not found:
                raise DatasetError(f"{path} holds no data file ({', '.join(sorted(_FOLDER_SUFFIXES))})")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise DatasetError(f"{path} does not exist")


def _belongs(file: Path, options: ReadOptions) -> bool:
    if is_note(file):
        return False
    return file.suffix.lower() in _FOLDER_SUFFIXES or (options.as_text and is_known(file))


def _items(path: Path, options: ReadOptions, limits: Limits) -> Iterator[Row | Finding | Example]:
    suffix = path.suffix.lower()
    if path.stat().st_size > limits.max_file_bytes:
        raise DatasetError(f"{path} is larger than {limits.max_file_bytes // 1_000_000} MB; raise max_file_mb")
    if suffix == ".parquet":
        yield from read_parquet(path)
    elif suffix in DATABASES:
        yield from read_sqlite(path, query=options.query, table=options.table)
    elif options.as_text and suffix not in {".json", *_JSON_LINES, *_TABLES}:
        yield from _texts(path, limits)
    elif suffix in _FOLDER_SUFFIXES:
        yield from _text_items(path, suffix, options)
    else:
        raise DatasetError(
            f"{path}: examples come as JSONL, JSON, CSV, TSV, Parquet, HTML, SQLite or SQL; "
            "to learn from plain text or documents use --objective text"
        )


def _text_items(path: Path, suffix: str, options: ReadOptions) -> Iterator[Row | Finding]:
    data = path.read_bytes()
    declared = _CHARSET.search(data[:2048]) if suffix in _PAGES else None
    text = decode(data, declared=declared[1].decode("ascii", "replace") if declared else None)
    if suffix in _JSON_LINES:
        yield from read_json_lines(path, text)
    elif suffix == ".json":
        yield from read_json(path, text)
    elif suffix in _TABLES:
        yield from read_delimited(path, text, options.columns)
    elif suffix in _PAGES:
        yield from read_html(path, text)
    else:
        yield from read_dump(path, text, table=options.table)


def _texts(path: Path, limits: Limits) -> Iterator[Example]:
    """Yield a document in stretches of about 400 tokens that never cross a heading."""
    for chunk in chunk_document(extract(path, limits), target_tokens=_TEXT_TOKENS):
        yield Example(Origin(path, chunk.line_start or chunk.page or chunk.ordinal + 1), text=chunk.text)
