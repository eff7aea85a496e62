"""What of a conversation is put before the model when not everything fits its context."""

from collections.abc import Sequence
from dataclasses import dataclass

from lorag.errors import ContextOverflowError


@dataclass(frozen=True, slots=True)
class PromptCost:
    """Tokens of the parts of a prompt."""

    fixed: int
    """The system prompt and the current question, which are always kept."""
    history: tuple[int, ...]
    """Earlier exchanges (a question and its answer), oldest first."""
    passages: tuple[int, ...]
    """Passages, most relevant first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays of a prompt."""

    history: int
    """How many of the newest exchanges."""
    passages: int
    """How many of the most relevant passages."""


def fit(cost: PromptCost, budget: int) -> Kept:
    """Leave out the oldest exchanges first, then the least relevant passages, until the rest fits ``budget`` tokens.

    One passage is always kept where there are any: an answer over documents without a document would be invented.

    Raises:
        ContextOverflowError: It does not fit even so.
    """
    history, passages = list(cost.history), list(cost.passages)
    while history and cost.fixed + sum(history) + sum(passages) > budget:
        history.pop(0)
    while len(passages) > 1 and cost.fixed + sum(passages) > budget:
        passages.pop()
    needed = cost.fixed + sum(passages)
    if needed > budget:
        raise ContextOverflowError(
            f"the question needs about {needed} tokens but the context has room for {max(budget, 0)}: ask a shorter "
            "question, set a larger --context-tokens, or choose a model with a longer context"
        )
    return Kept(len(history), len(passages))


def window(weights: Sequence[int], costs: Sequence[int], budget: int) -> range:
    """Return the run of neighbouring items around the heaviest one whose costs fit ``budget``; never an empty one."""
    best = max(range(len(weights)), key=lambda index: weights[index])
    low, high, used = best, best + 1, costs[best]
    while True:
        sides = [
            (weights[index], -abs(index - best), index)
            for index in (low - 1, high)
            if 0 <= index < len(costs) and used + costs[index] <= budget
        ]
        if not sides:
            return range(low, high)
        index = max(sides)[2]
        used += costs[index]
        low, high = min(low, index), max(high, index + 1)
