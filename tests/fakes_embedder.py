"""An embedder without weights: words that are equal give vectors that are near."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lorag.retrieval.embedders import EmbedderIdentity


class HashEmbedder:
    """Adds up one pseudo-random direction per word."""

    def __init__(self, *, name: str = "hash", dimensions: int = 64) -> None:
        self.identity = EmbedderIdentity(
            name=name, dimensions=dimensions, query_prefix="", passage_prefix="", fingerprint="1"
        )
        self.embedded: int = 0
        """Passages embedded so far."""

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text."""
        return self._rows(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text."""
        self.embedded += len(texts)
        return self._rows(texts)

    def embed_unrepeated(self, question: str, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the whole question for every text."""
        return np.repeat(self._rows([question]), len(texts), axis=0), np.zeros(len(texts), np.float32)

    def embed_with_parts(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[bytes]]:
        """Return one unit row per text, and nothing of its parts."""
        return self.embed_passages(texts), [b""] * len(texts)

    def match(self, question: str, parts: Sequence[bytes]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return nothing."""
        return np.empty(0, np.float32), np.empty((len(parts), 0), np.float32)

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [self._embed(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.identity.dimensions)

    def _embed(self, text: str) -> NDArray[np.float32]:
        total = np.zeros(self.identity.dimensions, dtype=np.float32)
        for word in text.lower().split():
            seed = int.from_bytes(hashlib.blake2b(f"{self.identity.name}:{word}".encode(), digest_size=8).digest())
            total += np.random.default_rng(seed).standard_normal(self.identity.dimensions, dtype=np.float32)
        return total / max(float(np.linalg.norm(total)), 1e-9)
