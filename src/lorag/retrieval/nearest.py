"""The vector leg: the first search asks sqlite-vec, later ones a matrix in memory; both end in exact similarities.

A command that searches once must not read every vector of the library; a chat that searches often must not pay
sqlite-vec's scan each time (docs/decisions/0012-vectors.md has the figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lorag.library import vectors as vector_index
from lorag.library.database import Database
from lorag.library.meta import generation

_COARSE_PER_HIT = 16
_FEWEST_COARSE = 512
_COARSE_SHARE = 0.02
_MOST_COARSE = 3_500
"""sqlite-vec looks for 4,096 neighbours at most, and those of deleted chunks come on top."""
_MOST_BYTES = 512 * 2**20
"""A matrix larger than this stays on disk and every search asks sqlite-vec."""
_READ_AT_ONCE = 20_000

Ids = NDArray[np.int64]
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VectorHit:
    """A chunk found by its meaning."""

    chunk_id: int
    similarity: float
    """Cosine of the angle between question and chunk."""


class VectorLeg:
    """Nearest chunks to a question's vector; follows the library as it changes."""

    def __init__(self, database: Database, *, most_bytes: int = _MOST_BYTES) -> None:
        self._database = database
        self._most_bytes = most_bytes
        self._searches = 0
        self._generation = -1
        self._epoch = -1
        self._count = 0
        self._counted_generation = -1
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._matrix: Matrix = np.empty((0, 0), dtype=np.float32)

    def search(self, vector: Matrix, *, limit: int, allowed: Ids | None = None) -> list[VectorHit]:
        """Return the nearest chunks, best first, only ``allowed`` ones (sorted ids) when given."""
        self._searches += 1
        if self._searches == 1 or self._stays_on_disk(len(vector)):
            hits = self._ask_index(vector, limit=limit, allowed=allowed)
            if hits is not None:
                return hits
        self._refresh()
        return self._ask_matrix(vector, limit=limit, allowed=allowed)

    def similarities(self, vector: Matrix, chunk_ids: Sequence[int]) -> list[VectorHit]:
        """Return how near these chunks are, in the order of their ids; those without a vector are left out."""
        ids, matrix = vector_index.read_vectors(self._database, chunk_ids)
        return (
            [VectorHit(int(chunk), float(value)) for chunk, value in zip(ids, matrix @ vector, strict=True)]
            if len(ids)
            else []
        )

    def _stays_on_disk(self, dimensions: int) -> bool:
        """Tell whether the vectors are too many for memory; counting them costs more than searching a few."""
        current = generation(self._database)
        if current != self._counted_generation:
            self._count, self._counted_generation = vector_index.count_vectors(self._database), current
        return self._count * dimensions * 4 > self._most_bytes

    def _ask_index(self, vector: Matrix, *, limit: int, allowed: Ids | None) -> list[VectorHit] | None:
        """Rescore sqlite-vec's coarse neighbours exactly; None when it cannot be asked."""
        share = int(vector_index.count_vectors(self._database) * _COARSE_SHARE)
        count = min(_MOST_COARSE, max(_FEWEST_COARSE, limit * _COARSE_PER_HIT, share))
        coarse = vector_index.nearest_by_sign(self._database, vector, count=count, allowed=allowed)
        if coarse is None:
            return None
        ids, matrix = vector_index.read_vectors(self._database, coarse)
        return _best(ids, matrix @ vector, limit) if len(ids) else []

    def _ask_matrix(self, vector: Matrix, *, limit: int, allowed: Ids | None) -> list[VectorHit]:
        if not len(self._ids):
            return []
        similarities = self._matrix @ vector
        if allowed is None:
            return _best(self._ids, similarities, limit)
        kept = np.isin(self._ids, allowed, assume_unique=True)
        return _best(self._ids[kept], similarities[kept], limit)

    def _refresh(self) -> None:
        """Bring the matrix up to date, reading only the vectors that are new."""
        current, epoch = generation(self._database), vector_index.vector_epoch(self._database)
        if current == self._generation:
            return
        stored = vector_index.vector_ids(self._database)
        same_epoch = epoch == self._epoch
        kept = np.isin(self._ids, stored, assume_unique=True) if same_epoch else np.zeros(len(self._ids), dtype=bool)
        new = np.setdiff1d(stored, self._ids[kept], assume_unique=True)
        if len(new) or not kept.all():
            self._merge(kept, new)
        self._generation, self._epoch = current, epoch

    def _merge(self, kept: NDArray[np.bool_], new: Ids) -> None:
        ids, blocks = [self._ids[kept]], [self._matrix[kept]]
        for start in range(0, len(new), _READ_AT_ONCE):
            found, block = vector_index.read_vectors(self._database, new[start : start + _READ_AT_ONCE])
            ids.append(found)
            blocks.append(block)
        self._ids = np.concatenate(ids)
        self._matrix = np.concatenate([block for block in blocks if len(block)] or [self._matrix[:0]])


def _best(ids: Ids, similarities: NDArray[np.float32], limit: int) -> list[VectorHit]:
    """Return the most similar, best first; equal ones in the order of their ids."""
    limit = min(limit, len(ids))
    if limit == 0:
        return []
    top = np.argpartition(-similarities, limit - 1)[:limit]
    order = top[np.lexsort((ids[top], -similarities[top]))]
    return [VectorHit(int(ids[i]), float(similarities[i])) for i in order]
