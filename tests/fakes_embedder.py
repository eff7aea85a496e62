"""An embedder without weights: texts that share pieces of words get near vectors, the same in every process."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lorag.retrieval.embedders import EmbedderIdentity

DIMENSIONS = 64


class HashEmbedder:
    """Sums one pseudo-random direction per three-letter piece."""

    def __init__(self, name: str = "hash") -> None:
        self.identity = EmbedderIdentity(name, DIMENSIONS, "", "", fingerprint=f"{name}-1")

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text, zeros for an empty one."""
        return np.stack([_embed(text) for text in texts]) if texts else np.empty((0, DIMENSIONS), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the same as ``embed_queries``."""
        return self.embed_queries(texts)


def _embed(text: str) -> NDArray[np.float32]:
    plain = " ".join(text.lower().split())
    pieces = [plain[i : i + 3] for i in range(max(1, len(plain) - 2))] if plain else []
    total = np.zeros(DIMENSIONS, dtype=np.float32)
    for piece in pieces:
        bits = np.frombuffer(hashlib.sha256(piece.encode()).digest()[: DIMENSIONS // 8], dtype=np.uint8)
        total += np.unpackbits(bits).astype(np.float32) * 2 - 1
    length = float(np.linalg.norm(total))
    return total / length if length else total
