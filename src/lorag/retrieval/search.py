"""A question in, the passages that may answer it out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lorag.library import chunks as chunk_store
from lorag.library.database import Database
from lorag.retrieval import assemble
from lorag.retrieval.bm25 import WordLeg, WordSearch
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.followup import searched_query
from lorag.retrieval.fusion import FusionOptions, RankedChunk, fuse
from lorag.retrieval.health import HealthCheck
from lorag.retrieval.nearest import VectorHit, VectorLeg
from lorag.retrieval.passages import SearchFilter, SearchResult
from lorag.retrieval.scope import allowed_chunks
from lorag.retrieval.stopwords import content_terms
from lorag.retrieval.terms import TermSplitter

_MOST_QUERY_TERMS = 64
"""A pasted page is searched by its first words; more would only cost time."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How a search is done; the defaults are calibrated in docs/decisions/0007-relevance.md."""

    passages: int = 6
    per_document: int = 3
    candidates: int = 200
    """How many chunks the word leg scores."""
    pool: int = 50
    """How many chunks of each leg are fused."""
    bm25_threshold: float = 0.5
    """Share of the question's information that the words of the best chunk must carry, from 0 to 1."""
    vector_threshold: float = 0.4
    """Cosine similarity that the best chunk must have; either threshold is enough."""
    company: float = 0.7
    """Share of a threshold that is enough for further chunks once one has passed."""
    budget_tokens: int = 2_000
    """How long all passages may become by joining neighbours."""
    fusion: FusionOptions = field(default_factory=FusionOptions)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search with everything that led to its result."""

    result: SearchResult
    words: WordSearch
    nearest: tuple[VectorHit, ...]
    ranked: tuple[RankedChunk, ...]
    """All fused candidates, best first."""
    passed: frozenset[int]
    """Ids of the chunks that were relevant enough."""
    options: SearchOptions


class Searcher:
    """Searches one library; keep it for a whole chat, because later searches are faster than the first."""

    def __init__(
        self, database: Database, embedder: Embedder | None, splitter: TermSplitter, options: SearchOptions
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._splitter = splitter
        self._options = options
        self._health = HealthCheck(database, embedder, splitter)
        self._words = WordLeg(database)
        self._vectors = VectorLeg(database)

    def search(
        self,
        question: str,
        *,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - the word callers know; frozen and empty
        history: Sequence[str] = (),
    ) -> SearchResult:
        """Return the passages that may answer a question.

        Args:
            question: What is asked now.
            filter: Which part of the library to search.
            history: Earlier questions, newest last; used only when the question leans on them.
        """
        return self.explain(question, filter=filter, history=history).result

    def explain(
        self,
        question: str,
        *,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - as in search
        history: Sequence[str] = (),
    ) -> Explanation:
        """Return what ``search`` returns together with how it came about."""
        started = time.perf_counter()
        query = searched_query(question, history)
        with self._database.snapshot():
            health = self._health()
            allowed = allowed_chunks(self._database, filter)
            terms = content_terms(self._splitter.terms(query))[:_MOST_QUERY_TERMS]
            words = self._words.search(terms, limit=self._options.candidates, allowed=allowed)
            nearest = self._nearest(query, allowed) if health.vectors_usable else []
            ranked = fuse(words.hits[: self._options.pool], nearest, self._options.fusion)
            passed = self._relevant(ranked)
            stretches = self._stretches(passed)
        result = SearchResult(
            query=query,
            passages=tuple(map(assemble.as_passage, stretches)),
            below_threshold=len(ranked) - len(passed),
            seconds=time.perf_counter() - started,
            notes=health.notes,
        )
        return Explanation(result, words, tuple(nearest), tuple(ranked), frozenset(passed), self._options)

    def _nearest(self, query: str, allowed: NDArray[np.int64] | None) -> list[VectorHit]:
        if self._embedder is None:
            return []
        vector = self._embedder.embed_queries([query])[0]  # (d,)
        if not vector.any():
            return []
        return self._vectors.search(vector, limit=self._options.pool, allowed=allowed)

    def _relevant(self, ranked: Sequence[RankedChunk]) -> dict[int, RankedChunk]:
        """Return the chunks worth showing: none unless one is above a threshold of either leg."""
        relevance = {chunk.chunk_id: self._relevance(chunk) for chunk in ranked}
        if max(relevance.values(), default=0.0) < 1.0:
            return {}
        return {chunk.chunk_id: chunk for chunk in ranked if relevance[chunk.chunk_id] >= self._options.company}

    def _relevance(self, chunk: RankedChunk) -> float:
        """Return how far a chunk reaches towards the nearer threshold; 1 is on it."""
        by_words = _reached(chunk.word.coverage, self._options.bm25_threshold) if chunk.word else 0.0
        by_meaning = _reached(chunk.vector.similarity, self._options.vector_threshold) if chunk.vector else 0.0
        return max(by_words, by_meaning)

    def _stretches(self, passed: Mapping[int, RankedChunk]) -> list[assemble.Stretch]:
        options = self._options
        rows = chunk_store.chunk_rows(self._database, list(passed))
        chosen = assemble.choose(rows, passed, passages=options.passages, per_document=options.per_document)
        stretches = assemble.join_neighbours(self._database, chosen, passed, budget_tokens=options.budget_tokens)
        return assemble.in_reading_order(stretches)


def _reached(value: float, threshold: float) -> float:
    """Return a value as a share of its threshold; a threshold of zero or less lets everything through."""
    return value / threshold if threshold > 0 else 1.0
