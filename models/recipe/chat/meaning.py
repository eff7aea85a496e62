"""What sentences and questions mean, as the built-in embedder has it: vectors that the network learns to tell.

A mark at the end of a sentence says in one bit whether it answers. A vector says in many numbers what it is about, of every
sentence that is read (distillation, Hinton et al. 2015): docs/decisions/0084-meaning-and-depth.md.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chat.examples import Example
from lorag.retrieval.embedders import open_embedder

DIMENSIONS: Final = 64
"""The first of an embedder's dimensions hold most of what it knows (Kusupati et al. 2022, Matryoshka)."""


class Meanings:
    """Looks up what the numbered sentences of an example mean, and its question."""

    def __init__(self) -> None:
        self._embedder = open_embedder("builtin")

    def of(self, example: Example) -> NDArray[np.float32]:
        """Return unit vectors (sentences + 1, ``DIMENSIONS``), the question's last; none where no sentence is numbered."""
        if not example.sentences:
            return nothing_meant()
        question = example.messages[-2][1].split("\n\n", 1)[0]
        vectors: NDArray[Any] = np.concatenate(
            [self._embedder.embed_passages(example.sentences), self._embedder.embed_queries([question])]
        )[:, :DIMENSIONS]
        # A text of unknown words alone has no direction.
        return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)).astype(np.float32)


def nothing_meant() -> NDArray[np.float32]:
    """Return what an example without numbered sentences means here."""
    return np.zeros((0, DIMENSIONS), dtype=np.float32)
