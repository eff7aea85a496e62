"""Token ids of many texts, and what their vectors come to together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Bags:
    """Token ids of many texts, one after the other."""

    ids: Ids
    starts: NDArray[np.int64]
    """Where each text begins, and the end of the last: one more entry than texts."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: NDArray[np.int64]) -> "Bags":
        """Return the chosen texts."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Bags(self.ids[positions], starts)

    def unrepeated(self, other: "Bags", chosen: NDArray[np.bool_]) -> "Bags":
        """Return the texts, the ``chosen`` ones without the tokens that the same text of ``other`` holds, as far as any are left."""
        rows, others = (np.repeat(np.arange(len(bags)), np.diff(bags.starts)) for bags in (self, other))
        size = 1 + max(self.ids.max(initial=0), other.ids.max(initial=0))
        alone = ~np.isin(rows * size + self.ids, others * size + other.ids)
        left = np.bincount(rows[alone], minlength=len(self)) > 0
        kept = alone | ~(chosen & left)[rows]
        before = np.concatenate([[0], np.cumsum(kept)])
        return Bags(self.ids[kept], before[self.starts])

    def dropped(self, probability: float, rng: np.random.Generator) -> "Bags":
        """Return the texts with tokens left out at random, so that no single word carries a pair."""
        kept = rng.random(len(self.ids)) >= probability
        before = np.concatenate([[0], np.cumsum(kept)])
        return Bags(self.ids[kept], before[self.starts])


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> Bags:
    """Tokenise texts."""
    pieces: list[Ids] = []
    for start in range(0, len(texts), 20_000):
        batch = tokenizer.encode_batch_fast(list(texts[start : start + 20_000]), add_special_tokens=False)
        pieces.extend(np.asarray(encoding.ids, np.int32) for encoding in batch)
    lengths = np.fromiter((len(piece) for piece in pieces), np.int64, len(pieces))
    return Bags(np.concatenate([*pieces, np.empty(0, np.int32)]), np.concatenate([[0], np.cumsum(lengths)]))


def embed(vectors: torch.Tensor, bags: Bags) -> torch.Tensor:
    """Sum the token vectors of each text; their mean has the same direction."""
    ids = torch.from_numpy(bags.ids).to(vectors.device, torch.long)
    starts = torch.from_numpy(bags.starts[:-1]).to(vectors.device)
    return functional.embedding_bag(ids, vectors, starts, mode="sum")


def encode_unit(vectors: torch.Tensor, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed texts as rows of unit length."""
    with torch.no_grad():
        return functional.normalize(embed(vectors, encode(tokenizer, texts)), dim=1).numpy()
