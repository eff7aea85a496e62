"""How far a tuned model has moved from its base: the Kullback-Leibler divergence, by sampling.

The divergence is the mean of log p(base) - log p(tuned) over answers drawn from the base, so it needs the likelihood of
given answers only and never the whole vocabulary. It predicts forgetting (Shenfeld et al. 2025).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lorag.evaluation.significance import bootstrap_ratio
from lorag.evaluation.subject import Asked, Subject
from lorag.evaluation.task import OnStep


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer drawn from the base."""

    question: str
    answer: str
    nats: float
    """Log likelihood of the whole answer under the base."""
    tokens: int


@dataclass(frozen=True, slots=True)
class Divergence:
    """KL(base || tuned) in nats per token, with its 95 % bootstrap interval over answers."""

    nats_per_token: float
    low: float
    high: float


async def draw_samples(
    base: Subject, questions: Sequence[str], *, max_tokens: int = 48, seed: int = 0, on_step: OnStep | None = None
) -> list[Sample]:
    """Draw one answer to each question at temperature 1; empty answers say nothing and are left out."""
    samples: list[Sample] = []
    for number, question in enumerate(questions):
        reply = await base.reply(Asked(question), max_tokens=max_tokens, sampled=True, seed=seed + number)
        # Scored as text: a sampled answer may be cut into other tokens than the ones that were drawn.
        likelihoods = await base.score(Asked(question), reply.text) if reply.text else []
        if likelihoods:
            samples.append(Sample(question, reply.text, sum(likelihoods), len(likelihoods)))
        if on_step is not None:
            on_step(number + 1, len(questions))
    return samples


async def measure_divergence(samples: Sequence[Sample], tuned: Subject, on_step: OnStep | None = None) -> Divergence:
    """Score the base's answers with the tuned model.

    Raises:
        ValueError: There are no samples.
    """
    moved: list[float] = []
    for number, sample in enumerate(samples, 1):
        moved.append(sample.nats - sum(await tuned.score(Asked(sample.question), sample.answer)))
        if on_step is not None:
            on_step(number, len(samples))
    interval = bootstrap_ratio(moved, [float(sample.tokens) for sample in samples])
    return Divergence(interval.mean, interval.low, interval.high)
