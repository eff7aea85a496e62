"""One ranking from two: reciprocal rank fusion needs no common scale of scores (Cormack et al. 2009)."""

from collections.abc import Sequence
from dataclasses import dataclass

from lorag.retrieval.bm25 import WordHit
from lorag.retrieval.nearest import VectorHit


@dataclass(frozen=True, slots=True)
class FusionOptions:
    """How the two legs are weighed."""

    rank_constant: float = 60.0
    """Larger makes the difference between the first ranks smaller."""
    word_weight: float = 1.0
    vector_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class RankedChunk:
    """A chunk with what each leg says of it."""

    chunk_id: int
    score: float
    word: WordHit | None = None
    word_rank: int | None = None
    """1 for the best."""
    vector: VectorHit | None = None
    vector_rank: int | None = None


def fuse(words: Sequence[WordHit], vectors: Sequence[VectorHit], options: FusionOptions) -> list[RankedChunk]:
    """Return all chunks of both rankings, best first."""
    by_word = {hit.chunk_id: (rank, hit) for rank, hit in enumerate(words, start=1)}
    by_vector = {hit.chunk_id: (rank, hit) for rank, hit in enumerate(vectors, start=1)}
    ranked = []
    for chunk in by_word.keys() | by_vector.keys():
        word_rank, word = by_word.get(chunk, (None, None))
        vector_rank, vector = by_vector.get(chunk, (None, None))
        score = _share(word_rank, options.word_weight, options) + _share(vector_rank, options.vector_weight, options)
        ranked.append(RankedChunk(chunk, score, word, word_rank, vector, vector_rank))
    return sorted(ranked, key=lambda chunk: (-chunk.score, chunk.chunk_id))


def _share(rank: int | None, weight: float, options: FusionOptions) -> float:
    return 0.0 if rank is None else weight / (options.rank_constant + rank)
