"""Whether a model follows the passages it is shown, or what it has learned (Longpre et al. 2021, Goyal et al. 2024).

Supportive: the right passage alone. Counterfactual: the same passage with its answer swapped for another; a model that
follows the passage finds the swapped answer likelier. Distractors: passages about something else, where only a refusal is
right. Position: the right passage first, in the middle and last among distractors. Closed book: no passage at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final, Literal

from lorag.evaluation.answers import contains_answer
from lorag.evaluation.cases import ContextCase, bundled_cases, case_from
from lorag.evaluation.plain_text import without_citations
from lorag.evaluation.probes import likelihood_per_byte
from lorag.evaluation.subject import Asked, Subject
from lorag.evaluation.task import OnStep
from lorag.prompts.grounded import PromptPassage, is_refusal, numbered_sentences, quoted_answer

__all__ = [
    "ContextCase",
    "RelianceResult",
    "bundled_cases",
    "case_from",
    "follow_rate",
    "measure_follows",
    "measure_reliance",
]

Position = Literal["first", "middle", "last"]
_POSITIONS: Final[tuple[Position, ...]] = ("first", "middle", "last")
_MAX_TOKENS: Final = 96


@dataclass(slots=True)
class RelianceResult:
    """One score a case in each test: 1 is right, 0 is wrong."""

    supportive: list[float] = field(default_factory=list)
    follows: list[float] = field(default_factory=list)
    abstains: list[float] = field(default_factory=list)
    closed_book: list[float] = field(default_factory=list)
    by_position: dict[Position, list[float]] = field(default_factory=lambda: {name: [] for name in _POSITIONS})

    @property
    def positions(self) -> dict[Position, float]:
        """Share of right answers by where the right passage stood."""
        return {name: fmean(scores) for name, scores in self.by_position.items()}

    @property
    def worst_position(self) -> float:
        """Share of right answers where the right passage stands worst."""
        return min(self.positions.values())


async def follow_rate(subject: Subject, cases: Sequence[ContextCase]) -> float:
    """Return the share of counterfactual passages that the model believes; nothing is generated."""
    return fmean(await measure_follows(subject, cases))


async def measure_follows(subject: Subject, cases: Sequence[ContextCase], on_step: OnStep | None = None) -> list[float]:
    """Return 1 for every case in which the passage's swapped answer is likelier than the true one, else 0."""
    follows: list[float] = []
    for number, case in enumerate(cases, 1):
        follows.append(await _follows(subject, case))
        if on_step is not None:
            on_step(number, len(cases))
    return follows


async def measure_reliance(
    subject: Subject, cases: Sequence[ContextCase], on_step: OnStep | None = None
) -> RelianceResult:
    """Run every test on every case."""
    result = RelianceResult()
    for number, case in enumerate(cases, 1):
        result.follows.append(await _follows(subject, case))
        result.supportive.append(await _right(subject, case, (case.passage,)))
        result.closed_book.append(await _right(subject, case, ()))
        result.abstains.append(await _abstains(subject, case))
        for position in _POSITIONS:
            result.by_position[position].append(await _right(subject, case, _placed(case, position)))
        if on_step is not None:
            on_step(number, len(cases))
    return result


async def _follows(subject: Subject, case: ContextCase) -> float:
    asked = Asked(case.question, (case.counter_passage,))
    swapped, true = case.counter_answer, case.answer
    if subject.quotes:
        swapped, true = _quoted(case.counter_passage, case.counter_span), _quoted(case.passage, case.span)
    context = await likelihood_per_byte(subject, asked, swapped)
    return float(context > await likelihood_per_byte(subject, asked, true))


def _quoted(passage: PromptPassage, span: str) -> str:
    """Return the quote of the sentence that holds a span, as the chat has it written."""
    sentences = numbered_sentences((passage,))
    number = next((n for n, sentence in enumerate(sentences, 1) if span in sentence), 1)
    return quoted_answer([number], sentences)


async def _right(subject: Subject, case: ContextCase, passages: tuple[PromptPassage, ...]) -> float:
    reply = await subject.reply(Asked(case.question, passages), max_tokens=_MAX_TOKENS)
    return float(_holds(reply.text, case.span))


def _holds(answer: str, span: str) -> bool:
    if not span[0].isdigit():
        return bool(contains_answer(answer, [span]))
    # "5" does not stand in "15", nor in the citation [5].
    return bool(re.search(rf"(?<![\d.,:]){re.escape(span)}(?!\d)", without_citations(answer)))


async def _abstains(subject: Subject, case: ContextCase) -> float:
    reply = await subject.reply(Asked(case.question, case.distractors), max_tokens=_MAX_TOKENS)
    return float(is_refusal(reply.text))


def _placed(case: ContextCase, position: Position) -> tuple[PromptPassage, ...]:
    at = {"first": 0, "middle": len(case.distractors) // 2, "last": len(case.distractors)}[position]
    return (*case.distractors[:at], case.passage, *case.distractors[at:])
