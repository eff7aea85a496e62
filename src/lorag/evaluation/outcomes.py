"""What came of each question, and its scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from lorag.evaluation.answers import (
    character_f1,
    citation_score,
    contains_answer,
    exact_match,
    keeps_language,
    token_f1,
)
from lorag.evaluation.questions import Question
from lorag.evaluation.retrieved import holds_right, is_source


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage as it was put before the model."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation of an answer."""

    path: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question as one row answered it."""

    question: Question
    grounded: bool
    """Whether the documents were searched."""
    answer: str
    refused: bool
    passages: tuple[ShownPassage, ...]
    citations: tuple[Cited, ...]
    query: str
    """What was searched; empty without a search."""
    seconds: float
    prompt_tokens: int
    answer_tokens: int


def _exact(outcome: Outcome) -> float:
    return exact_match(outcome.answer, outcome.question.references)


def _contains(outcome: Outcome) -> float:
    return contains_answer(outcome.answer, outcome.question.references)


def _token_f1(outcome: Outcome) -> float:
    return token_f1(outcome.answer, outcome.question.references)


def _character_f1(outcome: Outcome) -> float:
    return character_f1(outcome.answer, outcome.question.references)


def _cited(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Return what is cited and what is right, the right ones under the names given in the question set."""
    sources = outcome.question.sources
    cited = [
        next((source for source in sources if is_source(citation.path, source)), citation.path)
        for citation in outcome.citations
    ]
    return cited, list(sources)


def _citation_precision(outcome: Outcome) -> float | None:
    return citation_score(*_cited(outcome)).precision if outcome.citations else None


def _citation_recall(outcome: Outcome) -> float:
    return citation_score(*_cited(outcome)).recall


def _verified(outcome: Outcome) -> float | None:
    if not outcome.citations:
        return None
    return sum(citation.verified for citation in outcome.citations) / len(outcome.citations)


def _language(outcome: Outcome) -> float:
    return keeps_language(outcome.question.question, outcome.answer)


def _found(outcome: Outcome) -> float | None:
    return holds_right(outcome.question, outcome.passages)


_Score = Callable[[Outcome], float | None]
_WITH_REFERENCE: Final[Mapping[str, _Score]] = {
    "exact": _exact,
    "contains": _contains,
    "token_f1": _token_f1,
    "character_f1": _character_f1,
}


def scores_of(outcome: Outcome) -> dict[str, float | None]:
    """Return every score of one outcome; None where there is nothing to score by."""
    question = outcome.question
    scores: dict[str, float | None] = dict.fromkeys(METRICS)
    if question.references:
        scores |= {name: score(outcome) for name, score in _WITH_REFERENCE.items()}
    if outcome.grounded and question.answerable:
        scores["found"] = _found(outcome)
        scores["verified"] = _verified(outcome)
        if question.sources:
            scores["citation_precision"] = _citation_precision(outcome)
            scores["citation_recall"] = _citation_recall(outcome)
    # Without documents, saying "it is not in the documents" is neither right nor wrong.
    if outcome.grounded:
        scores["wrong_refusal" if question.answerable else "right_refusal"] = float(outcome.refused)
    if outcome.answer:
        scores["language"] = _language(outcome)
    return scores | {
        "seconds": outcome.seconds,
        "prompt_tokens": float(outcome.prompt_tokens),
        "answer_tokens": float(outcome.answer_tokens),
    }


METRICS: Final = (
    "contains",
    "exact",
    "token_f1",
    "character_f1",
    "found",
    "citation_precision",
    "citation_recall",
    "verified",
    "right_refusal",
    "wrong_refusal",
    "language",
    "seconds",
    "prompt_tokens",
    "answer_tokens",
)
"""Every score, in the order in which they are shown."""


def worst(outcomes: Sequence[Sequence[Outcome]], count: int) -> list[int]:
    """Return the indices of the questions that went worst over all rows, worst first.

    Args:
        outcomes: Of each row, its outcomes in the order of the questions.
        count: How many to return.
    """
    badness = [sum(_badness(row[index]) for row in outcomes) for index in range(len(outcomes[0]))]
    ranked = sorted(range(len(badness)), key=lambda index: -badness[index])
    return [index for index in ranked if badness[index] > 0][:count]


def _badness(outcome: Outcome) -> float:
    question = outcome.question
    if not question.answerable:
        return float(outcome.grounded and not outcome.refused)
    if not question.references:
        return float(outcome.refused)
    return 1 - max(_contains(outcome), _character_f1(outcome))


def short_name(path: str) -> str:
    """Return the last part of a path."""
    return PurePath(path).name
