"""What stands in the way of RAG, tuning or a prompt however much speaks for it, and what would remove it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lorag.evaluation.advice_facts import Criterion, Known, Way
from lorag.evaluation.advice_rules import CONSISTENT, FEWEST_EXAMPLES
from lorag.evaluation.advice_verdict_words import VETOES
from lorag.prompts.language import Language

_BEYOND_A_PROMPT: Final[Mapping[Way, frozenset[str]]] = {
    "rag": frozenset({"sources", "changes", "secret"}),
    "tuning": frozenset({"fast", "short", "standalone", "private"}),
}
"""Needs that no prompt can meet, however good its answers are."""


@dataclass(frozen=True, slots=True)
class Veto:
    """One thing that stands in the way."""

    way: Way
    key: str
    values: Mapping[str, object]

    def reason(self, language: Language) -> str:
        """Return what it is and what to do about it."""
        return VETOES[self.key][language].format(**self.values)


def vetoes(known: Known, found: Sequence[Criterion]) -> tuple[Veto, ...]:
    """Return everything that stands in the way of anything."""
    return (*_of_tuning(known), *_of_prompt(known, found))


def _of_tuning(known: Known) -> Iterator[Veto]:
    cost = known.cost
    if not cost.fits:
        values = {"memory": f"{cost.train_gigabytes:.1f}", "free": f"{cost.free_gigabytes:.1f}"}
        yield Veto("tuning", "memory", values)
    count = known.style.examples if known.style else 0
    if count < FEWEST_EXAMPLES:
        yield Veto("tuning", "few_examples", {"count": count, "missing": FEWEST_EXAMPLES - count})
    elif known.style and known.style.consistency < CONSISTENT and known.told.goal not in {"style", "both", "skill"}:
        yield Veto("tuning", "no_pattern", {"consistency": f"{known.style.consistency * 100:.0f}"})


def _of_prompt(known: Known, found: Sequence[Criterion]) -> Iterator[Veto]:
    if known.told.prompting == "failed":
        yield Veto("prompting", "prompt_failed", {})
    if known.told.prompting == "enough":
        told = {(criterion.key, criterion.side) for criterion in found if criterion.origin == "told"}
        for way, needs in _BEYOND_A_PROMPT.items():
            if not any((need, way) in told for need in needs):
                yield Veto(way, "prompt_enough", {})
