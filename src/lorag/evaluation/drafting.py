"""Draft questions from documents: a person reads, mends and deletes before they measure anything.

No model is needed: a sentence with a figure is asked for the figure, a named role for its name, a definition for what it
defines, a line ``key: value`` for its value, a section for what it says.
"""

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from lorag.documents.sentences import split_sentences
from lorag.evaluation import drafting_en, drafting_ko
from lorag.evaluation.bundled import bundled_lines
from lorag.evaluation.questions import draft_mark
from lorag.prompts.language import Language, language_of

_MIN_SENTENCE: Final = 20
_MAX_SENTENCE: Final = 240
_SECTION_AFTER: Final = 3
_CELL_BREAK: Final = " | "
"""What stands between the cells of a row of a table, each ``column: value``."""
_HANGUL: Final = re.compile(r"[가-힣]")
_NUMBERING: Final = re.compile(r"^(?:제?\d+(?:\.\d+)*[.)조장항]?|[IVX]+\.|[①-⑳])\s*")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a document."""

    source: str
    """Name or path of the document."""
    title: str
    heading: tuple[str, ...]
    text: str

    @property
    def subject(self) -> str:
        """What it is about: its lowest heading without the number, else its title."""
        return _NUMBERING.sub("", self.heading[-1]).strip() if self.heading else self.title


@dataclass(frozen=True, slots=True)
class Draft:
    """A question to be read by a person."""

    kind: str
    """``figure``, ``name``, ``value``, ``cell``, ``definition``, ``section``, ``near`` or ``outside``."""
    question: str
    answer: str
    """Empty where a person has to write it, and where there is none."""
    source: str
    passage: str
    answerable: bool = True

    def record(self) -> dict[str, Any]:
        """Return the row of a question set."""
        origin = {"kind": self.kind, "draft": draft_mark(self.question)}
        if not self.answerable:
            return {"question": self.question, "answerable": False, **origin}
        record = {"question": self.question, "answer": self.answer, "source": self.source, "passage": self.passage}
        return {**{name: value for name, value in record.items() if value}, **origin}


def draft(stretches: Sequence[Stretch], *, count: int, unanswerable: float, seed: int = 0) -> list[Draft]:
    """Return up to ``count`` drafts spread over documents and kinds; the share ``unanswerable`` has no answer in them."""
    generator = random.Random(seed)
    wanted_without = round(count * unanswerable)
    answerable = _spread(stretches, generator)[: count - wanted_without]
    without = _unanswerable(stretches, generator)[:wanted_without]
    return [*answerable, *without]


def _spread(stretches: Sequence[Stretch], generator: random.Random) -> list[Draft]:
    """Return the drafts of all documents: one of each document in turn."""
    by_source: dict[str, list[Draft]] = {}
    asked: set[str] = set()
    for stretch in stretches:
        for item in drafts_of(stretch):
            key = "".join(item.question.lower().split())
            if key not in asked:
                asked.add(key)
                by_source.setdefault(item.source, []).append(item)
    for items in by_source.values():
        generator.shuffle(items)
    turns = itertools.zip_longest(*(_with_sections(items) for items in by_source.values()))
    return [item for turn in turns for item in turn if item is not None]


def _with_sections(items: Sequence[Draft]) -> Iterator[Draft]:
    """Yield the drafts of a document with a section among every few: its answer is for a person to write, so not more."""
    sections = iter([item for item in items if item.kind == "section"])
    for number, item in enumerate((item for item in items if item.kind != "section"), 1):
        yield item
        if number % (_SECTION_AFTER + 1) == _SECTION_AFTER:
            yield from itertools.islice(sections, 1)
    yield from sections


def drafts_of(stretch: Stretch) -> Iterator[Draft]:
    """Yield every question that one piece of a document gives."""
    lines = [" ".join(sentence.split()) for sentence in split_sentences(stretch.text)]
    language = language_of(stretch.text)
    for line in lines:
        is_korean = language_of(line) == "ko" or (language == "ko" and _HANGUL.search(line))
        for kind, question, answer in _asked(line, stretch.subject, drafting_ko if is_korean else drafting_en):
            yield Draft(kind, question, answer, stretch.source, line)
    first = next((line for line in lines if len(line) >= _MIN_SENTENCE and not line.startswith(("#", "|"))), None)
    if stretch.heading and first and stretch.subject not in {"", stretch.title}:
        question = _module(language).about_section(stretch.title, stretch.subject)
        yield Draft("section", question, "", stretch.source, first)


def _asked(line: str, subject: str, module: ModuleType) -> Iterator[tuple[str, str, str]]:
    if _CELL_BREAK in line:
        cells = [cell.partition(": ") for cell in line.split(_CELL_BREAK)]
        row = cells[0][2]
        if row and all(name and value for name, _, value in cells):
            yield from (("cell", module.about_cell(row, name), value) for name, _, value in cells[1:])
    elif _MIN_SENTENCE <= len(line) <= _MAX_SENTENCE or ": " in line[:40]:
        yield from module.questions(line, subject)


def _module(language: Language) -> ModuleType:
    return drafting_ko if language == "ko" else drafting_en


def _unanswerable(stretches: Sequence[Stretch], generator: random.Random) -> list[Draft]:
    """Return questions that nothing in the documents answers: near them, and from outside, in turn."""
    everything = " ".join(stretch.text.lower() for stretch in stretches)
    near = _near(stretches, everything)
    languages: list[Language] = sorted({language_of(stretch.text) for stretch in stretches})
    outside = [line for language in languages for line in bundled_lines(f"outside.{language}.txt")]
    generator.shuffle(near)
    generator.shuffle(outside)
    drafts = [
        [Draft("near", question, "", "", "", answerable=False) for question in near],
        [Draft("outside", question, "", "", "", answerable=False) for question in outside],
    ]
    return [item for turn in itertools.zip_longest(*drafts) for item in turn if item is not None]


def _near(stretches: Sequence[Stretch], everything: str) -> list[str]:
    """Return questions for something a document's subjects might have, but that no document speaks of."""
    questions: dict[str, None] = {}
    for stretch in stretches:
        if not stretch.subject or stretch.subject.endswith("?"):
            continue
        module = _module(language_of(stretch.text))
        for attribute in module.ATTRIBUTES:
            if attribute.split()[0].lower() not in everything:
                questions[module.about_attribute(stretch.subject, attribute)] = None
    return list(questions)
