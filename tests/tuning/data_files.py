"""Reads files of examples as the commands do, and says what was learned from them in few words."""

from collections.abc import Sequence
from pathlib import Path

from lorag.documents.model import Limits
from lorag.prompts.messages import Message
from lorag.tuning.examples import Example, Origin
from lorag.tuning.read import ReadOptions, ReadResult, read_examples

LIMITS = Limits(
    max_file_bytes=20_000_000,
    max_pages=100,
    max_expanded_bytes=50_000_000,
    max_nesting=100,
    max_text_characters=5_000_000,
)


def read(*paths: Path, **options: object) -> ReadResult:
    return read_examples(paths, ReadOptions(**options), LIMITS)  # type: ignore[arg-type]  # given by the test


def written(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def pairs(result: ReadResult) -> list[tuple[str, str]]:
    return [(example.question, example.answer) for example in result.examples]


def complaints(result: ReadResult) -> list[tuple[int, str]]:
    """Return line and reason of everything that was left out."""
    return [(finding.origin.line, finding.reason) for finding in result.findings if finding.effect == "dropped"]


def example(question: str, answer: str, *, line: int = 1, file: str = "rows.jsonl") -> Example:
    return Example(Origin(Path(file), line), messages=(Message("user", question), Message("assistant", answer)))


def examples(rows: Sequence[tuple[str, str]]) -> list[Example]:
    return [example(question, answer, line=line) for line, (question, answer) in enumerate(rows, 1)]
