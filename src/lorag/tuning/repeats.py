"""Examples that say what another one says, and examples that say otherwise."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from lorag.tuning.examples import Example, Finding
from lorag.tuning.near_duplicates import near_duplicates

_PUNCTUATION: Final = re.compile(r"[\s.,!?~·…。，！？'\"“”‘’]+")
_NUMBERS: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION: Final = re.compile(r"\b(?:no|not|never|cannot|without)\b|n[’']t\b|[안못않없]|아니|불가", re.IGNORECASE)
_PARTICLE: Final = re.compile(r"(?:은|는|이|가|을|를|의|에|도|로|으로|와|과|만|에서|s|es|d|ed|ing)?")
_FORMAL: Final = re.compile(r"[가-힣]{0,2}니다")
_INFORMAL: Final = re.compile(r"[가-힣]{0,2}[요죠]")


def without_repeats(examples: Sequence[Example]) -> tuple[list[Example], list[Finding]]:
    """Drop examples that say what an earlier one says; the earlier one stays.

    Rows that differ in a number, and rows with the same question whose answers differ in more than punctuation and the
    forms of words, are no repeats however alike they are: 14 and 15 days are two answers, and which is right is for a
    person to say.
    """
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    findings: list[Finding] = []
    left: list[int] = []
    texts = [example.text or "\n".join(message.content for message in example.messages) for example in examples]
    for later, text in enumerate(texts):
        earlier = first.setdefault((_bare(text), _numbers(text)), later)
        if earlier == later:
            left.append(later)
        else:
            reason = f"the same as {examples[earlier].origin.place}"
            findings.append(Finding(examples[later].origin, "duplicate", reason, "dropped"))
    twins = [*_answers_alike(examples, left)]
    left = [index for index in left if index not in {later for _, later in twins}]
    keys = [(_numbers(texts[index]), _asked(examples[index])) for index in left]
    near = near_duplicates([texts[index] for index in left], may_repeat=lambda a, b: _may(keys[a], keys[b]))
    twins += [(left[earlier], left[later]) for earlier, later in near]
    for earlier, later in twins:
        reason = f"nearly the same as {examples[earlier].origin.place}"
        findings.append(Finding(examples[later].origin, "near-duplicate", reason, "dropped"))
    dropped = {later for _, later in twins}
    return [examples[index] for index in left if index not in dropped], findings


_Key = tuple[tuple[str, ...], str]


def _may(earlier: _Key, later: _Key) -> bool:
    return earlier[0] == later[0] and (not later[1] or earlier[1] != later[1])


def _answers_alike(examples: Sequence[Example], indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield ``(earlier, later)`` for each answer that says in other forms of the same words what an earlier one says."""
    asked: dict[str, list[int]] = defaultdict(list)
    for later in indexes:
        if not examples[later].messages:
            continue
        same = asked[_asked(examples[later])]
        twin = next(
            (earlier for earlier in same if _say_the_same(examples[earlier].answer, examples[later].answer)), None
        )
        if twin is None:
            same.append(later)
        else:
            yield twin, later


def _say_the_same(first: str, second: str) -> bool:
    if _numbers(first) != _numbers(second):
        return False
    words = [[_bare(word) for word in text.split() if _bare(word)] for text in (first, second)]
    if len(words[0]) != len(words[1]):
        return _bare(first) == _bare(second)
    pairs = [(one, other) for one, other in zip(*words, strict=True) if one != other]
    return not any(_NEGATION.search(word) for pair in pairs for word in pair) and all(
        _are_forms(one, other) for one, other in pairs
    )


def _are_forms(one: str, other: str) -> bool:
    """Tell whether two words are one word with other particles, endings or plurals: 원두는 and 원두를, 드립니다 and 드려요."""
    differing = (index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    shared = next(differing, min(len(one), len(other)))
    if shared and _PARTICLE.fullmatch(one[shared:]) and _PARTICLE.fullmatch(other[shared:]):
        return True
    # Two verbs in the same ending are two verbs; one verb in two endings is polite in two ways.
    formal, informal = sorted((one[shared:], other[shared:]), key=lambda tail: not tail.endswith("다"))
    return bool(shared and _FORMAL.fullmatch(formal) and _INFORMAL.fullmatch(informal))


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", text.lower())


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(_NUMBERS.findall(text))


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
    return _bare(asked)
