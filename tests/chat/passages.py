"""Passages for tests of the chat turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lorag.retrieval.passages import Passage, SearchFilter, SearchResult


def passage(
    text: str, *, name: str = "policy.md", start: int = 0, line_start: int | None = 1, **changes: Any
) -> Passage:
    fields: dict[str, Any] = {
        "document_id": 1,
        "path": Path("/docs") / name,
        "title": name,
        "collection": "default",
        "heading": (),
        "page": None,
        "line_start": line_start,
        "line_end": None if line_start is None else line_start + text.count("\n"),
        "start": start,
        "end": start + len(text),
        "text": text,
        "score": 1.0,
        "bm25": 1.0,
        "vector": 0.9,
    }
    return Passage(**{**fields, **changes})


@dataclass
class ScriptedSearcher:
    """Finds what a test puts in, and remembers what it was asked."""

    passages: Sequence[Passage] = ()
    asked: list[tuple[str, SearchFilter, tuple[str, ...]]] = field(default_factory=list)
    widely: list[bool] = field(default_factory=list)

    def search(
        self,
        question: str,
        *,
        filter: SearchFilter | None = None,  # noqa: A002 - the searcher's word
        history: Sequence[str] = (),
        widely: bool = False,
    ) -> SearchResult:
        self.widely.append(widely)
        self.asked.append((question, filter or SearchFilter(), tuple(history)))
        return SearchResult(query=question, passages=tuple(self.passages), seconds=0.001)
