"""One ranking from two: both scores are brought to one scale, from 0 to 1, and added; parts of the question settle the order.

Ranks alone lose what matters most: a question in another language finds a few stray words, and reciprocal rank fusion
trusts the best of them as much as the nearest meaning (docs/decisions/0010-fusion.md has the figures).
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import fmean
from typing import Final

import numpy as np

from lorag.retrieval.bm25 import WordHit
from lorag.retrieval.nearest import VectorHit
from lorag.retrieval.static_vectors import FloatMatrix

TOLD_POINTS: Final = 0.4
"""Points of relevance by which a chunk comes earlier that tells all of the question (docs/decisions/0095-searched-token-by-token.md)."""


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
    """Relevance when both legs are used, else the score of the one leg."""
    relevance: float = 0.0
    """From 0 to 1, comparable between questions."""
    word: WordHit | None = None
    """None when it holds no term of the question."""
    word_rank: int | None = None
    """1 for the best; None when only the other leg found it."""
    vector: VectorHit | None = None
    vector_rank: int | None = None
    told: float | None = None
    """How much of the question it tells part by part, from 0 to 1; None when it was not compared."""

    @property
    def order(self) -> float:
        """What it is ranked by."""
        return self.score + TOLD_POINTS * (self.told or 0.0)


def best_first(ranked: Iterable[RankedChunk]) -> list[RankedChunk]:
    """Return the chunks in their order; equal ones by their ids."""
    return sorted(ranked, key=lambda chunk: (-chunk.order, chunk.chunk_id))


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
    return best_first(ranked)


def told_of(shares: FloatMatrix, nearest: FloatMatrix, floor: float) -> FloatMatrix:
    """Return how much of a question each text tells, (texts,), from 0 to 1 (Khattab and Zaharia, ColBERT, SIGIR 2020).

    The root is taken of how near the text comes to a part: many parts told by half are more than half of them told.

    Args:
        shares: What share each part of the question has in it, (parts,).
        nearest: How near each text comes to each part, (texts, parts).
        floor: How near unrelated texts come.
    """
    told: FloatMatrix = np.sqrt(np.clip((nearest - floor) / (1 - floor), 0.0, 1.0)) @ shares
    return told


def with_told(ranked: Sequence[RankedChunk], told: Mapping[int, float]) -> list[RankedChunk]:
    """Return the chunks, best first, with how much of the question each tells; where it is not known, the mean of the others."""
    if not told:
        return list(ranked)
    unknown = fmean(told.values())
    return best_first(replace(chunk, told=told.get(chunk.chunk_id, unknown)) for chunk in ranked)


def relevance(word: WordHit | None, vector: VectorHit | None, options: FusionOptions) -> float:
    """Return how well a chunk answers, from 0 to 1."""
    # Coverage counts three times: half of a question's words by chance must not outweigh a near meaning.
    by_words = sqrt(min(word.share, 1.0)) * word.coverage**3 if word else 0.0
    similarity = (
        options.unknown_similarity if vector is None else (vector.similarity - options.floor) / (1 - options.floor)
    )
    return (1 - options.vector_weight) * by_words + options.vector_weight * min(1.0, max(0.0, similarity))
