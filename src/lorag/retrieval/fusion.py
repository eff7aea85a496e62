"""One ranking from two: both scores are brought to one scale, from 0 to 1, and added.

Ranks alone lose what matters most: a question in another language finds a few stray words, and reciprocal rank fusion
trusts the best of them as much as the nearest meaning (docs/decisions/0010-fusion.md has the figures).
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from lorag.retrieval.bm25 import WordHit
from lorag.retrieval.nearest import VectorHit


@dataclass(frozen=True, slots=True)
class FusionOptions:
    """How the two legs are weighed; the defaults were chosen on the dev splits of the corpus."""

    vector_weight: float = 0.5
    floor: float = 0.0
    """Cosine similarity of texts that have nothing to do with each other, which depends on the embedder."""
    unknown_similarity: float = 0.3
    """What a chunk without a vector counts with: a little, so that words alone can be relevant enough."""


@dataclass(frozen=True, slots=True)
class RankedChunk:
    """A chunk with what each leg says of it."""

    chunk_id: int
    score: float
    """What it is ranked by: relevance when both legs are used, else the score of the one leg."""
    relevance: float = 0.0
    """From 0 to 1, comparable between questions."""
    word: WordHit | None = None
    """None when it holds no term of the question."""
    word_rank: int | None = None
    """1 for the best; None when only the other leg found it."""
    vector: VectorHit | None = None
    vector_rank: int | None = None


def fuse(
    words: Sequence[WordHit],
    vectors: Sequence[VectorHit],
    options: FusionOptions,
    *,
    other_words: Iterable[WordHit] = (),
    other_vectors: Iterable[VectorHit] = (),
) -> list[RankedChunk]:
    """Return all chunks of both rankings, best first.

    Args:
        words: What the word leg found, best first.
        vectors: What the vector leg found, best first.
        options: The weights.
        other_words: What the word leg says of chunks that it did not find, or found too late in its ranking.
        other_vectors: The same of the vector leg.
    """
    word_hits = {hit.chunk_id: hit for hit in itertools.chain(words, other_words)}
    vector_hits = {hit.chunk_id: hit for hit in itertools.chain(vectors, other_vectors)}
    word_ranks = {hit.chunk_id: rank for rank, hit in enumerate(words, start=1)}
    vector_ranks = {hit.chunk_id: rank for rank, hit in enumerate(vectors, start=1)}
    ranked = []
    for chunk in word_ranks.keys() | vector_ranks.keys():
        word, vector = word_hits.get(chunk), vector_hits.get(chunk)
        score = relevance(word, vector, options)
        ranked.append(RankedChunk(chunk, score, score, word, word_ranks.get(chunk), vector, vector_ranks.get(chunk)))
    return sorted(ranked, key=lambda chunk: (-chunk.score, chunk.chunk_id))


def relevance(word: WordHit | None, vector: VectorHit | None, options: FusionOptions) -> float:
    """Return how well a chunk answers, from 0 to 1."""
    # Coverage counts three times: half of a question's words by chance must not outweigh a near meaning.
    by_words = sqrt(min(word.share, 1.0)) * word.coverage**3 if word else 0.0
    similarity = (
        options.unknown_similarity if vector is None else (vector.similarity - options.floor) / (1 - options.floor)
    )
    return (1 - options.vector_weight) * by_words + options.vector_weight * min(1.0, max(0.0, similarity))
