"""Where a search should give up: a threshold from questions that the documents answer and questions that they do not."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEWEST_ANSWERABLE: Final = 10
FEWEST_UNANSWERABLE: Final = 5
_FOLDS: Final = 5
_MOST_REFUSED: Final = 0.25
"""Share of the answerable questions that a new threshold may refuse, unless the present one refuses more already."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The best that a search finds for a question."""

    question: str
    relevance: float
    """Of the best chunk, 0 to 1; 0 when nothing was found."""
    answerable: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """What a threshold does to a set of questions."""

    false_refusals: int
    """Questions with an answer for which nothing is shown."""
    answerable: int
    false_answers: int
    """Questions without an answer for which something is shown; the model may still refuse."""
    unanswerable: int

    @property
    def cost(self) -> float:
        """The two shares of mistakes added up: each kind counts the same however many questions there are of it."""
        return self.false_refusals / self.answerable + self.false_answers / self.unanswerable


@dataclass(frozen=True, slots=True)
class Calibration:
    """A threshold that is no worse than the present one, and what it does."""

    present: float
    threshold: float
    """The best one where it holds on unseen questions too, else the present one."""
    best: float
    """The one with the fewest mistakes on these very questions."""
    before: Rates
    after: Rates
    """With ``threshold``."""
    unseen: Rates
    """With thresholds set on four fifths of the questions and counted on the rest, over all fifths."""

    @property
    def fits_only_its_own(self) -> bool:
        """Whether the best one was left because it is no better on unseen questions."""
        return self.best != self.threshold


def rates(evidence: Sequence[Evidence], threshold: float) -> Rates:
    """Count the mistakes that a threshold makes."""
    return Rates(
        false_refusals=sum(item.answerable and item.relevance < threshold for item in evidence),
        answerable=sum(item.answerable for item in evidence),
        false_answers=sum(not item.answerable and item.relevance >= threshold for item in evidence),
        unanswerable=sum(not item.answerable for item in evidence),
    )


def calibrate(evidence: Sequence[Evidence], present: float) -> Calibration:
    """Choose the threshold with the fewest mistakes; among equals the one nearest to the present one.

    The present one stays unless thresholds chosen so make fewer mistakes than it on questions they were not set from, and
    fewer than refusing everything or nothing would.

    Raises:
        ValueError: There are too few questions of a kind.
    """
    answerable = sum(item.answerable for item in evidence)
    if answerable < FEWEST_ANSWERABLE or len(evidence) - answerable < FEWEST_UNANSWERABLE:
        raise ValueError(f"{answerable} answerable and {len(evidence) - answerable} unanswerable questions are too few")
    best, before, unseen = _best(evidence, present), rates(evidence, present), _unseen(evidence, present)
    threshold = best if unseen.cost < min(before.cost, 1.0) else present
    return Calibration(present, threshold, best, before, rates(evidence, threshold), unseen)


def _best(evidence: Sequence[Evidence], present: float) -> float:
    """Look at every place between two neighbouring relevances: only there do the mistakes change."""
    values = sorted({0.0, 1.0, *(item.relevance for item in evidence)})
    between = [round((low + high) / 2, 3) for low, high in itertools.pairwise(values)]
    most = max(_MOST_REFUSED * sum(item.answerable for item in evidence), rates(evidence, present).false_refusals)
    allowed = [place for place in (present, *between) if rates(evidence, place).false_refusals <= most]
    return min(allowed, key=lambda threshold: (rates(evidence, threshold).cost, abs(threshold - present)))


def _unseen(evidence: Sequence[Evidence], present: float) -> Rates:
    """Count mistakes on questions that the threshold was not set from; both kinds are spread over the folds."""
    ordered = sorted(evidence, key=lambda item: item.answerable)
    counted = []
    for fold in range(_FOLDS):
        rest = [item for place, item in enumerate(ordered) if place % _FOLDS != fold]
        held = [item for place, item in enumerate(ordered) if place % _FOLDS == fold]
        counted.append(rates(held, _best(rest, present)))
    return Rates(
        false_refusals=sum(item.false_refusals for item in counted),
        answerable=sum(item.answerable for item in counted),
        false_answers=sum(item.false_answers for item in counted),
        unanswerable=sum(item.unanswerable for item in counted),
    )
