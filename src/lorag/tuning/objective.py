"""Which examples an objective can learn from: answers to questions, or plain text."""

from collections.abc import Sequence
from typing import Final

from lorag.tuning.examples import Example, Finding

_WHY_NOT: Final = {
    "sft": "plain text, where questions and answers are learned (--objective text learns it)",
    "text": "a conversation, where plain text is learned (--objective sft learns it)",
}
_NOTHING: Final = {
    "sft": (
        "the data holds only plain text, and questions with their answers are to be learned. Name the columns that hold "
        "them (--columns question=NAME,answer=NAME), or learn the text as it is with --objective text"
    ),
    "text": (
        "the data holds only questions with their answers, and plain text is to be learned. Leave out --objective text, "
        "or name the column with the text (--columns text=NAME)"
    ),
}


def fits(example: Example, objective: str) -> bool:
    """Tell whether an objective learns from an example."""
    return bool(example.messages) == (objective == "sft")


def of_objective(examples: Sequence[Example], objective: str) -> tuple[list[Example], list[Finding]]:
    """Return the examples that the objective can learn from, and a finding for each other."""
    wanted = [example for example in examples if fits(example, objective)]
    strange = [one for one in examples if not fits(one, objective)]
    return wanted, [Finding(one.origin, "objective", _WHY_NOT[objective], "dropped") for one in strange]


def nothing_fits(objective: str) -> str:
    """Return why data cannot be learned from of which no example fits the objective, and what to do."""
    return _NOTHING[objective]
