"""What is known of a training run from the objects it prints."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.cells import cell_len

from lorag.errors import UsageError
from lorag.paths import is_there, typed_path
from lorag.tui.texts import Texts
from lorag.tui.visible import one_line

_CELL_GAP: Final = 2
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
    table: str


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
    table = event.get("table") or {}
    return TrainingResult(
        name=str(event.get("name", "")),
        words=str(event.get("words", "")),
        adapter=str(event.get("adapter") or ""),
        model=str(event.get("model") or ""),
        table=table_lines(table.get("columns", ()), table.get("rows", ())),
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


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table whose columns stand under each other, wide characters counted as two."""
    lines = [[str(cell) for cell in line] for line in (columns, *rows)]
    count = max((len(line) for line in lines), default=0)
    widths = [max(cell_len(line[at]) if at < len(line) else 0 for line in lines) for at in range(count)]
    return "\n".join(
        "".join(
            cell + " " * (width - cell_len(cell) + _CELL_GAP) for cell, width in zip(line, widths, strict=False)
        ).rstrip()
        for line in lines
    )


def _path(word: str, folder: Path) -> str:
    """Return a file that is there with its whole path: the run starts in a folder of its own."""
    path = typed_path(word, folder)
    return str(path) if not word.startswith("-") and is_there(path) else word
