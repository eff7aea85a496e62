"""The criteria: what each looks at, and which way it speaks."""

from collections.abc import Callable, Mapping
from typing import Final

from lorag.evaluation.advice_facts import Changes, Criterion, Goal, Known, Side

FEWEST_EXAMPLES: Final = 10
_FEW_EXAMPLES: Final = 50
_MANY_EXAMPLES: Final = 100
CONSISTENT: Final = 0.4
"""Lengths alike give 0.25 at most, and unrelated sentences no more."""
_FACTS_FOUND: Final = 0.4
_SEARCH_FINDS: Final = 0.6
_LONGEST_MINUTES: Final = 240
"""Half a working day."""


def criteria(known: Known) -> list[Criterion]:
    """Return what every criterion says, in the order in which a person would ask."""
    return [rule(known) for rule in _RULES]


def _goal(known: Known) -> Criterion:
    goal = known.told.goal
    if goal is not None:
        sides: Mapping[Goal, Side] = {"facts": "rag", "style": "tuning", "both": "both", "skill": "tuning"}
        return Criterion("goal", goal, {}, sides[goal], 3, "told")
    return Criterion("goal", "unknown", {}, "neither", 0, "assumed")


def _prompting(known: Known) -> Criterion:
    """What a prompt does costs nothing, so it comes first until it is known to fail."""
    tried = known.told.prompting
    if tried is None:
        return Criterion("prompting", "unknown", {}, "prompting", 1, "assumed")
    if tried == "failed":
        return Criterion("prompting", tried, {}, "both", 1, "told")
    return Criterion("prompting", tried, {}, "prompting", 2, "told")


def _examples(known: Known) -> Criterion:
    if known.style is None:
        return Criterion("examples", "none", {}, "neither", 0, "seen")
    count = known.style.examples
    values = {"count": count}
    if count < FEWEST_EXAMPLES:
        return Criterion("examples", "too_few", values, "prompting", 1, "seen")
    if count < _FEW_EXAMPLES:
        return Criterion("examples", "few", values, "tuning", 1, "seen")
    return Criterion("examples", "enough", values, "tuning", 2 if count < _MANY_EXAMPLES else 3, "seen")


def _consistency(known: Known) -> Criterion:
    style = known.style
    if style is None:
        return Criterion("consistency", "none", {}, "neither", 0, "seen")
    values = {
        "consistency": f"{style.consistency * 100:.0f}",
        "openings": f"{style.openings * 100:.0f}",
        "endings": f"{style.endings * 100:.0f}",
        "phrases": f"{style.phrases * 100:.0f}",
    }
    if style.consistency >= CONSISTENT:
        return Criterion("consistency", "even", values, "tuning", 2, "seen")
    return Criterion("consistency", "mixed", values, "neither", 0, "seen")


def _format(known: Known) -> Criterion:
    if known.style is None:
        return Criterion("format", "none", {}, "neither", 0, "seen")
    values = {"share": f"{known.style.formatted * 100:.0f}"}
    if known.style.formatted >= 0.5:
        return Criterion("format", "fixed", values, "tuning", 1, "seen")
    return Criterion("format", "free", values, "neither", 0, "seen")


def _facts(known: Known) -> Criterion:
    found = known.library.answers_found if known.library else None
    if found is not None:
        values = {"share": f"{found * 100:.0f}"}
        case = "found" if found >= _FACTS_FOUND else "not_found"
        return Criterion(
            "facts",
            case,
            values,
            "rag" if found >= _FACTS_FOUND else "tuning",
            2 if found >= _FACTS_FOUND else 1,
            "seen",
        )
    if known.style is not None:
        values = {"share": f"{known.style.facts * 100:.0f}"}
        stated = known.style.facts >= 0.5
        return Criterion(
            "facts", "stated" if stated else "few_stated", values, "rag" if stated else "tuning", 1, "seen"
        )
    return Criterion("facts", "none", {}, "neither", 0, "seen")


