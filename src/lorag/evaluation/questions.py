"""Question sets: what is asked, what is right, and where the answer stands."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.documents.decode import decode
from lorag.errors import DatasetError, DocumentError

_QUESTION: Final = ("question", "query", "q", "질문", "문의")
_ANSWER: Final = ("answers", "answer", "reference", "references", "a", "답변", "답", "정답")
_SOURCE: Final = ("source", "sources", "document", "documents", "file", "path", "출처", "문서")
_PASSAGE: Final = ("passage", "passages", "context", "문단", "근거")
_ANSWERABLE: Final = ("answerable", "답있음")
_DRAFT: Final = ("draft",)
_YES: Final = frozenset({"true", "t", "yes", "y", "o", "1", "1.0", "answerable", "예", "네", "있음", "답있음"})
_NO: Final = frozenset(
    {"false", "f", "no", "n", "x", "0", "0.0", "unanswerable", "아니요", "아니오", "없음", "답없음", "답 없음"}
)
_MOST_BYTES: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """One row of a question set."""

    line: int
    """1-based line or row in its file."""
    question: str
    references: tuple[str, ...]
    """Right answers; empty where none is known, or there is none."""
    sources: tuple[str, ...]
    """Names or ends of paths of the documents that hold the answer; empty when not known."""
    passages: tuple[str, ...]
    """Text that retrieval should find; empty when not known."""
    answerable: bool
    """False when the documents do not hold the answer and a refusal is right."""
    drafted: bool = False
    """Whether it still stands as ``lorag eval make`` wrote it."""


def draft_mark(question: str) -> str:
    """Return what a drafted row carries, so that it can be told later whether a person has rewritten the question."""
    letters = "".join(character for character in question.casefold() if character.isalnum())
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()[:8]


def read_questions(path: Path) -> list[Question]:
    """Read a question set from JSON lines or CSV.

    Raises:
        DatasetError: The file cannot be read, holds no question, or a row is wrong; the message names the line.
    """
    text = _text(path)
    rows = _json_rows(path, text) if path.suffix.lower() in {".jsonl", ".ndjson", ".json"} else _csv_rows(path, text)
    questions = [_question(path, line, values) for line, values in rows]
    if not questions:
        raise DatasetError(f"{path} holds no questions; lorag eval make drafts some from the library")
    return questions


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DatasetError(f"{path} is larger than {_MOST_BYTES // 1_000_000} MB; split it")
        return decode(path.read_bytes())
    except DocumentError as error:
        raise DatasetError(f"{path}: {error}") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            values = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}:{line}: not JSON ({error}); there must be one object a line") from error
        if not isinstance(values, dict):
            raise DatasetError(f"{path}:{line}: an object with a question is needed, not {type(values).__name__}")
        yield line, values


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    first = text.partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() in {".tsv", ".tab"} else max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for values in reader:
            if any(value and str(value).strip() for value in values.values()):
                yield reader.line_num, {str(name): _cell(value) for name, value in values.items() if name is not None}
    except csv.Error as error:
        raise DatasetError(f"{path}:{reader.line_num}: not a row of CSV ({error})") from error


def _cell(value: str | None) -> object:
    """Return a cell of a table; one that holds a list as JSON writes it is that list."""
    if value and value.strip().startswith("[") and value.strip().endswith("]"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _question(path: Path, line: int, values: Mapping[str, Any]) -> Question:
    named = {name.strip().lower(): value for name, value in values.items()}
    question = _first(_strings(path, line, named, _QUESTION))
    references, answerable = _strings(path, line, named, _ANSWER), _is_answerable(path, line, named)
    sources, passages = _strings(path, line, named, _SOURCE), _strings(path, line, named, _PASSAGE)
    drafted = _first(_strings(path, line, named, _DRAFT)) == draft_mark(question)
    if not question:
        has = ", ".join(sorted(named)) or "nothing"
        raise DatasetError(f"{path}:{line}: there is no question; the row has {has}")
    if not answerable and references:
        raise DatasetError(f"{path}:{line}: the row is marked as not answerable and still has an answer")
    return Question(line, question, references, sources, passages, answerable, drafted)


def _is_answerable(path: Path, line: int, named: Mapping[str, Any]) -> bool:
    """Tell whether a row has an answer; it has one where nothing is said.

    Raises:
        DatasetError: It says something else than yes or no.
    """
    value = next((named[name] for name in _ANSWERABLE if named.get(name) not in (None, "")), True)
    said = str(value).strip().lower()
    if said not in _YES | _NO:
        raise DatasetError(f"{path}:{line}: answerable is neither true nor false but {said}")
    return said in _YES


def _strings(path: Path, line: int, named: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first named value as texts; a list gives several.

    Raises:
        DatasetError: There is something that is no text, and would be lost.
    """
    name = next((name for name in names if named.get(name) not in (None, "", [])), None)
    if name is None:
        return ()
    values = named[name] if isinstance(named[name], list) else [named[name]]
    for item in values:
        if not isinstance(item, (str, int, float)) or isinstance(item, bool):
            wrong = json.dumps(item, ensure_ascii=False)[:40]
            raise DatasetError(f"{path}:{line}: {name} must be text, a number or a list of these, not {wrong}")
    # A surrogate half comes from broken JSON escapes and could be neither searched nor printed.
    texts = (str(item).encode("utf-8", "replace").decode("utf-8").strip() for item in values)
    return tuple(text for text in texts if text)


def _first(texts: tuple[str, ...]) -> str:
    return texts[0] if texts else ""
