"""What retrieval is asked and what it gives back."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which part of the library to search; empty fields do not restrict."""

    collections: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Files, folders or glob patterns."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one document that may answer a question; neighbouring chunks are one passage."""

    document_id: int
    path: Path
    title: str
    collection: str
    heading: tuple[str, ...]
    page: int | None
    line_start: int | None
    line_end: int | None
    start: int
    """Offset of the first character in the document's text."""
    end: int
    text: str
    score: float
    """Relevance of its best chunk, from 0 to 1; comparable between searches."""
    bm25: float | None
    """BM25 score of its best chunk, None when it holds no word of the question."""
    vector: float | None
    """Cosine similarity of its best chunk, None when it has no vector."""
    ahead: float = 0.0
    """Points of relevance by which it comes earlier, for what it tells of the question part by part."""

    @property
    def order(self) -> float:
        """What it is ranked by."""
        return self.score + self.ahead


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one search."""

    query: str
    """What was searched, follow-up context included."""
    passages: tuple[Passage, ...]
    """Best document first; the passages of one document in reading order."""
    below_threshold: int = 0
    """How many candidates were found but were not relevant enough; with no passages, the reason there are none."""
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())
    """What a person should know: vectors still being made, a library that needs a reindex."""

    def with_only(self, kept: Iterable[Passage]) -> "SearchResult":
        """Return the same search with no other passages than these, in its own order."""
        places = {(passage.path, passage.start) for passage in kept}
        return replace(self, passages=tuple(one for one in self.passages if (one.path, one.start) in places))


@dataclass(frozen=True, slots=True)
class Similarity:
    """How near a sentence is to a question in meaning: 1 is the same, 0 unrelated."""

    whole: float
    rest: float
    """As near as what is left of the question without the words that the sentence repeats."""
    repeated: float
    """Share of the question that it repeats, from 0 to 1."""
    matched: tuple[float, ...] = ()
    """How near it comes to each part of the question, times the share of that part; nothing where no parts are known."""
