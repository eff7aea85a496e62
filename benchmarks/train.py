"""Training against TRL's SFTTrainer: tokens a second and peak memory on one model, one data set and one method.

Each side runs in a process of its own, in turn, and is measured in the same way. TRL is measured twice: as it comes, and with
its own switches set for speed (bf16, no gradient checkpointing). It is no part of lorag: ``pip install trl``, or say with
``LORAG_BENCH_PYTHON`` which Python has it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.report import Figure
from lorag.models.memory import usable_cores

SPEED_BUDGET = 2.0
MEMORY_BUDGET = 0.6
LOSS_TOLERANCE = 0.05
RUNS = 2
_ROOT: Final = Path(__file__).resolve().parent.parent
_SIDES: Final = (("training_lorag", ""), ("training_trl", ""), ("training_trl", "fastest"))


def figures() -> list[Figure]:
    """Measure."""
    python = os.environ.get("LORAG_BENCH_PYTHON", sys.executable)
    if python == sys.executable and find_spec("trl") is None:
        print("train: TRL is not installed here (pip install trl); nothing measured", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _call(python, "training_inputs", folder)
        # In turn, so that a machine that slows down slows every side.
        runs = [[_run(python, *side, folder) for side in _SIDES] for _ in range(RUNS)]
    best = [max(side, key=lambda run: run["speed"]) for side in zip(*runs, strict=True)]
    ours, usual, fastest = best
    return [*_figures("as it comes", ours, usual), *_figures("set for speed", ours, fastest)]


def _figures(label: str, ours: dict[str, float], theirs: dict[str, float]) -> list[Figure]:
    # Processor time, all threads: wall time on a machine with other work says more about that work.
    speed, memory = ours["processor_speed"] / theirs["processor_speed"], ours["memory"] / theirs["memory"]
    same = abs(ours["loss"] - theirs["loss"]) <= LOSS_TOLERANCE * theirs["loss"]
    losses = f"final loss {ours['loss']:.3f} against {theirs['loss']:.3f}"
    return [
        Figure(
            f"training, LoRA, against TRL {label}",
            speed,
            "×",
            f"≥ {SPEED_BUDGET:g} ×",
            speed >= SPEED_BUDGET and same,
            f"{ours['processor_speed']:,.0f} against {theirs['processor_speed']:,.0f} tokens a second of processor time, "
            f"{ours['speed']:,.0f} against {theirs['speed']:,.0f} of wall time; {losses}",
        ),
        Figure(
            f"peak memory, against TRL {label}",
            memory,
            "×",
            f"≤ {MEMORY_BUDGET:g} ×",
            memory <= MEMORY_BUDGET and same,
            f"{ours['memory'] / 1e6:,.0f} MB against {theirs['memory'] / 1e6:,.0f} MB, whole processes",
        ),
    ]


def _run(python: str, side: str, mode: str, folder: Path) -> dict[str, float]:
    shutil.rmtree(folder / "run", ignore_errors=True)
    measured: dict[str, float] = json.loads(_call(python, side, folder, mode).splitlines()[-1])
    print(f"train: {side} {mode}: {measured}", file=sys.stderr)
    return measured


def _call(python: str, module: str, folder: Path, *arguments: str) -> str:
    # TRL's Python may be another one, without lorag in it.
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(_ROOT / "src"),
        "LORAG_BENCH_THREADS": os.environ.get("LORAG_BENCH_THREADS", str(usable_cores())),
    }
    command = [python, "-W", "ignore", "-m", f"benchmarks.{module}", str(folder), *arguments]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env=environment
    )
    return done.stdout.decode()
