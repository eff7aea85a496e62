"""A question in, the passages that may answer it out."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lorag.library.chunks import StoredChunk
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.library.vectors import read_parts
from lorag.retrieval import assemble
from lorag.retrieval.bm25 import WordLeg, WordSearch
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.followup import searched_query
from lorag.retrieval.fusion import RankedChunk, best_first, fuse, told_of, with_told
from lorag.retrieval.health import HealthCheck
from lorag.retrieval.nearest import VectorHit, VectorLeg
from lorag.retrieval.parts import question_parts
from lorag.retrieval.passages import SearchFilter, SearchResult, Similarity
from lorag.retrieval.scope import allowed_chunks
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.static_vectors import FloatMatrix
from lorag.retrieval.terms import TermSplitter
from lorag.retrieval.thresholds import threshold_for
from lorag.retrieval.unrelated import matching_floor, similarity_floor

Leg = Literal["fused", "words", "vectors"]

_WITHOUT_VECTOR = 0.75
"""Share of the threshold that a chunk without a vector is given for its meaning; its words must add the rest."""
_MOST_QUERY_TERMS = 64
"""A pasted page is searched by its first words; more would only cost time."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search with everything that led to its result."""

    result: SearchResult
    words: WordSearch
    nearest: tuple[VectorHit, ...]
    ranked: tuple[RankedChunk, ...]
    """All candidates, best first."""
    passed: frozenset[int]
    """Ids of the chunks that were relevant enough."""
    threshold: float
    """Relevance that the best of them had to have."""
    options: SearchOptions


