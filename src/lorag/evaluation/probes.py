"""Small abilities that a tune must not break, tested by which of a few answers the model finds likeliest.

Likelihood per byte decides (as in the LM evaluation harness), so that a probe works on any model, needs no judge, and an
answer is not preferred for being short.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from lorag.evaluation.bundled import bundled_records
from lorag.evaluation.subject import Asked, Subject
from lorag.evaluation.task import OnStep


@dataclass(frozen=True, slots=True)
class Probe:
    """A question, its right answer and wrong ones."""

    group: str
    question: str
    right: str
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """One probe measured."""

    group: str
    question: str
    chosen: str
    right: float
    """1 when the right answer is the likeliest."""
    confidence: float
    """Probability of the right answer among those offered, from likelihood per byte; moves before the choice does."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """All probes measured."""

    outcomes: tuple[ProbeOutcome, ...]

    @property
    def accuracy(self) -> float:
        """Share of right choices."""
        return fmean(outcome.right for outcome in self.outcomes)

    @property
    def groups(self) -> Mapping[str, float]:
        """Share of right choices in each group."""
        return {
            name: fmean(outcome.right for outcome in self.outcomes if outcome.group == name)
            for name in dict.fromkeys(outcome.group for outcome in self.outcomes)
        }


def bundled_probes() -> list[Probe]:
    """Return the probes that come with lorag, English and Korean, by group."""
    return [
        Probe(record["group"], record["question"], record["right"], tuple(record["wrong"]))
        for record in bundled_records("probes.jsonl")
    ]


async def measure_probes(subject: Subject, probes: Sequence[Probe], on_step: OnStep | None = None) -> ProbeResult:
    """Let the model choose in every probe."""
    outcomes: list[ProbeOutcome] = []
    for number, probe in enumerate(probes, 1):
        options = (probe.right, *probe.wrong)
        scores = [await likelihood_per_byte(subject, Asked(probe.question), option) for option in options]
        chosen = max(range(len(options)), key=scores.__getitem__)
        highest = max(scores)
        weights = [math.exp(score - highest) for score in scores]
        outcomes.append(
            ProbeOutcome(probe.group, probe.question, options[chosen], float(chosen == 0), weights[0] / sum(weights))
        )
        if on_step is not None:
            on_step(number, len(probes))
    return ProbeResult(tuple(outcomes))


async def likelihood_per_byte(subject: Subject, asked: Asked, answer: str) -> float:
    """Return the log likelihood (nats) of an answer over its bytes in UTF-8."""
    return sum(await subject.score(asked, answer)) / max(len(answer.encode()), 1)
