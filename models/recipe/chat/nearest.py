"""Passages that mislead as a search would: near the question in meaning, by the built-in embedder."""

import random
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chat.pools import Gold
from lorag.chat.weighing import MEANING_WEIGHT, TOLD_WEIGHT
from lorag.retrieval.embedders import Embedder, open_embedder

_NEAREST: Final = 40
_SURELY_WORSE: Final = 0.95
"""What is nearer than this share of the right passage's similarity may well answer too (Moreira et al. 2024, NV-Retriever)."""
_MOST: Final = 60_000
"""Passages that are searched: enough to find near ones, few enough to find them while a batch is drawn."""
_AT_ONCE: Final = 4096


class NearPassages:
    """Finds passages by the similarity of their vectors."""

    def __init__(self, passages: Sequence[Gold]) -> None:
        passages = passages[:: 1 + len(passages) // _MOST]
        self._passages = passages
        parts = [
            _embedder().embed_passages([_text(gold) for gold in passages[start : start + _AT_ONCE]])
            for start in range(0, len(passages), _AT_ONCE)
        ]
        self._vectors = np.concatenate(parts)
        self._asked: tuple[Gold, list[int]] | None = None

    def misleading(self, gold: Gold, rng: random.Random) -> Gold | None:
        """Return one of the passages nearest to a question that are less near than the one that answers it."""
        if self._asked is None or self._asked[0] is not gold:
            self._asked = (gold, self._found(gold))
        found = self._asked[1]
        return self._passages[rng.choice(found)] if found else None

    def _found(self, gold: Gold) -> list[int]:
        question = _embedder().embed_queries([gold.question])[0]
        right = float(_embedder().embed_passages([_text(gold)])[0] @ question)
        similarities = self._vectors @ question
        similarities[similarities >= _SURELY_WORSE * right] = -1.0
        count = min(_NEAREST, len(similarities) - 1)
        nearest = np.argpartition(-similarities, count)[:count]
        return [int(index) for index in sorted(nearest) if similarities[index] > 0]


def _text(gold: Gold) -> str:
    return "\n".join(part for part in (gold.header, *gold.sentences[:8]) if part)


def nearness(question: str, sentences: Sequence[str]) -> NDArray[np.float32]:
    """Return how near each sentence is to a question, as the chat weighs what it means and tells of it."""
    told, parts = _embedder().embed_with_parts(sentences)
    unrepeated, repeated = _embedder().embed_unrepeated(question, sentences)
    meant: NDArray[np.float32] = (told * unrepeated).sum(axis=1) * (1 - repeated)
    shares, nearest = _embedder().match(question, parts)
    return MEANING_WEIGHT * meant + TOLD_WEIGHT * (nearest @ shares)


@cache
def _embedder() -> Embedder:
    return open_embedder("builtin")
