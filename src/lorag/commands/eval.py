"""``lorag eval``: what retrieval finds and what is answered, measured on a question set."""

import argparse
import asyncio
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from lorag.commands.eval_checks import note_of_unknown, unknown_sources
from lorag.commands.eval_rows import Evaluation, certain, planned_rows
from lorag.commands.eval_show import Shown, as_record, print_tables, print_worst, write_report
from lorag.commands.setup import settings_from
from lorag.commands.terminal import StatusLine, harmless_json, harmless_line, never_fail_on_encoding
from lorag.errors import UsageError
from lorag.evaluation.questions import Question, read_questions
from lorag.evaluation.summary import compared
from lorag.settings import Settings
from lorag.translation.locale import locale_language
from lorag.translation.translate import in_locale

_REPORTS = frozenset({".html", ".htm", ".md", ".markdown"})


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked: evaluate, or draft questions, or calibrate."""
    never_fail_on_encoding()
    if arguments.action != "run":
        code: int = importlib.import_module(f"lorag.commands.eval_{arguments.action}").run(arguments)
        return code
    _check(arguments)
    settings = certain(settings_from(arguments), arguments)
    questions = chosen(read_questions(Path(arguments.questions)), arguments.limit)
    plans = planned_rows(settings, arguments.of_models, arguments.of_adapters, arguments.of_rag)
    if any(plan.spec.rag for plan in plans):
        _tell_unknown_sources(settings, questions)
    status = StatusLine(sys.stderr)
    evaluation = Evaluation(settings, questions, lambda text: status.show(harmless_line(text)))
    try:
        legs = evaluation.legs() if any(plan.spec.rag for plan in plans) else []
        rows = asyncio.run(evaluation.rows(plans))
    finally:
        status.clear()
        evaluation.close()
    shown = Shown(Path(arguments.questions), tuple(questions), tuple(legs), tuple(rows), tuple(compared(rows)))
    language = locale_language()
    if arguments.json:
        print(harmless_json(as_record(shown), sys.stdout))
    else:
        print_tables(shown, language)
        print_worst(shown, arguments.worst, language)
    if arguments.report:
        write_report(shown, Path(arguments.report), arguments.worst, language)
        label = "보고서" if language == "ko" else "report"
        print(f"{label}: {harmless_line(arguments.report)}", file=sys.stderr)
    return 0


def _tell_unknown_sources(settings: Settings, questions: Sequence[Question]) -> None:
    note = note_of_unknown(list(unknown_sources(settings, questions)))
    if note is not None:
        print(f"lorag: {harmless_line(in_locale(note))}", file=sys.stderr)


def chosen(questions: list[Question], limit: int | None) -> list[Question]:
    """Return the questions to ask: all, or ``limit`` spread evenly over the set."""
    if limit is None or limit >= len(questions):
        return questions
    if limit < 1:
        raise UsageError("--limit needs at least one question")
    return [questions[index * len(questions) // limit] for index in range(limit)]


def _check(arguments: argparse.Namespace) -> None:
    if arguments.questions is None:
        raise UsageError("give a question set: lorag eval QUESTIONS; lorag eval make --out FILE drafts one to edit")
    if arguments.worst < 0:
        raise UsageError("--worst needs a number of questions, 0 for none")
    _check_report(arguments.report)


def _check_report(path: str | None) -> None:
    """Refuse what could not be written before an hour has been spent on measuring."""
    if path is None:
        return
    target = Path(path)
    if target.suffix.lower() not in _REPORTS:
        raise UsageError(f"--report {path}: the name must end in .html or .md")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"--report {path}: the folder {target.absolute().parent} does not exist")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("--report draws plots with matplotlib; install it with: pip install 'lorag[train]'")
