"""Plots of an evaluation as PNG; matplotlib is loaded with this module."""

import io
from collections.abc import Sequence
from typing import Final

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lorag.evaluation.eval_tables import TITLES, LegScores
from lorag.evaluation.retrieved import CUTS
from lorag.evaluation.summary import EvaluatedRow

_PLOTTED: Final = ("contains", "character_f1", "found", "citation_precision", "verified", "right_refusal", "language")
_HANGUL_FONTS: Final = ("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo")
_BAR_SPACE: Final = 0.8
"""Share of the room between two measures that bars fill."""


def answer_plot(rows: Sequence[EvaluatedRow]) -> bytes:
    """Return a PNG of the main scores of every row, with 95 % intervals."""
    summaries = [row.summary() for row in rows]
    shown = [name for name in _PLOTTED if any(name in summary for summary in summaries)]
    figure, axes = _figure()
    width = _BAR_SPACE / len(rows)
    for number, (row, summary) in enumerate(zip(rows, summaries, strict=True)):
        places = [index + (number - (len(rows) - 1) / 2) * width for index, name in enumerate(shown) if name in summary]
        intervals = [summary[name] for name in shown if name in summary]
        means = [interval.mean for interval in intervals]
        below = [interval.mean - interval.low for interval in intervals]
        above = [interval.high - interval.mean for interval in intervals]
        axes.bar(places, means, width * 0.9, yerr=[below, above], capsize=3, label=_label(row.spec.name, number))
    axes.set_xticks(range(len(shown)), [TITLES[name]["en"] for name in shown])
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("share of questions, with 95 % intervals")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, frameon=False)
    return _png(figure)


def retrieval_plot(legs: Sequence[LegScores]) -> bytes:
    """Return a PNG of the recall of every leg by how many are looked at."""
    figure, axes = _figure()
    for leg in legs:
        figures = leg.figures()
        if figures:
            axes.plot(CUTS, [figures[f"recall@{cut}"] for cut in CUTS], marker="o", label=TITLES[leg.leg]["en"])
    axes.set_xticks(CUTS)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("how many results are looked at")
    axes.set_ylabel("share of what is right that is found")
    axes.legend(frameon=False)
    return _png(figure)


def _label(name: str, number: int) -> str:
    """Return a row's name, or its number where no installed font could draw the name."""
    return name if _hangul_fonts() or name.isascii() else f"row {number + 1}"


def _hangul_fonts() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _HANGUL_FONTS if name in installed]


def _figure() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    return figure, axes


def _png(figure: Figure) -> bytes:
    import matplotlib as mpl  # noqa: PLC0415 - its settings are needed only while drawing

    families = [*_hangul_fonts(), "DejaVu Sans"]
    buffer = io.BytesIO()
    with mpl.rc_context({"font.family": families}):
        figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()
