"""``lorag advise --measure``: a short training on the examples, and what its numbers say."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.errors import TrainingError
from lorag.evaluation.advice import by_verdict
from lorag.evaluation.advice_verdict_words import Recommendation
from lorag.settings import Settings

_EPOCHS: Final = "2"


@dataclass(frozen=True, slots=True)
class Experiment:
    """A short training and its result."""

    name: str | None
    """Of the adapter, where it is worth keeping; None where it was deleted again."""
    report: dict[str, Any]
    """As ``lorag train`` wrote it."""
    recommendation: Recommendation

    @property
    def words(self) -> str:
        """The verdict of the training."""
        return str(self.report["words"])


def measure(settings: Settings, paths: Sequence[Path], *, documents_needed: bool) -> Experiment:
    """Train briefly; what the training shows goes to stderr.

    Raises:
        TrainingError: The training did not come to its end; it has said why itself.
    """
    name = time.strftime("advice-%Y%m%d-%H%M%S")
    command = [sys.executable, "-m", "lorag", "train", *map(str, paths), "--name", name, "--epochs", _EPOCHS, "--yes"]
    command += ["--base", settings.model, "--data-dir", str(settings.data_dir)]
    result = subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        raise TrainingError("the experiment did not come to its end; see above")
    path = settings.paths.runs / name / "report.json"
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    advised = by_verdict(
        str(report["verdict"]), documents_help=_documents_help(report), documents_needed=documents_needed
    )
    if advised not in {"tuning", "both"}:
        _delete(settings, name)
        return Experiment(None, report, advised)
    return Experiment(name, report, advised)


def _delete(settings: Settings, name: str) -> None:
    """Delete the adapter of an experiment that nothing came of; its run stays, with the figures."""
    folder = settings.paths.adapters / name
    if folder.is_dir():
        shutil.rmtree(folder)


def _documents_help(report: dict[str, Any]) -> bool:
    """Tell whether the base answers better with documents than without."""
    base = report.get("base") or {}
    plain, grounded = base.get("task"), base.get("grounded")
    if not plain or not grounded:
        return False
    return float(grounded["character_f1"]) > float(plain["character_f1"])
