"""``lorag eval calibrate``: the refusal threshold of a library, from questions about it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lorag.commands.eval_calibrate_show import Calibrated, print_calibration, print_reset
from lorag.commands.eval_make import FROM_LIBRARY, drafts_from
from lorag.commands.searching import open_searcher
from lorag.commands.setup import settings_from
from lorag.commands.terminal import StatusLine, harmless_json
from lorag.errors import LoragError, UsageError
from lorag.evaluation.calibration import FEWEST_ANSWERABLE, FEWEST_UNANSWERABLE, Evidence, calibrate
from lorag.evaluation.questions import Question, read_questions
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.retrieval.calibrated import calibrated_threshold, keep_threshold
from lorag.retrieval.passages import SearchFilter
from lorag.retrieval.search import Explanation
from lorag.settings import Settings
from lorag.translation.locale import locale_language

_DRAFTED: Final = 200
_SHARE_WITHOUT: Final = 0.4


def run(arguments: argparse.Namespace) -> int:
    """Set the threshold, or show what it would be."""
    settings = settings_from(arguments)
    library = settings.paths.library
    if not library.exists():
        raise LoragError("the library is empty, so there is nothing to calibrate; add files with: lorag add PATH")
    with Database.open(library) as database:
        if arguments.reset:
            keep_threshold(database, None)
            return _say_reset(settings, as_json=arguments.json)
        if not corpus_size(database).chunks:
            raise LoragError("the library is empty, so there is nothing to calibrate; add files with: lorag add PATH")
        questions = _questions(settings, arguments.questions)
        done = Calibrated(
            calibrate(_evidence(settings, database, questions), _own_threshold(database)),
            sum(question.drafted and question.answerable for question in questions),
            arguments.dry_run,
            "threshold" in settings.model_fields_set,
            library,
        )
        if done.is_kept:
            keep_threshold(database, done.calibration.threshold)
    if arguments.json:
        print(harmless_json(done.record(), sys.stdout))
        return 0
    print_calibration(done, locale_language())
    return 0


def _say_reset(settings: Settings, *, as_json: bool) -> int:
    if as_json:
        print(harmless_json({"reset": True, "threshold": settings.threshold, "kept": False}, sys.stdout))
    else:
        print_reset(settings.threshold, locale_language())
    return 0


def _own_threshold(database: Database) -> float:
    """Return what the library goes by where no setting overrides it: that is what a calibration replaces."""
    own = calibrated_threshold(database)
    return float(Settings.model_fields["threshold"].default) if own is None else own


def _questions(settings: Settings, path: str | None) -> list[Question]:
    """Return the questions given, or drafts.

    Raises:
        UsageError: There are too few of a kind.
    """
    if path is None:
        drafts = drafts_from(settings, FROM_LIBRARY, _DRAFTED, _SHARE_WITHOUT, seed=0)
        questions = [
            Question(line, item.question, (), (), (), item.answerable, drafted=True)
            for line, item in enumerate(drafts, 1)
        ]
    else:
        questions = read_questions(Path(path))
    answerable = sum(question.answerable for question in questions)
    if answerable < FEWEST_ANSWERABLE or len(questions) - answerable < FEWEST_UNANSWERABLE:
        raise UsageError(
            f"{path or 'the library'} gives {answerable} questions with an answer and {len(questions) - answerable} "
            f"without; calibration needs {FEWEST_ANSWERABLE} and {FEWEST_UNANSWERABLE} at least "
            '(a row without an answer has "answerable": false)'
        )
    return questions


def _evidence(settings: Settings, database: Database, questions: Sequence[Question]) -> list[Evidence]:
    status = StatusLine(sys.stderr)
    searcher = open_searcher(settings, database)
    found: list[Evidence] = []
    for number, question in enumerate(questions, 1):
        status.show(f"searching {number}/{len(questions)}")
        explained = searcher.explain(question.question, filter=SearchFilter(collections=settings.collection))
        found.append(evidence_of(question, explained))
    status.clear()
    return found


def evidence_of(question: Question, explained: Explanation) -> Evidence:
    """Return the best that a search found, in the unit of the setting: how much is enough depends on the library's size."""
    unit = explained.options.threshold / explained.threshold if explained.threshold else 1.0
    relevance = min(1.0, unit * max((chunk.relevance for chunk in explained.ranked), default=0.0))
    return Evidence(question.question, relevance, question.answerable)
