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

_MOST_REMEMBERED_TERMS = 50_000
_POSTINGS_READ = 5_000
"""How many occurrences of the rarest terms are read at least before common terms may be left out of the candidates."""
_POSTINGS_SHARE = 0.05
"""The same as a share of all chunks, so that large libraries do not lose candidates."""


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """What BM25 has to know of all chunks to score a few."""

    chunks: int
    terms: int
    frequencies: Mapping[str, int]
    """How many chunks hold each term; terms that none holds are left out."""


@dataclass(frozen=True, slots=True)
class WordHit:
    """A chunk found by its words."""

    chunk_id: int
    score: float
    coverage: float
    """Share of the query's information that the chunk's terms carry, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class WordSearch:
    """What the word leg found and why."""

    hits: tuple[WordHit, ...]
    """Best first."""
    frequencies: Mapping[str, int] = field(default_factory=dict)
    """How many chunks hold each term of the query, 0 included."""
    anchors: tuple[str, ...] = ()
    """The terms that chose the candidates."""
    candidates: int = 0


class StoredBM25(BM25Plus):  # type: ignore[misc] # rank_bm25 has no types
    """``rank_bm25.BM25Plus`` over statistics that are stored elsewhere, with the candidates as its documents.

    The formula is rank_bm25's own: idf is ``log((N + 1) / df)``, positive in a library of any size, where BM25Okapi's
    turns zero or negative (docs/decisions/0005-bm25.md). Without the constant ``delta``, which in rank_bm25 is added
    to every document alike, a chunk without any term of the query scores zero.
    """

    def __init__(
        self, statistics: CorpusStatistics, counts: Sequence[Mapping[str, int]], lengths: Sequence[int]
    ) -> None:
        self.k1, self.b, self.delta = 1.5, 0.75, 0
        self.corpus_size = statistics.chunks
        self.avgdl = statistics.terms / max(1, statistics.chunks)
        self.doc_freqs = list(counts)
        self.doc_len = list(lengths)
        self.idf: dict[str, float] = {}
        self._calc_idf(statistics.frequencies)

    def scores(self, query: Sequence[str]) -> list[float]:
        """Return the score of each candidate."""
        return [float(score) for score in self.get_batch_scores(query, list(range(len(self.doc_freqs))))]


class WordLeg:
    """BM25 search over the library; remembers document frequencies until the library changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._generation = -1
        self._chunks = 0
        self._terms = 0
        self._frequencies: dict[str, int] = {}

    def search(self, query: Sequence[str], *, limit: int, allowed: NDArray[np.int64] | None = None) -> WordSearch:
        """Return the best chunks for the terms of a question, only ``allowed`` ones (sorted ids) when given."""
        unique = tuple(dict.fromkeys(query))
        statistics = self._statistics(unique)
        shown = {term: statistics.frequencies.get(term, 0) for term in unique}
        known = sorted(statistics.frequencies, key=statistics.frequencies.__getitem__)
        if not known:
            return WordSearch((), shown)
        anchors, candidates = self._candidates(known, statistics, limit=limit, allowed=allowed)
        hits = self._scored(unique, statistics, anchors, candidates)
        return WordSearch(tuple(hits), shown, tuple(anchors), len(candidates))

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

    def _candidates(
        self,
        rarest_first: Sequence[str],
        statistics: CorpusStatistics,
        *,
        limit: int,
        allowed: NDArray[np.int64] | None,
    ) -> tuple[list[str], list[int]]:
        """Return the terms that were looked up and the chunks that hold the most of their information.

        Common terms are looked up only while there are too few candidates: alone they cannot lift a chunk to the top.
        """
        most = max(_POSTINGS_READ, int(statistics.chunks * _POSTINGS_SHARE))
        anchors: list[str] = []
        found = np.empty(0, dtype=np.int64)
        weights = np.empty(0)
        read = 0
        for term in rarest_first:
            if anchors and len(found) >= limit and read + statistics.frequencies[term] > most:
                break
            where = term_index.occurrences(self._database, term)
            read += len(where)
            anchors.append(term)
            found, weights = _add_evidence(found, weights, where, statistics, term, allowed)
        best = np.argsort(-weights, kind="stable")[:limit]
        return anchors, [int(chunk) for chunk in np.sort(found[best])]

    def _scored(
        self, query: Sequence[str], statistics: CorpusStatistics, anchors: Sequence[str], candidates: Sequence[int]
    ) -> list[WordHit]:
        known = list(statistics.frequencies)
        counted = term_index.count_terms(self._database, candidates, anchors=anchors, terms=known)
        lengths = term_index.term_totals(self._database, list(counted))
        chunks = [chunk for chunk in counted if chunk in lengths]
        counts = [{term: n for term, n in zip(known, counted[chunk], strict=True) if n} for chunk in chunks]
        bm25 = StoredBM25(statistics, counts, [lengths[chunk] for chunk in chunks])
        coverage = _coverage(query, statistics, bm25, counts)
        hits = [WordHit(*hit) for hit in zip(chunks, bm25.scores(known), coverage, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))


def _add_evidence(
    found: NDArray[np.int64],
    weights: NDArray[np.float64],
    where: NDArray[np.int64],
    statistics: CorpusStatistics,
    term: str,
    allowed: NDArray[np.int64] | None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Add one term's BM25 weight, at average length, to the chunks that hold it."""
    chunks, counts = np.unique(where, return_counts=True)
    if allowed is not None:
        kept = np.isin(chunks, allowed, assume_unique=True)
        chunks, counts = chunks[kept], counts[kept]
    gain = np.log((statistics.chunks + 1) / statistics.frequencies[term]) * counts * 2.5 / (counts + 1.5)
    merged, position = np.unique(np.concatenate([found, chunks]), return_inverse=True)
    summed = np.bincount(position, np.concatenate([weights, gain]), minlength=len(merged))
    return merged, summed.astype(np.float64)


def _coverage(
    query: Sequence[str], statistics: CorpusStatistics, bm25: StoredBM25, counts: Sequence[Mapping[str, int]]
) -> list[float]:
    """Return for each candidate the share of the query's idf that its terms carry; unseen terms weigh as the rarest."""
    unseen = float(np.log(statistics.chunks + 1))
    total = sum(bm25.idf.get(term, unseen) for term in query)
    return [sum(bm25.idf[term] for term in found) / total if total else 0.0 for found in counts]
