"""RAG, fine-tuning, both, or a good prompt: what follows from all criteria together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lorag.evaluation.advice_facts import Criterion, Known, Way
from lorag.evaluation.advice_verdict_words import Recommendation
from lorag.evaluation.advice_vetoes import Veto, vetoes

_OUTWEIGHED: Final = 3
"""How many times the other way may weigh as much before a way is not worth its trouble."""

_WORTH_DOING_MEANWHILE: Final = 2


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and what is held back that weighs as much."""

    recommendation: Recommendation
    weights: Mapping[Way, int]
    vetoes: tuple[Veto, ...]
    """What stands in the way of something that the weights ask for."""
    until: Recommendation | None = None
    """What to do while something else is prepared."""


def weigh(found: Sequence[Criterion]) -> dict[Way, int]:
    """Add up the weights of each way; what speaks for both counts on both."""
    totals: dict[Way, int] = {"rag": 0, "tuning": 0, "prompting": 0}
    for criterion in found:
        for way in totals:
            if criterion.side == way or (criterion.side == "both" and way != "prompting"):
                totals[way] += criterion.weight
    return totals


def recommend(known: Known, found: Sequence[Criterion]) -> Advice:
    """Return what follows from the weights and from nothing else but named vetoes.

    RAG and tuning are worth their trouble where they weigh more than a prompt, which costs nothing; both together, unless
    one weighs more than three times as much as the other. What is vetoed is left out. Where it outweighs all that is left,
    it is to be prepared, unless a prompt is what is left: that is to be tried first.
    """
    totals = weigh(found)
    held = vetoes(known, found)
    closed = {veto.way for veto in held}
    best = _heaviest(totals, closed)
    asked_for = _heaviest(totals, set())
    left = max(totals[way] for way in totals if way not in closed)
    heavier = {way for way in closed if totals[way] > left}
    shown = tuple(veto for veto in held if veto.way in {*_ways(asked_for), *heavier})
    if heavier and best != "prompting":
        return Advice("prepare", totals, shown, best if left >= _WORTH_DOING_MEANWHILE else None)
    return Advice(best, totals, shown)


def _heaviest(totals: Mapping[Way, int], closed: Collection[Way]) -> Recommendation:
    """Return what weighs most of what is not closed."""
    prompt = 0 if "prompting" in closed else totals["prompting"]
    rag = totals["rag"] if "rag" not in closed else 0
    tuning = totals["tuning"] if "tuning" not in closed else 0
    if max(rag, tuning) <= prompt:
        return "prompting" if "prompting" not in closed else "rag"
    if min(rag, tuning) > prompt and max(rag, tuning) <= _OUTWEIGHED * min(rag, tuning):
        return "both"
    return "rag" if rag >= tuning else "tuning"


def _ways(recommendation: Recommendation) -> tuple[Way, ...]:
    return {
        "prompting": ("prompting",),
        "rag": ("rag",),
        "tuning": ("tuning",),
        "both": ("rag", "tuning"),
        "prepare": ("tuning",),
    }[recommendation]  # type: ignore[return-value]  # mypy widens the literals of a mixed dictionary


def needs_documents(found: Sequence[Criterion]) -> bool:
    """Tell whether a person asked for what only documents can give: sources, fresh knowledge, or knowledge at all."""
    needs = {"sources", "changes", "goal"}
    return any(
        criterion.key in needs and criterion.side in {"rag", "both"} and criterion.weight > 0 for criterion in found
    )


def by_verdict(verdict: str, *, documents_help: bool, documents_needed: bool = False) -> Recommendation:
    """Return what to do after a training with this verdict.

    Args:
        verdict: The code of a ``Verdict``.
        documents_help: Whether the base answers better with documents than without.
        documents_needed: Whether answers must come from documents, whatever the scores say.
    """
    if verdict == "keep_with_rag" or (verdict == "keep" and documents_needed):
        return "both"
    # A model that no longer follows passages cannot show where an answer comes from.
    if verdict == "keep" or (verdict == "keep_without_rag" and not documents_needed):
        return "tuning"
    return "rag" if verdict == "rag_only" or documents_help or documents_needed else "prompting"
