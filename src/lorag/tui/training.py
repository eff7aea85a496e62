"""What is known of a training run from the objects it prints."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.errors import UsageError
from lorag.evaluation.table import Column, Table, wrapped
from lorag.paths import is_there, typed_path
from lorag.tui.texts import Texts
from lorag.tui.visible import one_line

STAGES: Final = ("convert", "read", "doctor", "load", "estimate", "prepare", "tune", "measure", "export", "register")
"""The parts of a run, in their order; each has a text of its own."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came of a run."""

    name: str
    words: str
    """The verdict."""
    adapter: str
    """The folder; empty when the result is a model of its own."""
    model: str
    table: Table | None
    report: str
    """The file that has all of it."""


def training_command(written: str, base: Path, folder: Path) -> list[str]:
    """Return the arguments of ``lorag train`` for what stands after ``/train``: data, then any of its flags."""
    try:
        words = shlex.split(written)
    except ValueError as error:
        raise UsageError(f"/train {written}: {error}") from error
    command = ["train", *(_path(word, folder) for word in words), "--yes", "--json"]
    if "--base" not in words and "--resume" not in words:
        command += ["--base", str(base)]
    return command


def result_of(event: Mapping[str, Any]) -> TrainingResult | None:
    """Return what came of the run, None for any other event."""
    if event.get("event") != "result":
        return None
    return TrainingResult(
        name=str(event.get("name", "")),
        words=str(event.get("words", "")),
        adapter=str(event.get("adapter") or ""),
        model=str(event.get("model") or ""),
        table=_table(event.get("table") or {}),
        report=str(event.get("report") or ""),
    )


def progress_of(event: Mapping[str, Any], texts: Texts) -> str:
    """Return one line on how far the run is, empty for events that say nothing of that."""
    match event.get("event"):
        case "step":
            return texts("train.step", done=event["step"], total=event["total_steps"], loss=f"{event['loss']:.3f}")
        case "measuring":
            return texts("train.measuring", what=event["what"], done=event["done"], total=event["total"])
        case "stage":
            stage = str(event.get("stage"))
            return texts(f"stage.{stage}") if stage in STAGES else one_line(str(event.get("message", "")))
    return ""


def told_of(result: TrainingResult, texts: Texts, width: int, height: int) -> str:
    """Return the verdict and the table, or where the table is when both do not fit into so many cells and lines."""
    verdict = f"{result.name}: {result.words}"
    if result.table is None:
        return verdict
    table = result.table.as_text(width)
    lines = sum(1 for _ in wrapped(verdict, width)) + table.count("\n") + 1
    if lines > height and result.report:
        table = texts("train.report", path=result.report)
    return f"{verdict}\n{table}"


def _table(told: Mapping[str, Any]) -> Table | None:
    """Return the table that a run printed: names in its first column, figures in all others."""
    titles = [str(title) for title in told.get("columns", ())]
    columns = tuple(Column(title, title, digits=0 if at else None) for at, title in enumerate(titles))
    rows = tuple(tuple(map(str, row)) for row in told.get("rows", ()))
    return Table(columns, rows) if columns and all(len(row) == len(columns) for row in rows) else None


def _path(word: str, folder: Path) -> str:
    """Return a file that is there with its whole path: the run starts in a folder of its own."""
    path = typed_path(word, folder)
    return str(path) if not word.startswith("-") and is_there(path) else word
