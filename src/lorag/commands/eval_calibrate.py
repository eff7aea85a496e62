"""``lorag eval calibrate``: the refusal threshold of a library, from questions about it."""

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from lorag.commands.eval_make import FROM_LIBRARY, drafts_from
from lorag.commands.eval_show import terminal_width
from lorag.commands.searching import chosen_threshold, open_searcher
from lorag.commands.setup import settings_from
from lorag.commands.terminal import StatusLine, harmless_json
from lorag.commands.words import locale_language
from lorag.errors import LoragError, UsageError
from lorag.evaluation.calibration import (
    FEWEST_ANSWERABLE,
    FEWEST_UNANSWERABLE,
    Calibration,
    Evidence,
    Rates,
    calibrate,
)
from lorag.evaluation.questions import Question, read_questions
from lorag.evaluation.table import Cell, Column, merged
from lorag.library.database import Database
from lorag.prompts.language import Language
from lorag.retrieval.calibrated import keep_threshold
from lorag.retrieval.passages import SearchFilter
from lorag.retrieval.search import Explanation
from lorag.settings import Settings

_DRAFTED: Final = 200
_SHARE_WITHOUT: Final = 0.4
_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "before": "now",
        "after": "calibrated",
        "unseen": "on unseen questions",
        "threshold": "threshold",
        "refused": "false refusals",
        "answered": "false answers",
        "drafts": (
            "Set from drafts, which repeat the documents' words: real questions score lower. For a setting to rely on, "
            "edit a set made by lorag eval make and give it here."
        ),
        "kept": "The library uses this from now on; lorag eval calibrate --reset goes back to the settings.",
        "dry": "Nothing was changed (--dry-run).",
        "reset": "The library follows the settings again.",
    },
    "ko": {
        "before": "지금",
        "after": "보정 후",
        "unseen": "처음 보는 질문에서",
        "threshold": "기준값",
        "refused": "그른 거절",
        "answered": "그른 답",
        "drafts": (
            "초안 질문은 문서의 말을 그대로 쓰므로 실제 질문보다 점수가 높습니다. 믿고 쓸 값을 얻으려면 "
            "lorag eval make 로 만든 질문을 고쳐서 여기에 주세요."
        ),
        "kept": "이제부터 이 문서함은 이 값을 씁니다. 되돌리기: lorag eval calibrate --reset",
        "dry": "바꾼 것이 없습니다 (--dry-run).",
        "reset": "문서함이 다시 설정값을 따릅니다.",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Set the threshold, or show what it would be."""
    settings = settings_from(arguments)
    texts = _TEXTS[locale_language()]
    if not settings.paths.library.exists():
        raise LoragError("the library is empty, so there is nothing to calibrate; add files with: lorag add PATH")
    with Database.open(settings.paths.library) as database:
        if arguments.reset:
            keep_threshold(database, None)
            print(texts["reset"])
            return 0
        questions = _questions(settings, arguments.questions)
        calibration = calibrate(_evidence(settings, database, questions), chosen_threshold(settings, database))
        if not arguments.dry_run:
            keep_threshold(database, calibration.threshold)
    if arguments.json:
        print(harmless_json({**dataclasses.asdict(calibration), "kept": not arguments.dry_run}, sys.stdout))
        return 0
    _print(calibration, texts)
    if arguments.questions is None:
        print(f"\n{texts['drafts']}")
    print(texts["dry" if arguments.dry_run else "kept"])
    return 0


def _questions(settings: Settings, path: str | None) -> list[Question]:
    """Return the questions given, or drafts.

    Raises:
        UsageError: There are too few of a kind.
    """
    if path is None:
        drafts = drafts_from(settings, FROM_LIBRARY, _DRAFTED, _SHARE_WITHOUT, seed=0)
        questions = [Question(line, item.question, (), (), (), item.answerable) for line, item in enumerate(drafts, 1)]
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


def _print(calibration: Calibration, texts: dict[str, str]) -> None:
    columns = [
        Column("row", ""),
        Column("threshold", texts["threshold"], 3),
        Column("refused", texts["refused"], 0),
        Column("answered", texts["answered"], 0),
    ]
    print(merged(list(_rows(calibration, texts)), columns).as_text(terminal_width()))


def _rows(calibration: Calibration, texts: dict[str, str]) -> Iterator[dict[str, Cell]]:
    yield {"row": texts["before"], "threshold": calibration.present, **_cells(calibration.before)}
    yield {"row": texts["after"], "threshold": calibration.threshold, **_cells(calibration.after)}
    yield {"row": texts["unseen"], **_cells(calibration.unseen)}


def _cells(counted: Rates) -> dict[str, Cell]:
    return {
        "refused": _share(counted.false_refusals, counted.answerable),
        "answered": _share(counted.false_answers, counted.unanswerable),
    }


def _share(count: int, of: int) -> str:
    return f"{count / of * 100:.0f} % ({count}/{of})"
