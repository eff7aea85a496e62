"""What relevance is enough: more in a large library, where the best of many unrelated chunks comes nearer by chance."""

from math import log10

_FEWEST_CHUNKS = 10


def threshold_for(threshold: float, chunks: int) -> float:
    """Return the threshold for a search among this many chunks, given the one that is right for 10,000 chunks.

    The best relevance among unrelated chunks grows with the logarithm of their number: a fifth of it with each factor
    of ten, as measured from 30 to 10,000 chunks (docs/decisions/0010-fusion.md).
    """
    return threshold * (1 + log10(max(chunks, _FEWEST_CHUNKS))) / 5
