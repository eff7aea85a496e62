"""Whether a difference is more than luck: bootstrap intervals and a paired test."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it lies in 95 of 100 resamples."""

    mean: float
    low: float
    high: float


def bootstrap(scores: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the mean with its 95 % percentile bootstrap interval (Efron 1979).

    Raises:
        ValueError: There are no scores.
    """
    if not scores:
        raise ValueError("no scores to resample")
    values = np.asarray(scores, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(values), size=(_SAMPLES, len(values)))
    means = values[picks].mean(axis=1)  # (samples,)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def paired_p_value(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> float:
    """Return the two-sided p-value of a paired randomisation test on the mean difference (Noreen 1989).

    It is exact where all exchanges can be gone through, and drawn where there are too many.

    Raises:
        ValueError: The two are not of the same length.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} scores cannot be paired with {len(second)}")
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    differences = differences[differences != 0]  # exchanging equal scores changes nothing
    if not len(differences):
        return 1.0
    exact = 2 ** len(differences) <= _SAMPLES
    if exact:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(differences))))
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(_SAMPLES, len(differences)))
    extreme = np.abs((signs * differences).sum(axis=1)) >= abs(differences.sum()) - 1e-12
    return float(extreme.mean() if exact else (extreme.sum() + 1) / (_SAMPLES + 1))


def smallest_p_value(pairs: int, comparisons: int) -> float:
    """Return the smallest corrected p-value that so many pairs can give, however large the difference."""
    return min(1.0, comparisons * 2.0 ** (1 - pairs)) if pairs else 1.0


def bootstrap_ratio(numerators: Sequence[float], denominators: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the sum of one over the sum of the other with its 95 % percentile bootstrap interval.

    Raises:
        ValueError: There is nothing to resample, or the two are not of the same length.
    """
    if not numerators or len(numerators) != len(denominators):
        raise ValueError(f"{len(numerators)} numerators cannot be resampled with {len(denominators)} denominators")
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(above), size=(_SAMPLES, len(above)))
    ratios = above[picks].sum(axis=1) / below[picks].sum(axis=1)  # (samples,)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return Interval(float(above.sum() / below.sum()), float(low), float(high))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, step down (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - place)))
        corrected[index] = highest
    return corrected
