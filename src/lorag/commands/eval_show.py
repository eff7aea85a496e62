"""What an evaluation found, for a terminal, for programs and as a report."""

import dataclasses
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.commands.terminal import harmless, harmless_line
from lorag.evaluation.eval_tables import LegScores, answer_table, comparison_table, retrieval_table
from lorag.evaluation.outcomes import Outcome, scores_of, short_name, worst
from lorag.evaluation.questions import Question
from lorag.evaluation.summary import Comparison, EvaluatedRow
from lorag.prompts.language import Language

_HEADINGS: Final[dict[str, dict[Language, str]]] = {
    "retrieval": {"en": "Retrieval, before any threshold", "ko": "검색 (기준값 적용 전)"},
    "answers": {"en": "Answers", "ko": "답"},
    "compared": {"en": "Differences (in points)", "ko": "차이 (점)"},
    "worst": {"en": "Worst questions", "ko": "가장 나빴던 질문"},
    "asked": {
        "en": "{count} questions, {answerable} with an answer in the documents, {unanswerable} without",
        "ko": "질문 {count}개, 문서에 답이 있는 것 {answerable}개, 없는 것 {unanswerable}개",
    },
}
_LONGEST: Final = 300
_LONGEST_SHOWN: Final = 160
_PIPE_WIDTH: Final = 160
_REPORTED_WORST: Final = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything an evaluation found."""

    file: Path
    questions: tuple[Question, ...]
    legs: tuple[LegScores, ...]
    rows: tuple[EvaluatedRow, ...]
    comparisons: tuple[Comparison, ...]


def print_tables(shown: Shown, language: Language) -> None:
    """Print how many were asked and the three tables."""
    width = terminal_width()
    print(asked(shown, language))
    retrieval = retrieval_table(shown.legs, language)
    if retrieval.rows:
        print(f"\n{_HEADINGS['retrieval'][language]}\n{retrieval.as_text(width)}")
    print(f"\n{_HEADINGS['answers'][language]}\n{harmless(answer_table(shown.rows, language).as_text(width))}")
    if shown.comparisons:
        table = comparison_table(shown.comparisons, language)
        print(f"\n{_HEADINGS['compared'][language]}\n{harmless(table.as_text(width))}")


def terminal_width() -> int:
    """Return how wide a table may be: the terminal, or wide enough for all columns in a file."""
    return shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else _PIPE_WIDTH


def asked(shown: Shown, language: Language) -> str:
    """Return how many questions there were."""
    answerable = sum(question.answerable for question in shown.questions)
    return _HEADINGS["asked"][language].format(
        count=len(shown.questions), answerable=answerable, unanswerable=len(shown.questions) - answerable
    )


def print_worst(shown: Shown, count: int, language: Language) -> None:
    """Print what was retrieved and said where it went worst."""
    if count:
        print(f"\n{_HEADINGS['worst'][language]}")
        for line in worst_lines(shown, count):
            print(line)


def worst_lines(shown: Shown, count: int) -> Iterator[str]:
    """Yield the lines of the drill-down."""
    for index in worst([row.outcomes for row in shown.rows], count):
        question = shown.questions[index]
        yield ""
        yield f"{harmless_line(shown.file.name)}:{question.line}  {harmless_line(question.question)}"
        yield f"  right     {_right(question)}"
        for row in shown.rows:
            yield from _said(row.spec.name, row.outcomes[index])


def _right(question: Question) -> str:
    if not question.answerable:
        return "a refusal: the documents do not hold it"
    places = ", ".join(question.sources)
    return _cut(" | ".join(question.references) or "(no reference)") + (
        f"  ({harmless_line(places)})" if places else ""
    )


def _said(row: str, outcome: Outcome) -> Iterator[str]:
    scores = scores_of(outcome)
    figures = ", ".join(
        f"{title} {value * 100:.0f} %"
        for name, title in (("contains", "holds answer"), ("character_f1", "char F1"), ("found", "found"))
        if (value := scores[name]) is not None
    )
    yield f"  {row}" + (f"  ({figures})" if figures else "")
    if outcome.grounded:
        yield f"    searched  {harmless_line(outcome.query)}"
        for number, passage in enumerate(outcome.passages, 1):
            yield f"    shown {number}   {harmless_line(short_name(passage.path))}: {_cut(passage.text, _LONGEST_SHOWN)}"
        if not outcome.passages:
            yield "    shown     nothing was relevant enough"
    yield f"    said      {_cut(outcome.answer) or '(nothing)'}"


def _cut(text: str, longest: int = _LONGEST) -> str:
    line = harmless_line(text)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def as_record(shown: Shown) -> dict[str, Any]:
    """Return everything as ``lorag eval --json`` gives it; keys stay, new ones may come."""
    return {
        "questions": len(shown.questions),
        "retrieval": {leg.leg: leg.figures() for leg in shown.legs if leg.figures()},
        "rows": [_row_record(row) for row in shown.rows],
        "comparisons": [dataclasses.asdict(comparison) for comparison in shown.comparisons],
    }


def _row_record(row: EvaluatedRow) -> dict[str, Any]:
    counts = row.counts()
    return {
        **dataclasses.asdict(row.spec),
        "metrics": {
            name: {**dataclasses.asdict(interval), "questions": counts[name]}
            for name, interval in row.summary().items()
        },
        "answers": [
            {
                "line": outcome.question.line,
                "question": outcome.question.question,
                "answer": outcome.answer,
                "refused": outcome.refused,
                "query": outcome.query,
                "passages": [dataclasses.asdict(passage) for passage in outcome.passages],
                "citations": [dataclasses.asdict(citation) for citation in outcome.citations],
                "scores": scores,
            }
            for outcome, scores in zip(row.outcomes, row.scores, strict=True)
        ],
    }


def write_report(shown: Shown, path: Path, worst_count: int) -> None:
    """Write an HTML or Markdown report with plots."""
    from lorag.evaluation.plots import answer_plot, retrieval_plot  # noqa: PLC0415 - matplotlib is for reports only
    from lorag.evaluation.report import Report, Section  # noqa: PLC0415 - as above

    sections: list[Section] = [Section("", asked(shown, "en"))]
    retrieval = retrieval_table(shown.legs, "en")
    if retrieval.rows:
        sections.append(Section(_HEADINGS["retrieval"]["en"], retrieval, retrieval_plot(shown.legs)))
    sections.append(Section(_HEADINGS["answers"]["en"], answer_table(shown.rows, "en"), answer_plot(shown.rows)))
    if shown.comparisons:
        sections.append(Section(_HEADINGS["compared"]["en"], comparison_table(shown.comparisons, "en")))
    lines = list(worst_lines(shown, worst_count or _REPORTED_WORST))
    if lines:
        sections.append(Section(_HEADINGS["worst"]["en"], "\n".join(lines).strip(), verbatim=True))
    Report(f"Evaluation of {harmless_line(shown.file.name)}", tuple(sections)).write(path)
