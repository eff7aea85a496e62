"""The questions that went worst: what was right, what was searched and shown, and what was said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.cells import cell_len

from lorag.commands.terminal import harmless_line
from lorag.evaluation.eval_tables import TITLES
from lorag.evaluation.outcomes import Outcome, scores_of, short_name, worst
from lorag.evaluation.questions import Question
from lorag.evaluation.summary import EvaluatedRow
from lorag.prompts.language import Language

_LONGEST: Final = 300
_LONGEST_SHOWN: Final = 160
_LABEL_CELLS: Final = 10
_SCORES: Final = ("contains", "character_f1", "found")
_TEXTS: Final[dict[Language, Mapping[str, str]]] = {
    "en": {
        "right": "right",
        "refusal": "a refusal: the documents do not hold it",
        "no_reference": "(no reference)",
        "searched": "searched",
        "shown": "shown",
        "irrelevant": "nothing was relevant enough",
        "said": "said",
        "nothing": "(nothing)",
    },
    "ko": {
        "right": "정답",
        "refusal": "거절: 문서에 없는 내용",
        "no_reference": "(정답이 적혀 있지 않음)",
        "searched": "검색어",
        "shown": "문단",
        "irrelevant": "충분히 관련 있는 것이 없었음",
        "said": "답",
        "nothing": "(없음)",
    },
}


def worst_lines(
    file: str, questions: Sequence[Question], rows: Sequence[EvaluatedRow], count: int, language: Language
) -> Iterator[str]:
    """Yield the lines of the drill-down."""
    for index in worst([row.outcomes for row in rows], count):
        question = questions[index]
        yield ""
        yield f"{harmless_line(file)}:{question.line}  {harmless_line(question.question)}"
        yield f"  {_labelled('right', language)}{_right(question, language)}"
        for row in rows:
            yield from _said(row.spec.name, row.outcomes[index], language)


def _right(question: Question, language: Language) -> str:
    texts = _TEXTS[language]
    if not question.answerable:
        return texts["refusal"]
    places = ", ".join(question.sources)
    return _cut(" | ".join(question.references) or texts["no_reference"]) + (
        f"  ({harmless_line(places)})" if places else ""
    )


def _said(row: str, outcome: Outcome, language: Language) -> Iterator[str]:
    texts, scores = _TEXTS[language], scores_of(outcome)
    figures = ", ".join(
        f"{TITLES[name][language]} {value * 100:.0f} %" for name in _SCORES if (value := scores[name]) is not None
    )
    yield f"  {row}" + (f"  ({figures})" if figures else "")
    if outcome.grounded:
        yield f"    {_labelled('searched', language)}{harmless_line(outcome.query)}"
        for number, passage in enumerate(outcome.passages, 1):
            label = _labelled("shown", language, str(number))
            yield f"    {label}{harmless_line(short_name(passage.path))}: {_cut(passage.text, _LONGEST_SHOWN)}"
        if not outcome.passages:
            yield f"    {_labelled('shown', language)}{texts['irrelevant']}"
    yield f"    {_labelled('said', language)}{_cut(outcome.answer) or texts['nothing']}"


def _labelled(name: str, language: Language, number: str = "") -> str:
    label = f"{_TEXTS[language][name]} {number}".rstrip()
    return label + " " * max(1, _LABEL_CELLS - cell_len(label))


def _cut(text: str, longest: int = _LONGEST) -> str:
    line = harmless_line(text)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
