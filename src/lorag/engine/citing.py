"""Leans an answer towards citing, and among numbered sentences, by what is known from elsewhere than the model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lorag.engine.model import LlamaVocabulary


class CitationBias:
    """Added to the logit of ``[`` where an answer begins, and to those of the numbers where a line begins with ``[``."""

    def __init__(self, vocabulary: LlamaVocabulary, numbers: Sequence[float] = (), citing: float = 0.0) -> None:
        """Take what to add (nats) to number ``i + 1`` at index ``i``; what is several tokens stays as it is."""
        texts = [str(number) for number in range(1, len(numbers) + 1)]
        self._numbers = _Addend(vocabulary, texts, numbers)
        self._opening = _Addend(vocabulary, ["["], [citing])
        self._said = b""

    def apply(self, logits: NDArray[Any]) -> None:
        """Change the logits of the next token, (vocabulary,), in place."""
        if not self._said:
            self._opening.add_to(logits)
        elif self._said.rpartition(b"\n")[2] == b"[":
            self._numbers.add_to(logits)

    def follow(self, piece: bytes) -> None:
        """Take note of what the answer goes on with."""
        self._said += piece


class _Addend:
    def __init__(self, vocabulary: LlamaVocabulary, texts: Sequence[str], values: Sequence[float]) -> None:
        tokens = [vocabulary.plain_tokens(text) for text in texts]
        single = [(token[0], value) for token, value in zip(tokens, values, strict=True) if len(token) == 1]
        self._tokens = np.array([token for token, _ in single], dtype=np.int64)
        self._values = np.array([value for _, value in single], dtype=np.float32)

    def add_to(self, logits: NDArray[Any]) -> None:
        logits[self._tokens] += self._values