def _documents(known: Known) -> Criterion:
    if known.library is None or not known.library.documents:
        return Criterion("documents", "none", {}, "neither", 0, "seen")
    values = {"count": known.library.documents, "size": f"{known.library.bytes / 1e6:.1f}"}
    return Criterion("documents", "some", values, "rag", 1, "seen")


def _changes(known: Known) -> Criterion:
    told = known.told.changes
    if told is not None:
        weights: Mapping[Changes, int] = {"daily": 3, "weekly": 3, "monthly": 2, "yearly": 0, "never": 1}
        side: Side = "tuning" if told == "never" else "neither" if told == "yearly" else "rag"
        return Criterion("changes", told, {}, side, weights[told], "told")
    if known.library is not None and known.library.documents:
        values = {"share": f"{known.library.changed_lately * 100:.0f}"}
        moving = known.library.changed_lately >= 0.2
        return Criterion(
            "changes",
            "moving" if moving else "still",
            values,
            "rag" if moving else "neither",
            1 if moving else 0,
            "seen",
        )
    return Criterion("changes", "unknown", {}, "neither", 0, "assumed")


def _said(key: str, answer: bool | None, *, yes: Side = "neither", no: Side = "neither", weight: int = 1) -> Criterion:
    if answer is None:
        return Criterion(key, "unknown", {}, "neither", 0, "assumed")
    side = yes if answer else no
    return Criterion(key, "yes" if answer else "no", {}, side, weight if side != "neither" else 0, "told")


def _fast(known: Known) -> Criterion:
    values = {
        "tokens": known.cost.passage_tokens,
        "seconds": "?" if known.cost.rag_seconds is None else f"{known.cost.rag_seconds:.1f}",
    }
    said = _said("fast", known.told.fast, yes="tuning")
    return Criterion(said.key, said.case, values, said.side, said.weight, said.origin)


def _secret(known: Known) -> Criterion:
    if known.told.secret is None and known.personal:
        return Criterion("secret", "personal", {"count": known.personal}, "rag", 1, "seen")
    return _said("secret", known.told.secret, yes="rag")


def _cost(known: Known) -> Criterion:
    cost = known.cost
    if cost.train_minutes is None or cost.train_gigabytes is None:
        return Criterion("cost", "none", {"free": f"{cost.free_gigabytes:.1f}"}, "neither", 0, "seen")
    values = {
        "minutes": f"{max(cost.train_minutes, 1):.0f}",
        "memory": f"{cost.train_gigabytes:.1f}",
        "free": f"{cost.free_gigabytes:.1f}",
    }
    if not cost.fits:
        return Criterion("cost", "too_large", values, "rag", 1, "seen")
    if cost.train_minutes > _LONGEST_MINUTES:
        return Criterion("cost", "long", values, "rag", 1, "seen")
    return Criterion("cost", "fits", values, "neither", 0, "seen")


def _retrieval(known: Known) -> Criterion:
    """RAG is as good as its search."""
    found = known.library.found_by_search if known.library else None
    if found is None:
        return Criterion("retrieval", "unknown", {}, "neither", 0, "assumed")
    values = {"share": f"{found * 100:.0f}"}
    good = found >= _SEARCH_FINDS
    return Criterion("retrieval", "good" if good else "poor", values, "rag" if good else "tuning", 1, "seen")


_RULES: Final[tuple[Callable[[Known], Criterion], ...]] = (
    _goal,
    _prompting,
    _facts,
    _retrieval,
    _changes,
    lambda known: _said("sources", known.told.sources, yes="rag", weight=3),
    _documents,
    _examples,
    _consistency,
    _format,
    lambda known: _said("terms", known.told.terms, yes="tuning"),
    _fast,
    lambda known: _said("short", known.told.short, yes="tuning"),
    lambda known: _said("standalone", known.told.standalone, yes="tuning", weight=2),
    lambda known: _said("broad", known.told.broad, yes="rag"),
    _secret,
    lambda known: _said("private", known.told.private, yes="tuning"),
    lambda known: _said("hurry", known.told.hurry, yes="rag"),
    lambda known: _said("upkeep", known.told.upkeep, no="rag"),
    _cost,
)
