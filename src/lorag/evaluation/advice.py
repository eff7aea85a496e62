"""RAG, fine-tuning, both, or a good prompt: what follows from all criteria together."""

from collections.abc import Sequence
from typing import Final, Literal

from lorag.evaluation.advice_facts import Criterion, Known, Side
from lorag.evaluation.advice_rules import CONSISTENT, FEWEST_EXAMPLES

Recommendation = Literal["prompting", "rag", "tuning", "both"]

_ENOUGH: Final = 2
"""Weight that one side needs to be recommended."""
_OUTWEIGHED: Final = 3
"""How many times the other side may weigh as much before a side is not worth its trouble."""


def weigh(found: Sequence[Criterion]) -> dict[Side, int]:
    """Add up the weights of each side; what speaks for both counts on both."""
    totals: dict[Side, int] = {"rag": 0, "tuning": 0, "prompting": 0}
    for criterion in found:
        sides: tuple[Side, ...] = ("rag", "tuning") if criterion.side == "both" else (criterion.side,)
        for side in sides:
            if side in totals:
                totals[side] += criterion.weight
    return totals


def recommend(known: Known, found: Sequence[Criterion]) -> Recommendation:
    """Return what to do.

    Knowledge that must be right, fresh or shown asks for RAG; a pattern with enough examples for tuning. Neither asks
    for a prompt, and so does an unmet wish to tune without examples.
    """
    totals = weigh(found)
    can_tune = known.style is not None and known.style.examples >= FEWEST_EXAMPLES and _has_pattern(known)
    wants_rag = totals["rag"] >= _ENOUGH and totals["rag"] * _OUTWEIGHED >= totals["tuning"]
    wants_tuning = can_tune and totals["tuning"] >= _ENOUGH and totals["tuning"] * _OUTWEIGHED >= totals["rag"]
    if known.told.prompting == "enough" and not wants_rag:
        return "prompting"
    if wants_rag and wants_tuning:
        return "both"
    return "rag" if wants_rag else "tuning" if wants_tuning else "prompting"


def _has_pattern(known: Known) -> bool:
    """Tell whether there is something to learn: many examples of nothing in particular teach nothing."""
    told = known.told.goal in {"style", "both", "skill"}
    return told or (known.style is not None and known.style.consistency >= CONSISTENT)


def by_verdict(verdict: str, *, documents_help: bool) -> Recommendation:
    """Return what to do after a training with this verdict.

    Args:
        verdict: The code of a ``Verdict``.
        documents_help: Whether the base answers better with documents than without.
    """
    if verdict == "keep_with_rag":
        return "both"
    if verdict in {"keep", "keep_without_rag"}:
        return "tuning"
    return "rag" if verdict == "rag_only" or documents_help else "prompting"
