"""Make examples fit to learn from, and report every row that is dropped, changed or doubtful."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lorag.documents.normalise import normalise
from lorag.prompts.language import language_of
from lorag.prompts.messages import Message
from lorag.tuning.examples import Example, Finding
from lorag.tuning.mojibake import is_broken, repaired
from lorag.tuning.personal import personal_data
from lorag.tuning.repeats import contradictions, without_repeats

_TAG: Final = re.compile(
    r"</?(?:p|br|div|span|b|i|u|em|strong|a|ul|ol|li|h[1-6]|table|thead|tbody|tr|td|th|font|img)\b[^<>]*>",
    re.IGNORECASE,
)
_BREAKING_TAG: Final = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_ENTITY: Final = re.compile(
    r"&(?:nbsp|amp|lt|gt|quot|apos|middot|hellip|[lr][sd]quo|[mn]dash|copy|#\d{2,5}|#x[\da-f]{2,5});", re.IGNORECASE
)
_HIDDEN: Final = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
_INLINE_CODE: Final = re.compile(r"`[^`\n]+`")
_RAW_FACTOR: Final = 5
"""How many times longer than allowed a row may be before markup is taken out of it."""
_PLACEHOLDERS: Final = frozenset(
    {
        "n/a",
        "na",
        "none",
        "null",
        "nan",
        "-",
        "--",
        "tbd",
        "todo",
        "?",
        "없음",
        "미정",
        "답변 없음",
        "무응답",
        "해당 없음",
    }
)
_CUT_OFF: Final = re.compile(
    r"(?:\.\.\.|…|[,(\[{:;]|\b(?:and|or|the|to|of|a|with)|[은는을를의]|그리고|하지만|또는)$", re.IGNORECASE
)
_SENTENCE_END: Final = re.compile(r"[.!?。！？…)\]}\"'”’`|:]$|[다요죠음함됨임]$")
_MOST_LAYERS: Final = 4
_SHORT_ANSWER: Final = 20
_FEWEST_CUT: Final = 3
_CUT_LENGTH: Final = 100
_SPACES: Final = re.compile(r"[ \t]+")
_WIDE_SPACE: Final = re.compile(r"[\u00a0\u3000]")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_CITATION: Final = re.compile(r"\[\d{1,3}\]")
_CHANGES: Final[Mapping[str, str]] = {
    "control characters": "control or invisible characters were removed",
    "encoding": "text read with a wrong encoding, or in a decomposed form, was put right",
    "markup": "HTML tags or entities were turned into plain text",
}


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
    mended: list[Example] = []
    for example in examples:
        if _length(example) > longest_characters * _RAW_FACTOR:
            findings.append(_too_long(example, longest_characters))
            continue
        cleaned, changes = _cleaned(example)
        mended.append(cleaned)
        findings += changes
    labels = _labels(mended)
    kept: list[Example] = []
    for example in mended:
        problem = _reason_to_drop(example, longest_characters, labels)
        if problem is not None:
            findings.append(problem)
        else:
            kept.append(example)
    kept, repeats = without_repeats(kept)
    findings += repeats
    for example in kept:
        findings += _doubts(example)
    findings += _cut_at_one_length(kept)
    findings += contradictions(kept)
    findings.sort(key=lambda finding: (str(finding.origin.file), finding.origin.line))
    languages = Counter(language_of(example.answer or example.text) for example in kept)
    return CleanResult(tuple(kept), tuple(findings), dict(sorted(languages.items())))


def _cleaned(example: Example) -> tuple[Example, list[Finding]]:
    """Return the example with its text mended, and one finding for each kind of mending."""
    kinds: set[str] = set()
    messages = tuple(Message(message.role, _fully_mended(message.content, kinds)) for message in example.messages)
    mended = replace(example, messages=messages, text=_fully_mended(example.text, kinds))
    return mended, [Finding(example.origin, kind, _CHANGES[kind], "changed") for kind in sorted(kinds)]


def _fully_mended(raw: str, kinds: set[str]) -> str:
    """Mend until nothing is left to mend: what was escaped or decoded twice comes out in layers."""
    text = _mended(raw, kinds)
    for _ in range(_MOST_LAYERS):
        before, text = text, _mended(text, kinds)
        if text == before:
            break
    return text


def _mended(raw: str, kinds: set[str]) -> str:
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    meant = repaired(text) or text
    composed = unicodedata.normalize("NFC", meant)
    if composed != text:
        kinds.add("encoding")
    text = normalise(composed)
    if text != composed:
        kinds.add("control characters")
    plain = _without_markup(text)
    if plain != text:
        kinds.add("markup")
    lines = (line.rstrip() for line in _WIDE_SPACE.sub(" ", plain).split("\n"))
    # Indentation is kept: it means something in code and lists.
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _without_markup(text: str) -> str:
    """Return text without HTML; text that shows code keeps it, for there it is what is talked about."""
    if "```" in text or any("<" in code for code in _INLINE_CODE.findall(text)):
        return text
    shown = text
    for start, end in _HIDDEN:
        shown = _without_stretches(shown, start, end)
    if shown == text and not (_TAG.search(text) or _ENTITY.search(text)):
        return text
    plain = _TAG.sub("", _BREAKING_TAG.sub("\n", shown))
    return _SPACES.sub(" ", normalise(html.unescape(plain)))


def _without_stretches(text: str, start: str, end: str) -> str:
    """Take out everything from each ``start`` to the next ``end``, in time that grows with the text alone."""
    lower = text.lower()
    if start not in lower or len(lower) != len(text):
        return text
    kept: list[str] = []
    position = 0
    while (first := lower.find(start, position)) >= 0 and (last := lower.find(end, first)) >= 0:
        kept.append(text[position:first])
        position = last + len(end)
    return "".join([*kept, text[position:]])


def _labels(examples: Sequence[Example]) -> frozenset[str]:
    """Return the short answers that so many rows have that they are a choice, not a blank that was left open."""
    answers = Counter(_bare(example.answer) for example in examples if example.messages)
    return frozenset(answer for answer, count in answers.items() if count > 3 and count * 10 > len(examples))


def _bare(answer: str) -> str:
    return answer.lower().strip(" .")


def _reason_to_drop(example: Example, longest_characters: int, labels: frozenset[str]) -> Finding | None:
    if not example.messages and not example.text:
        return Finding(example.origin, "empty", "the text is empty", "dropped")
    empty = next((message.role for message in example.messages if not message.content), None)
    if empty is not None:
        what = {"assistant": "answer", "user": "question", "system": "system message"}[empty]
        return Finding(example.origin, "empty", f"the {what} is empty", "dropped")
    answer = _bare(example.answer)
    if example.messages and answer in _PLACEHOLDERS and answer not in labels:
        return Finding(example.origin, "missing answer", f"the answer is only {example.answer!r}", "dropped")
    if is_broken(example.text) or any(is_broken(message.content) for message in example.messages):
        return Finding(example.origin, "encoding", "text read with a wrong encoding, beyond repair", "dropped")
    return _too_long(example, longest_characters) if _length(example) > longest_characters else None


def _length(example: Example) -> int:
    return len(example.text) + sum(len(message.content) for message in example.messages)


def _too_long(example: Example, longest_characters: int) -> Finding:
    reason = f"{_length(example):,} characters; at most {longest_characters:,}"
    return Finding(example.origin, "too long", reason, "dropped")


def _doubts(example: Example) -> Iterator[Finding]:
    whole = "\n".join([example.text, *(message.content for message in example.messages)])
    for kind in personal_data(whole):
        yield Finding(example.origin, "personal data", f"{kind}: the model may say it to anyone", "warning")
    if not example.messages:
        return
    asked = "\n".join(message.content for message in example.messages[:-1])
    if len(example.answer) > _SHORT_ANSWER and (_CUT_OFF.search(example.answer) or example.answer.count("```") % 2):
        yield Finding(example.origin, "cut off", f"the answer ends with {example.answer[-20:]!r}", "warning")
    if "".join(example.question.split()) == "".join(example.answer.split()):
        yield Finding(example.origin, "echo", "the answer repeats the question", "warning")
    if language_of(example.question) != language_of(example.answer):
        yield Finding(example.origin, "language", "question and answer are in different languages", "warning")
    if _CITATION.search(example.answer) and not _CITATION.search(asked):
        reason = "the answer cites a number that the question does not show: the model learns to invent citations"
        yield Finding(example.origin, "citation", reason, "warning")


def _cut_at_one_length(examples: Sequence[Example]) -> Iterator[Finding]:
    """Warn of answers that all stop in mid-sentence at the same length: an export has cut them."""
    unfinished = [example for example in examples if example.messages and not _SENTENCE_END.search(example.answer)]
    longest = max((len(example.answer) for example in unfinished), default=0)
    cut = [example for example in unfinished if len(example.answer) == longest]
    if len(cut) >= _FEWEST_CUT and longest >= _CUT_LENGTH:
        for example in cut:
            reason = f"{len(cut)} answers stop in mid-sentence after exactly {longest} characters"
            yield Finding(example.origin, "cut off", reason, "warning")