@dataclass(frozen=True, slots=True)
class _Ranking:
    query: str
    words: WordSearch
    nearest: tuple[VectorHit, ...]
    ranked: tuple[RankedChunk, ...]
    notes: tuple[str, ...]
    threshold: float


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
        self._floor: float | None = None
        self._parts_floor: float | None = None

    def search(
        self,
        question: str,
        *,
        leg: Leg = "fused",
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - the word callers know; frozen and empty
        history: Sequence[str] = (),
        widely: bool = False,
    ) -> SearchResult:
        """Return the passages that may answer a question; of several asked in one, each is searched by itself.

        Args:
            question: What is asked now.
            leg: Search by words alone, by meaning alone, or both.
            filter: Which part of the library to search.
            history: Earlier questions, newest last; used only when the question leans on them.
            widely: Return more passages, and weaker ones, for a reader that is shown only some of their sentences.
        """
        options = self._options.widened if widely else self._options
        parts = question_parts(question)
        if len(parts) == 1:
            return self._explained(question, leg, filter, history, options).result
        started = time.perf_counter()
        with self._database.snapshot():
            found = [self._rank(part, leg, filter, (), options) for part in parts]
            passed = [_relevant(ranking, options) for ranking in found]
            stretches = self._stretches(passed, options)
        return SearchResult(
            query=question,
            passages=tuple(map(assemble.as_passage, stretches)),
            below_threshold=sum(len(ranking.ranked) for ranking in found) - sum(map(len, passed)),
            seconds=time.perf_counter() - started,
            notes=found[0].notes,
        )

    def rank(
        self,
        question: str,
        *,
        leg: Leg = "fused",
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - as in search
        history: Sequence[str] = (),
    ) -> tuple[RankedChunk, ...]:
        """Return every candidate, best first, however weak; at most the pool's number from each leg."""
        with self._database.snapshot():
            return self._rank(question, leg, filter, history, self._options).ranked

    def explain(
        self,
        question: str,
        *,
        leg: Leg = "fused",
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - as in search
        history: Sequence[str] = (),
    ) -> Explanation:
        """Return what ``search`` returns together with how it came about."""
        return self._explained(question, leg, filter, history, self._options)

    def _explained(
        self,
        question: str,
        leg: Leg,
        filter: SearchFilter,  # noqa: A002 - as in search
        history: Sequence[str],
        options: SearchOptions,
    ) -> Explanation:
        started = time.perf_counter()
        with self._database.snapshot():
            found = self._rank(question, leg, filter, history, options)
            passed = _relevant(found, options)
            stretches = self._stretches([passed], options)
        result = SearchResult(
            query=found.query,
            passages=tuple(map(assemble.as_passage, stretches)),
            below_threshold=len(found.ranked) - len(passed),
            seconds=time.perf_counter() - started,
            notes=found.notes,
        )
        return Explanation(
            result, found.words, found.nearest, found.ranked, frozenset(passed), found.threshold, options
        )

    def _rank(
        self,
        question: str,
        leg: Leg,
        filter: SearchFilter,  # noqa: A002 - as in search
        history: Sequence[str],
        options: SearchOptions,
    ) -> _Ranking:
        query = searched_query(question, history)
        health = self._health()
        allowed = allowed_chunks(self._database, filter)
        vector = self._vector(query) if health.vectors_usable and leg != "words" else None
        nearest = [] if vector is None else self._vectors.search(vector, limit=options.pool, allowed=allowed)
        terms = [] if leg == "vectors" else self._splitter.question_terms(query)[:_MOST_QUERY_TERMS]
        words = self._words.search(
            terms, limit=options.candidates, allowed=allowed, also=[hit.chunk_id for hit in nearest]
        )
        threshold = self._threshold(allowed, options, leans=query != searched_query(question, ()))
        ranked = self._fused(words, nearest, vector, threshold)
        if leg != "fused":
            ranked = best_first(map(_by_one_leg, ranked))
        elif vector is not None:
            first = ranked[: options.pool]
            ranked = [*with_told(first, self._told(query, first)), *ranked[options.pool :]]
        return _Ranking(query, words, tuple(nearest), tuple(ranked), health.notes, threshold)

    def _threshold(self, allowed: NDArray[np.int64] | None, options: SearchOptions, *, leans: bool) -> float:
        chunks = corpus_size(self._database).chunks if allowed is None else len(allowed)
        threshold = threshold_for(options.threshold, chunks)
        # A follow-up is searched as two questions, of which a passage has to answer one.
        return threshold * options.company if leans else threshold

    def similarities(self, question: str, sentences: Sequence[str]) -> list[Similarity]:
        """Return how near each sentence is to a question in meaning.

        Nothing is returned where nothing is known: without an embedder, or of a question it knows no word of.
        """
        vector = self._vector(question)
        if self._embedder is None or vector is None or not sentences:
            return []
        floor = self._similarity_floor()
        rows, parts = self._embedder.embed_with_parts(sentences)
        unrepeated, repeated = self._embedder.embed_unrepeated(question, sentences)
        shares, nearest = self._embedder.match(question, parts)
        matched = shares * (nearest - self._matching_floor()) / (1 - self._matching_floor())
        # (sentences, 2): as near as the whole question, and as what is left of it, counted from what is unrelated.
        cosines = (np.stack([rows @ vector, (rows * unrepeated).sum(axis=1)], axis=1) - floor) / (1 - floor)
        return [
            Similarity(float(whole), float(rest), float(share), tuple(map(float, told)))
            for (whole, rest), share, told in zip(cosines, repeated, matched, strict=True)
        ]

    def _vector(self, query: str) -> FloatMatrix | None:
        """Return the query's vector, (d,); None when nothing in it is known."""
        if self._embedder is None:
            return None
        vector: FloatMatrix = self._embedder.embed_queries([query])[0]
        return vector if vector.any() else None

    def _fused(
        self, words: WordSearch, nearest: Sequence[VectorHit], vector: FloatMatrix | None, threshold: float
    ) -> list[RankedChunk]:
        hits, late = words.hits[: self._options.pool], words.hits[self._options.pool :]
        near = {hit.chunk_id for hit in nearest}
        missing = [hit.chunk_id for hit in hits if hit.chunk_id not in near]
        weight = self._options.fusion.vector_weight
        options = replace(
            self._options.fusion,
            floor=0.0 if vector is None else self._similarity_floor(),
            unknown_similarity=_WITHOUT_VECTOR * threshold / weight if weight else 0.0,
        )
        return fuse(
            hits,
            nearest,
            options,
            other_words=[*words.others, *late],
            other_vectors=[] if vector is None else self._vectors.similarities(vector, missing),
        )

    def _told(self, query: str, ranked: Sequence[RankedChunk]) -> dict[int, float]:
        """Return how much of a question each chunk tells; nothing of those without a vector, or where no parts are known."""
        if self._embedder is None:
            return {}
        parts = read_parts(self._database, [chunk.chunk_id for chunk in ranked])
        shares, nearest = self._embedder.match(query, list(parts.values()))
        if not len(shares):
            return {}
        return dict(zip(parts, map(float, told_of(shares, nearest, self._matching_floor())), strict=True))

    def _matching_floor(self) -> float:
        if self._parts_floor is None:
            self._parts_floor = matching_floor(self._embedder) if self._embedder else 0.0
        return self._parts_floor

    def _similarity_floor(self) -> float:
        if self._floor is None:
            self._floor = similarity_floor(self._embedder) if self._embedder else 0.0
        return self._floor

    def _stretches(self, passed: Sequence[Mapping[int, RankedChunk]], options: SearchOptions) -> list[assemble.Stretch]:
        """Return what is shown of the chunks that passed for each question; every question has the same room."""
        chosen = dict[int, StoredChunk]()
        best: dict[int, RankedChunk] = {}
        for ranked in passed:
            room = math.ceil(options.passages / len(passed))
            rows = assemble.choose(self._database, ranked, passages=room, per_document=options.per_document)
            chosen |= {row.id: row for row in rows}
            better = {id_: chunk for id_, chunk in ranked.items() if id_ not in best or chunk.score > best[id_].score}
            best |= better
        stretches = assemble.join_neighbours(
            self._database, list(chosen.values()), best, budget_tokens=options.budget_tokens
        )
        return assemble.in_reading_order(stretches)


def _relevant(found: _Ranking, options: SearchOptions) -> dict[int, RankedChunk]:
    """Return the chunks worth showing: none unless one is above the threshold."""
    if max((chunk.relevance for chunk in found.ranked), default=0.0) < found.threshold:
        return {}
    enough = found.threshold * options.company
    return {chunk.chunk_id: chunk for chunk in found.ranked if chunk.relevance >= enough}


def _by_one_leg(chunk: RankedChunk) -> RankedChunk:
    """Return the chunk ranked by the score of the leg that found it."""
    if chunk.vector is not None:
        return replace(chunk, score=chunk.vector.similarity)
    return replace(chunk, score=chunk.word.score if chunk.word else 0.0)
