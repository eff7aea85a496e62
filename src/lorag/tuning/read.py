"""Any file of examples → rows → examples, with a finding for every row that is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lorag.documents.chunk import chunk_document
from lorag.documents.extract import extract
from lorag.documents.model import Limits
from lorag.errors import DatasetError
from lorag.tuning.examples import Example, Finding, Origin, Row, UnrecognisedRowError, example_of
from lorag.tuning.formats.encoding import decoded
from lorag.tuning.formats.html_faq import read_html
from lorag.tuning.formats.json_rows import read_json, read_json_lines
from lorag.tuning.formats.sql import read_dump, read_sqlite
from lorag.tuning.formats.table import read_delimited, read_parquet

_TABLES: Final = {".csv", ".tsv", ".tab"}
_DATABASES: Final = {".db", ".sqlite", ".sqlite3"}
_PAGES: Final = {".html", ".htm", ".xhtml"}
_FOLDER_SUFFIXES: Final = {".jsonl", ".json", ".parquet", ".sql", *_TABLES, *_DATABASES, *_PAGES}
_TEXT_TOKENS = 400


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
        DatasetError: A path does not exist, or a whole file cannot be read.
    """
    examples: list[Example] = []
    findings: list[Finding] = []
    for path in _files(paths, options):
        for item in _items(path, options, limits):
            if isinstance(item, Finding):
                findings.append(item)
            elif isinstance(item, Example):
                examples.append(item)
            else:
                try:
                    examples.append(example_of(item, options.columns))
                except UnrecognisedRowError as error:
                    findings.append(Finding(item.origin, "unrecognised", str(error), "dropped"))
    return ReadResult(tuple(examples), tuple(findings))


def _files(paths: Sequence[Path], options: ReadOptions) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(
                file for file in path.rglob("*")
                if file.is_file() and (options.as_text or file.suffix.lower() in _FOLDER_SUFFIXES)
            )  # fmt: skip
            if not found:
                raise DatasetError(f"{path} holds no data file ({', '.join(sorted(_FOLDER_SUFFIXES))})")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise DatasetError(f"{path} does not exist")


def _items(path: Path, options: ReadOptions, limits: Limits) -> Iterator[Row | Finding | Example]:
    suffix = path.suffix.lower()
    if path.stat().st_size > limits.max_file_bytes:
        raise DatasetError(f"{path} is larger than {limits.max_file_bytes // 1_000_000} MB; raise max_file_mb")
    if suffix == ".parquet":
        yield from read_parquet(path)
    elif suffix in _DATABASES:
        yield from read_sqlite(path, query=options.query, table=options.table)
    elif options.as_text and suffix not in {".jsonl", ".json", *_TABLES}:
        yield from _texts(path, limits)
    else:
        yield from _text_items(path, suffix, options)


def _text_items(path: Path, suffix: str, options: ReadOptions) -> Iterator[Row | Finding]:
    text = decoded(path)
    if suffix == ".jsonl":
        yield from read_json_lines(path, text)
    elif suffix == ".json":
        yield from read_json(path, text)
    elif suffix in _TABLES:
        yield from read_delimited(path, text)
    elif suffix in _PAGES:
        yield from read_html(path, text)
    elif suffix == ".sql":
        yield from read_dump(path, text, table=options.table)
    else:
        raise DatasetError(
            f"{path}: examples come as JSONL, JSON, CSV, TSV, Parquet, HTML, SQLite or SQL; "
            "to learn from plain text or documents use --objective text"
        )


def _texts(path: Path, limits: Limits) -> Iterator[Example]:
    """Yield a document in stretches of about 400 tokens that never cross a heading."""
    for chunk in chunk_document(extract(path, limits), target_tokens=_TEXT_TOKENS):
        yield Example(Origin(path, chunk.line_start or chunk.page or chunk.ordinal + 1), text=chunk.text)
