"""Late interaction of token vectors: each token of one text is compared with the nearest token of the other.

Khattab and Zaharia, ColBERT, SIGIR 2020, but the tokens know nothing of each other; a token counts by its length.
"""

from collections.abc import Sequence

import numpy as np
import torch
from embedder_bags import Bags, encode
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

_QUERIES_AT_ONCE = 64


def late_scores(vectors: torch.Tensor, anchors: Bags, positives: Bags) -> torch.Tensor:
    """Return how near each positive comes to the tokens of each anchor, (anchors, positives): 1 tells all of it."""
    asked, said = _padded(anchors, vectors.device), _padded(positives, vectors.device)
    left, right = vectors[asked.clamp_min(0)], functional.normalize(vectors[said.clamp_min(0)], dim=2)
    lengths = left.norm(dim=2) * (asked >= 0)  # (anchors, tokens)
    shares = lengths / lengths.sum(dim=1, keepdim=True).clamp_min(1e-9)
    cosines = functional.normalize(left, dim=2).flatten(0, 1) @ right.flatten(0, 1).T
    cosines = cosines.unflatten(1, said.shape).masked_fill(said < 0, -1.0)
    nearest = cosines.amax(dim=2).unflatten(0, asked.shape)  # (anchors, tokens, positives)
    return (nearest * shares[:, :, None]).sum(dim=1)


def cut(bags: Bags, longest: int, rng: np.random.Generator) -> Bags:
    """Return the texts, of those longer than ``longest`` tokens a stretch of that many from anywhere."""
    lengths = np.diff(bags.starts)
    kept = np.minimum(lengths, longest)
    offsets = rng.integers(0, lengths - kept + 1)
    starts = np.concatenate([[0], np.cumsum(kept)])
    positions = np.arange(starts[-1]) + np.repeat(bags.starts[:-1] + offsets - starts[:-1], kept)
    return Bags(bags.ids[positions], starts)


def compare_texts(
    vectors: torch.Tensor, tokenizer: Tokenizer, queries: Sequence[str], passages: Sequence[str]
) -> NDArray[np.float32]:
    """Return (queries, passages) late scores of short texts."""
    asked, said = encode(tokenizer, queries), encode(tokenizer, passages)
    parts = [
        np.arange(start, min(start + _QUERIES_AT_ONCE, len(asked))) for start in range(0, len(asked), _QUERIES_AT_ONCE)
    ]
    with torch.no_grad():
        return torch.cat([late_scores(vectors, asked.take(part), said) for part in parts]).cpu().numpy()


def _padded(bags: Bags, device: torch.device) -> torch.Tensor:
    """Return (texts, tokens) ids; -1 fills up."""
    lengths = np.diff(bags.starts)
    places = np.arange(max(1, lengths.max(initial=0)))[None, :] < lengths[:, None]
    ids = np.full(places.shape, -1, np.int64)
    ids[places] = bags.ids
    return torch.from_numpy(ids).to(device)
