"""The log of a run: one JSON line for every twenty steps and for every evaluation."""

import itertools
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chat.train import StepReport


def append(work: Path, line: dict[str, Any]) -> str:
    """Add one line and return it."""
    text = json.dumps(line, ensure_ascii=False)
    with (work / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(text + "\n")
    return text


def lines(work: Path) -> list[dict[str, Any]]:
    """Return all lines so far."""
    path = work / "log.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def best_worth(work: Path) -> float:
    """Return the most that an evaluated checkpoint was worth; 0 if there was none."""
    return max((float(line["worth"]) for line in lines(work) if "worth" in line), default=0.0)


def log_steps(work: Path, recent: Sequence[StepReport]) -> str:
    """Write the means over the last steps."""
    last = recent[-1]
    tokens = last.place.tokens - recent[0].place.tokens
    seconds = sum(report.seconds for report in list(recent)[1:])
    line = {
        "step": last.step,
        "tokens": last.place.tokens,
        "stage": last.stage.name,
        "loss": _mean([report.loss for report in recent]),
        "choice": _mean([report.choice for report in recent]),
        "chosen": _mean([report.chosen for report in recent]),
        "marker": _mean([report.marker for report in recent]),
        "meaning": _mean([report.meaning for report in recent]),
        "tokens_per_second": round(tokens / max(seconds, 1e-9)),
        "time": round(time.time()),
    }
    return append(work, line)


def _mean(values: Sequence[float]) -> float | None:
    """Return the mean of what was measured: a step of small talk alone chooses no sentence, and a few may be that."""
    known = [value for value in values if not math.isnan(value)]
    return round(sum(known) / len(known), 3) if known else None


def training_hours(work: Path) -> float:
    """Return how long steps took in all, interruptions left out."""
    steps = [line for line in lines(work) if "tokens_per_second" in line]
    gaps = [later["time"] - earlier["time"] for earlier, later in itertools.pairwise(steps)]
    usual = float(np.median(gaps)) if gaps else 0.0
    return float(sum(min(gap, 4 * usual) for gap in gaps)) / 3600
