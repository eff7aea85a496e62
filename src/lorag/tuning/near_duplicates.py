"""Texts that say nearly the same, found by MinHash (Broder 1997) with banding, and confirmed exactly."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

_SHINGLE = 4
_BANDS, _ROWS = 16, 4


def near_duplicates(
    texts: Sequence[str],
    *,
    similarity: float = 0.9,
    seed: int = 7,
    may_repeat: Callable[[int, int], bool] = lambda earlier, later: True,
) -> Iterator[tuple[int, int]]:
    """Yield ``(earlier, later)`` for each text whose shingles agree with an earlier one's.

    Similarity is the Jaccard index of the sets of 4-character shingles of the text in lower case without spaces.
    ``may_repeat`` is asked about each pair of positions first.
    With 16 bands of 4 rows a pair at 0.9 is missed once in 10 million, and every candidate is checked exactly.
    """
    shingled = [_shingles(text) for text in texts]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    generator = np.random.default_rng(seed)
    multipliers = generator.integers(0, 2**64, size=_BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
    offsets = generator.integers(0, 2**64, size=_BANDS * _ROWS, dtype=np.uint64)
    for later, shingles in enumerate(shingled):
        if not shingles:
            continue
        signature = _signature(shingles, multipliers, offsets)
        bands = [(band, signature[band * _ROWS : (band + 1) * _ROWS].tobytes()) for band in range(_BANDS)]
        candidates = sorted({earlier for band in bands for earlier in buckets[band]})
        twin = next(
            (
                earlier for earlier in candidates
                if may_repeat(earlier, later) and _jaccard(shingled[earlier], shingles) >= similarity
            ),
            None,
        )  # fmt: skip
        if twin is not None:
            yield twin, later
            continue
        for band in bands:
            buckets[band].append(later)


def _shingles(text: str) -> frozenset[int]:
    joined = "".join(text.lower().split())
    count = max(1, len(joined) - _SHINGLE + 1) if joined else 0
    return frozenset(zlib.crc32(joined[start : start + _SHINGLE].encode()) for start in range(count))


def _signature(
    shingles: frozenset[int], multipliers: npt.NDArray[np.uint64], offsets: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Return the smallest hash of the set under each of the hash functions: (bands × rows,)."""
    values = np.fromiter(shingles, dtype=np.uint64, count=len(shingles))
    # Modulo 2⁶⁴ by overflow; the high bits are the well mixed ones.
    hashed = (values[:, None] * multipliers + offsets) >> np.uint64(32)  # (shingles, bands × rows)
    return np.asarray(hashed.min(axis=0))


def _jaccard(first: frozenset[int], second: frozenset[int]) -> float:
    return len(first & second) / len(first | second)
