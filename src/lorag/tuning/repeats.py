"""Examples that say what another one says, and examples that say otherwise."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lorag.tuning.examples import Example, Finding
from lorag.tuning.near_duplicates import near_duplicates

_PUNCTUATION: Final = re.compile(r"[\s.,!?~·…。，！？'\"“”‘’]+")
_NUMBERS: Final = re.compile(r"\d+")


def without_repeats(examples: Sequence[Example]) -> tuple[list[Example], list[Finding]]:
    """Drop examples that say what an earlier one says; the earlier one stays.

    Rows that differ in a number, and rows with the same question, are no repeats however alike they are: 14 and 15 days
    are two answers, and which is right is for a person to say.
    """
    first: dict[str, int] = {}
    findings: list[Finding] = []
    left: list[int] = []
    texts = [example.text or "\n".join(message.content for message in example.messages) for example in examples]
    for later, text in enumerate(texts):
        earlier = first.setdefault("".join(text.lower().split()), later)
        if earlier == later:
            left.append(later)
        else:
            reason = f"the same as {examples[earlier].origin.place}"
            findings.append(Finding(examples[later].origin, "duplicate", reason, "dropped"))
    dropped: set[int] = set()
    keys = [(tuple(_NUMBERS.findall(texts[index])), _asked(examples[index])) for index in left]
    for earlier, later in near_duplicates(
        [texts[index] for index in left], may_repeat=lambda a, b: _may(keys[a], keys[b])
    ):
        reason = f"nearly the same as {examples[left[earlier]].origin.place}"
        findings.append(Finding(examples[left[later]].origin, "near-duplicate", reason, "dropped"))
        dropped.add(left[later])
    return [examples[index] for index in left if index not in dropped], findings


_Key = tuple[tuple[str, ...], str]


def _may(earlier: _Key, later: _Key) -> bool:
    return earlier[0] == later[0] and (not later[1] or earlier[1] != later[1])


def contradictions(examples: Sequence[Example]) -> Iterator[Finding]:
    """Warn of one question with different answers: the model would learn to guess between them."""
    answered: dict[str, Example] = {}
    for example in examples:
        if not example.messages:
            continue
        earlier = answered.setdefault(_asked(example), example)
        if earlier is not example:
            reason = f"the same question as {earlier.origin.place} with another answer"
            yield Finding(example.origin, "contradiction", reason, "warning")


def _asked(example: Example) -> str:
    """Return everything before the last answer, without what does not change its sense."""
    asked = "\n".join(f"{message.role}:{message.content}" for message in example.messages[:-1])
    return _PUNCTUATION.sub("", asked.lower())
