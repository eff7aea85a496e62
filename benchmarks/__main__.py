"""``python -m benchmarks [NAME …] [--json FILE]``: measure the budgets and print a table."""

import argparse
import importlib
import os
import platform
import sys
import time
from pathlib import Path

from benchmarks.report import Figure, table, write_json

NAMES = ("startup", "indexing", "retrieval", "engine", "tui", "builtin", "builtin_embedder", "train")
INCLUDED = ("builtin_embedder",)
"""Part of another benchmark: measured alone only when named."""


def main() -> int:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the budgets of docs/benchmarks.md."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--corpus", metavar="DIR", help="the corpus that builtin measures on (LORAG_CORPUS)")
    arguments = parser.parse_args()
    # Out of LORAG_*: the lorag that is measured takes every such name for a setting.
    corpus = os.environ.pop("LORAG_CORPUS", "")
    if arguments.corpus or corpus:
        os.environ["CORPUS"] = arguments.corpus or corpus
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    measured: list[Figure] = []
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors\n", file=sys.stderr)
    for name in arguments.names or [name for name in NAMES if name not in INCLUDED]:
        started = time.perf_counter()
        measured += importlib.import_module(f"benchmarks.{name}").figures()
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    print(table(measured))
    if arguments.json:
        write_json(measured, arguments.json)
    return 1 if any(figure.met is False for figure in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
