"""Reading text into the library: throughput, and whether memory grows with the number of files."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from benchmarks.report import Figure
from lorag.retrieval.embedders import builtin_folder

FILE_BYTES = 20_000
FEW, MANY = 200, 2_000
THROUGHPUT_BUDGET = 3.0
MEMORY_BUDGET = 1.3
WORDS_JOINED = 0.06
"""Share of words put together from two, so that text has as many bytes a token as real text: 5.6 English, 8 Korean."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of ``lorag add``."""

    seconds: float
    cpu_seconds: float
    """Of all its processes; on a busy machine this is what tells."""
    peak_mb: float
    """Of its largest process."""
    text_mb: float


def vocabularies() -> tuple[list[str], list[str]]:
    """Return the English and the Korean words that the built-in embedder knows, the frequent ones first.

    Made-up words would be split into letters, which costs twice the time of real text.
    """
    known = json.loads((builtin_folder() / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    words = sorted(known, key=known.__getitem__)
    english = [word for word in words if re.fullmatch("[a-z]{3,}", word)]
    return english, [word for word in words if re.fullmatch("[가-힣]{2,}", word)]


def write_files(folder: Path, count: int) -> float:
    """Write ``count`` text files, English and Korean in turn, and return their size in MB."""
    generator = random.Random(7)
    languages = [(words, list(accumulate(1 / (rank + 1) for rank in range(len(words))))) for words in vocabularies()]
    total = 0
    for number in range(count):
        words, weights = languages[number % 2]
        lines: list[str] = []
        size = 0
        while size < FILE_BYTES:
            drawn = generator.choices(words, cum_weights=weights, k=12)
            joined = (word + generator.choice(words) if generator.random() < WORDS_JOINED else word for word in drawn)
            line = " ".join(joined).capitalize() + "."
            size += len(line.encode()) + 1
            lines.append(line)
        (folder / f"{number:05}.txt").write_text("\n".join(lines), encoding="utf-8")
        total += size
    return total / 1e6


def add(count: int) -> Run:
    """Index ``count`` files in a fresh library, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        text_mb = write_files(source, count)
        environment = {**os.environ, "LORAG_DATA_DIR": str(Path(folder, "data"))}
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "lorag", "add", str(source)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"lorag add failed with exit code {process.returncode}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text_mb)


def figures() -> list[Figure]:
    """Measure."""
    few, many = add(FEW), add(MANY)
    throughput = many.text_mb / many.seconds
    growth = many.peak_mb / few.peak_mb
    return [
        Figure(
            "indexing text, built-in embedder",
            throughput,
            "MB/s",
            f"≥ {THROUGHPUT_BUDGET:g} MB/s",
            throughput >= THROUGHPUT_BUDGET,
            f"{MANY} files, {many.text_mb:.0f} MB in {many.seconds:.1f} s, from process start to exit,"
            f" with {many.cpu_seconds:.1f} s of CPU",
        ),
        Figure(
            f"peak memory, {MANY} files against {FEW}",
            growth,
            "×",
            f"≤ {MEMORY_BUDGET:g} × (flat)",
            growth <= MEMORY_BUDGET,
            f"{many.peak_mb:.0f} MB against {few.peak_mb:.0f} MB",
        ),
    ]
