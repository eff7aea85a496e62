"""How well a ranking finds the right documents; relevance is yes or no."""

import math
from collections.abc import Collection, Sequence


def recall_at(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the share of the relevant that stands in the first ``k``."""
    return len(set(ranking[:k]) & set(relevant)) / len(set(relevant)) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Collection[str]) -> float:
    """Return 1 over the rank of the first relevant one; 0 when there is none."""
    return next((1 / rank for rank, name in enumerate(ranking, 1) if name in relevant), 0.0)


def ndcg_at(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the normalised discounted cumulative gain of the first ``k`` (Järvelin and Kekäläinen 2002)."""
    seen: set[str] = set()
    gain = 0.0
    for rank, name in enumerate(ranking[:k], 1):
        if name in relevant and name not in seen:
            gain += 1 / math.log2(rank + 1)
            seen.add(name)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(set(relevant))) + 1))
    return gain / ideal if ideal else 0.0
