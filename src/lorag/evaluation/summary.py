"""Rows of scores put together: means with intervals, and which differences are more than luck."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lorag.evaluation.outcomes import METRICS, Outcome, scores_of
from lorag.evaluation.significance import Interval, bootstrap, holm, paired_p_value, smallest_p_value

COMPARED: Final = ("contains", "character_f1")
"""The scores for which rows are compared: facts, and closeness to the reference's own words."""


@dataclass(frozen=True, slots=True)
class RowSpec:
    """One combination of model, adapter and RAG."""

    name: str
    model: str
    adapters: tuple[str, ...]
    rag: bool


@dataclass(frozen=True, slots=True)
class EvaluatedRow:
    """A combination and what came of it."""

    spec: RowSpec
    outcomes: tuple[Outcome, ...]
    """In the order of the questions."""
    scores: tuple[dict[str, float | None], ...]
    """Of each outcome, by metric."""

    @classmethod
    def of(cls, spec: RowSpec, outcomes: Sequence[Outcome]) -> "EvaluatedRow":
        """Return the row with its scores."""
        return cls(spec, tuple(outcomes), tuple(scores_of(outcome) for outcome in outcomes))

    def summary(self) -> dict[str, Interval]:
        """Return the mean and the interval of each metric that could be measured."""
        values = {name: [score for scores in self.scores if (score := scores[name]) is not None] for name in METRICS}
        return {name: bootstrap(measured) for name, measured in values.items() if measured}

    def counts(self) -> Mapping[str, int]:
        """Return how many questions each metric was measured on."""
        return {name: sum(scores[name] is not None for scores in self.scores) for name in METRICS}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rows on the same questions."""

    metric: str
    first: str
    second: str
    difference: float
    """Mean of the second minus mean of the first."""
    low: float
    high: float
    """95 % bootstrap interval of the difference."""
    p_value: float
    """Of a paired randomisation test, corrected for the number of comparisons of this metric (Holm 1979)."""
    questions: int
    """How many both rows have a score for."""
    smallest_p_value: float
    """The smallest that so few questions can give, however large the difference."""


def compared(rows: Sequence[EvaluatedRow]) -> list[Comparison]:
    """Compare every two rows on the questions that both have a score for."""
    comparisons: list[Comparison] = []
    for metric in COMPARED:
        pairs = [
            (first, second, paired)
            for first, second in itertools.combinations(rows, 2)
            if (paired := _paired(first, second, metric))
        ]
        p_values = [
            paired_p_value([one for one, _ in paired], [other for _, other in paired]) for _, _, paired in pairs
        ]
        for (first, second, paired), p_value in zip(pairs, holm(p_values), strict=True):
            change = bootstrap([other - one for one, other in paired])
            comparisons.append(
                Comparison(
                    metric=metric,
                    first=first.spec.name,
                    second=second.spec.name,
                    difference=change.mean,
                    low=change.low,
                    high=change.high,
                    p_value=p_value,
                    questions=len(paired),
                    smallest_p_value=smallest_p_value(len(paired), len(pairs)),
                )
            )
    return comparisons


def _paired(first: EvaluatedRow, second: EvaluatedRow, metric: str) -> list[tuple[float, float]]:
    pairs = zip(first.scores, second.scores, strict=True)
    return [(one, other) for a, b in pairs if (one := a[metric]) is not None and (other := b[metric]) is not None]
