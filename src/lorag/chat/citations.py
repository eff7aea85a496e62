"""The citations of an answer: which are real, and whether the words beside them stand in the sentence they point at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lorag.chat.events import Citation
from lorag.chat.matching import stands_in
from lorag.chat.numbering import Sentence
from lorag.documents.sentences import split_sentences

_LIST = r"\d{1,4}(?:\s*[,，、–~-]\s*\d{1,4})*"
_CITATION = re.compile(rf"[\[【]\s*({_LIST})\s*[\]】]")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """An answer whose citations all point at sentences that were sent."""

    text: str
    citations: tuple[Citation, ...]
    """In the order of their first mention, each number once."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Citations that stand side by side, as in ``[1][2]`` or ``[1, 2]``."""

    start: int
    end: int
    numbers: tuple[int, ...]


def has_citation(answer: str) -> bool:
    """Tell whether an answer cites any sentence."""
    return _CITATION.search(answer) is not None


def without_citations(answer: str) -> str:
    """Return the words of ``answer`` alone: citations are of use only beside the sentences they point at."""
    bare = _without_unsent(answer, {}).split("\n")
    # Where a citation opened the line, the space behind it goes too; code keeps its indent.
    opened = [_CITATION.match(line) is not None for line in answer.split("\n")]
    return "\n".join(line.lstrip(" ") if cited else line for line, cited in zip(bare, opened, strict=True))


def check_citations(answer: str, sentences: Mapping[int, Sentence]) -> CheckedAnswer:
    """Remove the citations of ``answer`` that point at nothing and verify the others."""
    if not sentences:
        return CheckedAnswer(answer, ())
    text = answer
    # What is left around a removed citation can become one itself: "[1[9]1]".
    while (cleaned := _without_unsent(text, sentences)) != text:
        text = cleaned
    verdicts: dict[int, bool] = {}
    for mark, before, after in _claims(text):
        for number in mark.numbers:
            stands = any(claim and stands_in(claim, sentences[number].text) for claim in (before, after))
            # One claim that does not stand in the sentence is enough to make a reader look.
            verdicts[number] = verdicts.get(number, True) and stands
    return CheckedAnswer(text, tuple(_citation(n, sentences[n], verified) for n, verified in verdicts.items()))


def _citation(number: int, sentence: Sentence, verified: bool) -> Citation:
    first, last = sentence.lines
    return Citation(
        n=number,
        passage=sentence.passage,
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
        line_start=first,
        line_end=last,
        verified=verified,
    )


def _without_unsent(answer: str, sentences: Mapping[int, Sentence]) -> str:
    """Return ``answer`` with only the numbers that were sent; code is left alone, where ``[0]`` is an index."""
    parts: list[str] = []
    end = 0
    for match in _outside_code(answer):
        asked = _numbers(match.group(1))
        sent = [number for number in asked if number in sentences]
        kept = answer[end : match.start()]
        if not sent:
            # The space belonged to the citation: "words [9]." becomes "words.".
            kept = kept.rstrip(" ")
        parts.append(kept)
        if sent:
            parts.append(match.group() if sent == asked else f"[{', '.join(map(str, sent))}]")
        end = match.end()
    return "".join(parts) + answer[end:]


def _outside_code(text: str) -> Iterator[re.Match[str]]:
    code = [match.span() for match in _CODE.finditer(text)]
    for match in _CITATION.finditer(text):
        if not any(start <= match.start() < end for start, end in code):
            yield match


def _numbers(written: str) -> list[int]:
    """Return the numbers of ``1``, ``1, 2`` or ``1-3``, each once."""
    numbers: list[int] = []
    for part in re.split(r"\s*[,，、]\s*", written):
        ends = [int(end) for end in re.split(r"\s*[–~-]\s*", part)]
        numbers += range(ends[0], ends[-1] + 1)
    return list(dict.fromkeys(numbers))


def _claims(text: str) -> Iterator[tuple[_Mark, str, str]]:
    """Yield each mark with the sentence that ends before it and the one that begins after it, on the same line."""
    marks = _marks(text)
    for index, mark in enumerate(marks):
        line_start = text.rfind("\n", 0, mark.start) + 1
        line_end = text.find("\n", mark.end) if "\n" in text[mark.end :] else len(text)
        left = max(line_start, marks[index - 1].end if index else 0)
        right = min(line_end, marks[index + 1].start if index + 1 < len(marks) else len(text))
        before, after = split_sentences(text[left : mark.start]), split_sentences(text[mark.end : right])
        yield mark, before[-1] if before else "", after[0] if after else ""


def _marks(text: str) -> list[_Mark]:
    marks: list[_Mark] = []
    for match in _outside_code(text):
        numbers = tuple(_numbers(match.group(1)))
        if marks and not text[marks[-1].end : match.start()].strip(" ,"):
            marks[-1] = _Mark(marks[-1].start, match.end(), marks[-1].numbers + numbers)
        else:
            marks.append(_Mark(match.start(), match.end(), numbers))
    return marks
