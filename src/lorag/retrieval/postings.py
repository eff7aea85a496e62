"""Where the terms of one question stand: enough to choose candidates and to count most terms without asking again."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lorag.library import terms as term_index
from lorag.library.database import Database

Ids = NDArray[np.int64]

_READ = 5_000
"""How many occurrences of the rarest terms are read at least before common terms may be left out."""
_READ_SHARE = 0.05
"""The same as a share of all chunks, so that large libraries do not lose candidates."""


class Postings:
    """The chunks that hold each of the looked-up terms, and how often."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[Ids, NDArray[np.int64]]] = {}

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms that were looked up, the rarest first."""
        return tuple(self._places)

    def add(self, term: str, occurrences: Ids) -> Ids:
        """Take in one term, given as the chunk of each occurrence, and return its chunks."""
        self._places[term] = np.unique(occurrences, return_counts=True)
        return self._places[term][0]

    def counts(self, term: str, chunks: Ids) -> NDArray[np.int64]:
        """Return how often a looked-up term stands in each of the chunks."""
        where, counts = self._places[term]
        at = np.searchsorted(where, chunks)
        inside = np.minimum(at, len(where) - 1)
        return np.where(where[inside] == chunks, counts[inside], 0)

    def best(self, idf: Mapping[str, float], *, limit: int, allowed: Ids | None) -> Ids:
        """Return the chunks with the most BM25 weight as it would be at average length, sorted by id."""
        everywhere = np.concatenate([where for where, _ in self._places.values()])
        gains = np.concatenate([idf[term] * n * 2.5 / (n + 1.5) for term, (_, n) in self._places.items()])
        chunks, position = np.unique(everywhere, return_inverse=True)
        weights = np.bincount(position, gains, minlength=len(chunks))
        if allowed is not None:
            kept = np.isin(chunks, allowed, assume_unique=True)
            chunks, weights = chunks[kept], weights[kept]
        return np.sort(chunks[np.argsort(-weights, kind="stable")[:limit]])


def read_postings(
    database: Database, frequencies: Mapping[str, int], *, chunks: int, limit: int, allowed: Ids | None
) -> Postings:
    """Look up terms, the rarest first, until there are enough candidates.

    Common terms are looked up only while candidates are few: alone they cannot lift a chunk to the top.

    Args:
        database: The library.
        frequencies: How many chunks hold each term; none is zero.
        chunks: How many chunks the library has.
        limit: How many candidates are wanted.
        allowed: The chunks that may be found, sorted; None is all.
    """
    most = max(_READ, int(chunks * _READ_SHARE))
    postings = Postings()
    found: Sequence[Ids] = []
    read = enough = 0
    for term in sorted(frequencies, key=lambda term: (frequencies[term], term)):
        if enough >= limit and read + frequencies[term] > most:
            break
        occurrences = term_index.occurrences(database, term)
        where = postings.add(term, occurrences)
        read += len(occurrences)
        if enough < limit:
            found = [*found, where if allowed is None else where[np.isin(where, allowed, assume_unique=True)]]
            enough = len(np.unique(np.concatenate(found)))
    return postings
