"""Hard negatives: for every pair, passages that the model already takes for nearly right."""

from dataclasses import dataclass

import numpy as np
import torch
from embedder_bags import embed
from embedder_training import PairSet
from numpy.typing import NDArray
from torch.nn import functional

_ROWS_AT_ONCE = 2_048
_POOL = 60_000


@dataclass(frozen=True, slots=True)
class MiningOptions:
    """Which candidates become negatives."""

    candidates: int
    kept: int
    largest_share: float


def mine(
    vectors: torch.Tensor,
    data: PairSet,
    groups: list[NDArray[np.int64]],
    wanted: NDArray[np.int64],
    options: MiningOptions,
    seed: int,
) -> NDArray[np.int64]:
    """Return, for each of the ``wanted`` pairs, rows whose positives are wrong for it; -1 where there is none.

    ``groups`` are the pairs of one kind and language: a negative comes from the same group.
    """
    rng = np.random.default_rng(seed)
    mined = np.full((len(data.anchors), options.kept), -1, np.int64)
    for group in groups:
        # One row per text, and a random part of the large groups, whose best are hard enough.
        unique = group[np.unique(data.positive_keys[group], return_index=True)[1]]
        pool = rng.choice(unique, size=min(_POOL, len(unique)), replace=False)
        passages = functional.normalize(embed(vectors, data.positives.take(pool)), dim=1)
        asked = np.intersect1d(group, wanted)
        for start in range(0, len(asked), _ROWS_AT_ONCE):
            rows = asked[start : start + _ROWS_AT_ONCE]
            mined[rows] = _mine_rows(vectors, data, rows, (pool, passages), options)
    return mined


def _mine_rows(
    vectors: torch.Tensor,
    data: PairSet,
    rows: NDArray[np.int64],
    candidates: tuple[NDArray[np.int64], torch.Tensor],
    options: MiningOptions,
) -> NDArray[np.int64]:
    pool, passages = candidates
    anchors = functional.normalize(embed(vectors, data.anchors.take(rows)), dim=1)
    right = (anchors * functional.normalize(embed(vectors, data.positives.take(rows)), dim=1)).sum(dim=1)
    scores, best = (anchors @ passages.T).topk(min(options.candidates, len(pool)), dim=1)
    found = pool[best.cpu().numpy()]
    allowed = (scores < options.largest_share * right[:, None]).cpu().numpy()
    allowed &= data.positive_keys[found] != data.positive_keys[rows][:, None]
    # The nearest allowed ones first; rows that have fewer are filled with -1.
    order = np.argsort(~allowed, axis=1, kind="stable")[:, : options.kept]
    chosen = np.where(np.take_along_axis(allowed, order, axis=1), np.take_along_axis(found, order, axis=1), -1)
    return np.pad(chosen, ((0, 0), (0, options.kept - chosen.shape[1])), constant_values=-1)
