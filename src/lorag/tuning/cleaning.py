"""Make examples fit to learn from, and report every row that is dropped, changed or doubtful."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lorag.prompts.language import language_of
from lorag.prompts.messages import Message
from lorag.tuning.examples import Example, Finding
from lorag.tuning.near_duplicates import near_duplicates
from lorag.tuning.personal import personal_data

_CONTROLS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_TAG: Final = re.compile(
    r"</?(?:p|br|div|span|b|i|u|em|strong|a|ul|ol|li|h[1-6]|table|tr|td|th|font|img)\b[^<>]*>", re.IGNORECASE
)
_BREAKING_TAG: Final = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:[a-z]{2,8}|#\d{2,5});", re.IGNORECASE)
_MOJIBAKE: Final = re.compile("\ufffd|(?:[Ã-ï][\u0080-¿]){2}|[ì-í][\u0080-¿]{2}")
_PLACEHOLDER: Final = {"n/a", "na", "none", "null", "nan", "-", "tbd", "?", "없음", "미정", "답변 없음", "무응답"}
_CUT_OFF: Final = re.compile(r"(?:\.\.\.|…|,|\b(?:and|or|the|to|of)|[은는을를의]|그리고|하지만)$")
_SPACES: Final = re.compile(r"[ \t\u00a0\u3000]+")


@dataclass(frozen=True, slots=True)
class CleanResult:
    """What is left after cleaning, and what was found on the way."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]
    languages: Mapping[str, int]
    """``en`` and ``ko`` → number of examples left."""


def clean(examples: Sequence[Example], *, longest_characters: int = 20_000) -> CleanResult:
    """Return the examples worth learning from.

    Args:
        examples: As read.
        longest_characters: Longer examples are dropped: they are usually a file pasted into a cell.
    """
    findings: list[Finding] = []
    kept: list[Example] = []
    for example in examples:
        cleaned, changes = _cleaned(example)
        findings += changes
        problem = _reason_to_drop(cleaned, longest_characters)
        if problem is not None:
            findings.append(problem)
        else:
            kept.append(cleaned)
            findings += _doubts(cleaned)
    kept, repeats = _without_repeats(kept)
    findings += repeats
    findings += _contradictions(kept)
    findings.sort(key=lambda finding: (str(finding.origin.file), finding.origin.line))
    languages: Counter[str] = Counter(language_of(example.answer or example.text) for example in kept)
    return CleanResult(tuple(kept), tuple(findings), dict(languages))


def _cleaned(example: Example) -> tuple[Example, list[Finding]]:
    """Return the example with its text mended, and one finding for each kind of mending."""
    kinds: Counter[str] = Counter()
    messages = tuple(Message(message.role, _mended(message.content, kinds)) for message in example.messages)
    mended = replace(example, messages=messages, text=_mended(example.text, kinds))
    reasons = {
        "encoding": "text in a decomposed form was normalised to NFC",
        "control characters": "control or invisible characters were removed",
        "markup": "HTML tags or entities were turned into plain text",
    }
    return mended, [Finding(example.origin, kind, reasons[kind], "changed") for kind in sorted(kinds)]


def _mended(text: str, kinds: Counter[str]) -> str:
    composed = unicodedata.normalize("NFC", text)
    if composed != text:
        kinds["encoding"] += 1
    text = composed.replace("\r\n", "\n").replace("\r", "\n")
    visible = _CONTROLS.sub("", text)
    if visible != text:
        kinds["control characters"] += 1
    text = visible
    if _TAG.search(text) or _ENTITY.search(text):
        kinds["markup"] += 1
        text = html.unescape(_TAG.sub("", _BREAKING_TAG.sub("\n", text)))
    lines = (_SPACES.sub(" ", line).rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _reason_to_drop(example: Example, longest_characters: int) -> Finding | None:
    length = len(example.text) + sum(len(message.content) for message in example.messages)
    if example.messages:
        empty = next((message.role for message in example.messages if not message.content), None)
        if empty is not None:
            what = "answer" if empty == "assistant" else "question" if empty == "user" else "system message"
            return Finding(example.origin, "empty", f"the {what} is empty", "dropped")
        if example.answer.lower().strip(" .") in _PLACEHOLDER:
            return Finding(example.origin, "missing answer", f"the answer is only {example.answer!r}", "dropped")
    elif not example.text:
        return Finding(example.origin, "empty", "the text is empty", "dropped")
    if _MOJIBAKE.search(example.text + "".join(message.content for message in example.messages)):
        return Finding(example.origin, "encoding", "the text was decoded with the wrong encoding", "dropped")
    if length > longest_characters:
        return Finding(example.origin, "too long", f"{length:,} characters; at most {longest_characters:,}", "dropped")
    return None


def _doubts(example: Example) -> Iterator[Finding]:
    whole = example.text + "\n".join(message.content for message in example.messages)
    for kind in personal_data(whole):
        yield Finding(example.origin, "personal data", f"{kind}: the model may say it to anyone", "warning")
    if not example.messages:
        return
    if _CUT_OFF.search(example.answer):
        yield Finding(example.origin, "cut off", f"the answer ends with {example.answer[-20:]!r}", "warning")
    if example.question.strip() == example.answer.strip():
        yield Finding(example.origin, "echo", "the answer repeats the question", "warning")
    if language_of(example.question) != language_of(example.answer):
        yield Finding(example.origin, "language", "question and answer are in different languages", "warning")


def _without_repeats(examples: Sequence[Example]) -> tuple[list[Example], list[Finding]]:
    """Drop examples that say what an earlier one says; the earlier one stays."""
    texts = [example.text or "\n".join(message.content for message in example.messages) for example in examples]
    first: dict[str, int] = {}
    findings: list[Finding] = []
    dropped: set[int] = set()
    for later, text in enumerate(texts):
        key = "".join(text.lower().split())
        if key in first:
            where = _where(examples[first[key]])
            findings.append(Finding(examples[later].origin, "duplicate", f"the same as {where}", "dropped"))
            dropped.add(later)
        first.setdefault(key, later)
    left = [index for index in range(len(examples)) if index not in dropped]
    for earlier, later in near_duplicates([texts[index] for index in left]):
        where = _where(examples[left[earlier]])
        origin = examples[left[later]].origin
        findings.append(Finding(origin, "near-duplicate", f"nearly the same as {where}", "dropped"))
        dropped.add(left[later])
    return [example for index, example in enumerate(examples) if index not in dropped], findings


def _contradictions(examples: Sequence[Example]) -> Iterator[Finding]:
    """Warn of one question with different answers: the model would learn to guess between them."""
    answered: dict[tuple[str, ...], Example] = {}
    for example in examples:
        if not example.messages:
            continue
        asked = tuple("".join(message.content.lower().split()) for message in example.messages[:-1])
        earlier = answered.setdefault(asked, example)
        if earlier is not example:
            reason = f"the same question as {_where(earlier)} with another answer"
            yield Finding(example.origin, "contradiction", reason, "warning")


def _where(example: Example) -> str:
    return f"{example.origin.file.name}, line {example.origin.line}"
