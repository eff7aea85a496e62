"""The word leg: SQLite finds candidates, rank_bm25 scores them as if it had indexed every chunk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Plus

from lorag.library import terms as term_index
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.library.meta import generation
from lorag.retrieval.postings import Postings, read_postings

Ids = NDArray[np.int64]

_MOST_REMEMBERED_TERMS = 50_000
_K1, _B = 1.5, 0.75


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """What BM25 has to know of all chunks to score a few."""

    chunks: int
    terms: int
    frequencies: Mapping[str, int]
    """How many chunks hold each term; terms that none holds are left out."""


@dataclass(frozen=True, slots=True)
class WordHit:
    """A chunk with words of the question."""

    chunk_id: int
    score: float
    """BM25, exactly as rank_bm25 gives it."""
    share: float
    """The score as a share of the largest one that this question could give, from 0 to 1."""
    coverage: float
    """Share of the question's information that the chunk's terms carry, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class WordSearch:
    """What the word leg found and why."""

    hits: tuple[WordHit, ...]
    """Best first."""
    others: tuple[WordHit, ...] = ()
    """Those of the chunks that were to be scored as well, found by something else, that hold a term of the question."""
    frequencies: Mapping[str, int] = field(default_factory=dict)
    """How many chunks hold each term of the question, 0 included."""
    anchors: tuple[str, ...] = ()
    """The terms that chose the candidates."""


class StoredBM25(BM25Plus):  # type: ignore[misc] # rank_bm25 has no types
    """``rank_bm25.BM25Plus`` over statistics that are stored elsewhere, with the candidates as its documents.

    The formula is rank_bm25's own: idf is ``log((N + 1) / df)``, positive in a library of any size, where BM25Okapi's
    turns zero or negative (docs/decisions/0011-bm25.md). Without the constant ``delta``, which in rank_bm25 is added
    to every document alike, a chunk without any term of the query scores zero.
    """

    def __init__(
        self, statistics: CorpusStatistics, counts: Sequence[Mapping[str, int]], lengths: Sequence[int]
    ) -> None:
        self.k1, self.b, self.delta = _K1, _B, 0
        self.corpus_size = statistics.chunks
        self.avgdl = statistics.terms / max(1, statistics.chunks)
        self.doc_freqs = list(counts)
        self.doc_len = list(lengths)
        self.idf: dict[str, float] = {}
        self._calc_idf(statistics.frequencies)

    def scores(self, query: Sequence[str]) -> list[float]:
        """Return the score of each candidate."""
        return [float(score) for score in self.get_batch_scores(query, list(range(len(self.doc_freqs))))]


def word_hits(
    query: Sequence[str],
    statistics: CorpusStatistics,
    counts: Mapping[int, Mapping[str, int]],
    lengths: Mapping[int, int],
) -> list[WordHit]:
    """Return those of the chunks that hold a term of the query, best first.

    Args:
        query: The terms, each once.
        statistics: Of all chunks.
        counts: How often each chunk to be scored holds each of the terms that it holds.
        lengths: How many terms each chunk has.
    """
    held = {chunk: found for chunk, found in counts.items() if found and chunk in lengths}
    bm25 = StoredBM25(statistics, list(held.values()), [lengths[chunk] for chunk in held])
    scores = bm25.scores(list(statistics.frequencies)) if held else []
    # A term that no chunk holds weighs as one that a single chunk holds.
    unseen = float(np.log(statistics.chunks + 1))
    information = sum(bm25.idf.get(term, unseen) for term in query)
    hits = [
        WordHit(
            chunk,
            score,
            share=score / ((_K1 + 1) * information) if information else 0.0,
            coverage=sum(bm25.idf[term] for term in found) / information if information else 0.0,
        )
        for (chunk, found), score in zip(held.items(), scores, strict=True)
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))


class WordLeg:
    """BM25 search over the library; remembers document frequencies until the library changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._generation = -1
        self._chunks = 0
        self._terms = 0
        self._frequencies: dict[str, int] = {}

    def search(
        self, query: Sequence[str], *, limit: int, allowed: Ids | None = None, also: Sequence[int] = ()
    ) -> WordSearch:
        """Return the best chunks for the terms of a question.

        Args:
            query: The terms; repeats count once.
            limit: How many chunks to find.
            allowed: The only chunks that may be found, sorted; None is all.
            also: Chunks to score too, because something else found them.
        """
        unique = tuple(dict.fromkeys(query))
        statistics = self._statistics(unique)
        shown = {term: statistics.frequencies.get(term, 0) for term in unique}
        if not statistics.frequencies:
            return WordSearch((), frequencies=shown)
        postings = read_postings(
            self._database, statistics.frequencies, chunks=statistics.chunks, limit=limit, allowed=allowed
        )
        idf = StoredBM25(statistics, [], []).idf
        found = postings.best(idf, limit=limit, allowed=allowed)
        chunks = np.union1d(found, np.asarray(also, dtype=np.int64))
        scored = self._scored(unique, statistics, postings, chunks)
        candidates = set(found.tolist())
        return WordSearch(
            hits=tuple(hit for hit in scored if hit.chunk_id in candidates),
            others=tuple(hit for hit in scored if hit.chunk_id not in candidates),
            frequencies=shown,
            anchors=postings.terms,
        )

    def _statistics(self, terms: Sequence[str]) -> CorpusStatistics:
        current = generation(self._database)
        if current != self._generation or len(self._frequencies) > _MOST_REMEMBERED_TERMS:
            size = corpus_size(self._database)
            self._chunks, self._terms, self._frequencies = size.chunks, size.terms, {}
            self._generation = current
        for term in terms:
            if term not in self._frequencies:
                self._frequencies[term] = term_index.document_frequency(self._database, term)
        found = {term: self._frequencies[term] for term in terms if self._frequencies[term]}
        return CorpusStatistics(self._chunks, self._terms, found)

    def _scored(
        self, query: Sequence[str], statistics: CorpusStatistics, postings: Postings, chunks: Ids
    ) -> list[WordHit]:
        """Return those of the chunks that hold a term of the query, best first."""
        lengths = term_index.term_totals(self._database, chunks.tolist())
        counts = self._counts(list(statistics.frequencies), postings, chunks)
        return word_hits(query, statistics, counts, lengths)

    def _counts(self, terms: Sequence[str], postings: Postings, chunks: Ids) -> dict[int, dict[str, int]]:
        """Return for each chunk how often it holds each of the terms that it holds."""
        counts: dict[int, dict[str, int]] = {int(chunk): {} for chunk in chunks}
        for term in postings.terms:
            found = postings.counts(term, chunks)
            for at in np.flatnonzero(found):
                counts[int(chunks[at])][term] = int(found[at])
        common = [term for term in terms if term not in postings.terms]
        anchored = [chunk for chunk, found in counts.items() if found]
        rest = [chunk for chunk, found in counts.items() if not found]
        numbers = term_index.count_terms(self._database, anchored, terms=common, anchors=postings.terms)
        numbers |= term_index.count_terms(self._database, rest, terms=common)
        for chunk, found_here in numbers.items():
            counts[chunk].update({term: n for term, n in zip(common, found_here, strict=True) if n})
        return counts
