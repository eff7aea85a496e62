"""What an evaluation found, for a terminal, for programs and as a report."""

import dataclasses
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.commands.eval_worst import worst_lines
from lorag.commands.terminal import harmless, harmless_line
from lorag.evaluation.eval_tables import LegScores, answer_table, comparison_table, retrieval_table
from lorag.evaluation.questions import Question
from lorag.evaluation.summary import Comparison, EvaluatedRow
from lorag.prompts.language import Language

_HEADINGS: Final[dict[str, dict[Language, str]]] = {
    "retrieval": {"en": "Retrieval, before any threshold", "ko": "검색 (기준값 적용 전)"},
    "answers": {"en": "Answers", "ko": "답"},
    "compared": {"en": "Differences (in points)", "ko": "차이 (점)"},
    "worst": {"en": "Worst questions", "ko": "가장 나빴던 질문"},
    "report": {"en": "Evaluation of {name}", "ko": "{name} 평가"},
    "asked": {
        "en": "{count} questions, {answerable} with an answer in the documents, {unanswerable} without",
        "ko": "질문 {count}개, 문서에 답이 있는 것 {answerable}개, 없는 것 {unanswerable}개",
    },
}
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
        for line in _worst(shown, count, language):
            print(line)


def _worst(shown: Shown, count: int, language: Language) -> Iterator[str]:
    return worst_lines(shown.file.name, shown.questions, shown.rows, count, language)


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


def write_report(shown: Shown, path: Path, worst_count: int, language: Language) -> None:
    """Write an HTML or Markdown report; its plots keep English words, which any font can draw."""
    from lorag.evaluation.plots import answer_plot, retrieval_plot  # noqa: PLC0415 - matplotlib is for reports only
    from lorag.evaluation.report import Report, Section  # noqa: PLC0415 - as above

    def heading(name: str) -> str:
        return _HEADINGS[name][language]

    sections: list[Section] = [Section("", asked(shown, language))]
    retrieval = retrieval_table(shown.legs, language)
    if retrieval.rows:
        sections.append(Section(heading("retrieval"), retrieval, retrieval_plot(shown.legs)))
    sections.append(Section(heading("answers"), answer_table(shown.rows, language), answer_plot(shown.rows)))
    if shown.comparisons:
        sections.append(Section(heading("compared"), comparison_table(shown.comparisons, language)))
    lines = list(_worst(shown, worst_count or _REPORTED_WORST, language))
    if lines:
        sections.append(Section(heading("worst"), "\n".join(lines).strip(), verbatim=True))
    Report(heading("report").format(name=harmless_line(shown.file.name)), tuple(sections)).write(path)
