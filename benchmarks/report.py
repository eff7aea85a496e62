"""What a benchmark says: one figure, what it is compared with, and the budget it has to meet."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    """``×`` for a ratio of two things measured in this run."""
    budget: str = ""
    """The budget in words, empty when there is none."""
    met: bool | None = None
    """Whether the budget is met."""
    detail: str = ""
    """The two sides of a ratio, or the conditions."""


def median_ratio(first: Callable[[], float], second: Callable[[], float], *, runs: int) -> tuple[float, float, float]:
    """Measure two things in turn and return (median of the ratios, median of the first, median of the second).

    In turn, so that a machine that slows down slows both; the ratio is taken pair by pair.
    """
    pairs = [(first(), second()) for _ in range(runs)]
    ratios = statistics.median(a / b for a, b in pairs)
    return ratios, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = ["| what | figure | budget | met | how |", "|---|---|---|---|---|"]
    for figure in figures:
        met = "" if figure.met is None else "yes" if figure.met else "**no**"
        rows.append(
            f"| {figure.name} | {figure.value:,.3g} {figure.unit} | {figure.budget} | {met} | {figure.detail} |"
        )
    return "\n".join(rows)


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures for a program to compare."""
    path.write_text(json.dumps([asdict(figure) for figure in figures], ensure_ascii=False, indent=2), encoding="utf-8")
