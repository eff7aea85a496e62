"""How long a person waits for ``lorag --help``, against an empty Python program."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Figure, median_ratio

BUDGET = 3.0


def seconds(command: Sequence[str]) -> float:
    """Return the wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def figures() -> list[Figure]:
    """Measure."""
    empty = [sys.executable, "-c", "pass"]
    helped = [str(Path(sys.executable).with_name("lorag")), "--help"]
    seconds(empty), seconds(helped)  # warm the file cache
    ratio, ours, theirs = median_ratio(lambda: seconds(helped), lambda: seconds(empty), runs=15)
    detail = f"{ours * 1000:.0f} ms against {theirs * 1000:.0f} ms for `python -c pass`"
    return [Figure("`lorag --help`", ratio, "×", f"≤ {BUDGET:g} ×", ratio <= BUDGET, detail)]
