"""Two loss curves drawn with braille dots: eight dots a character, so that a plot fits beside a progress bar."""

import math
from collections.abc import Sequence
from typing import Final

from rich.text import Text

Curve = Sequence[tuple[float, float]]
"""(step, loss)"""

_EMPTY: Final = 0x2800
_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of the dot in row (0-3) and column (0-1) of a character."""


def draw_losses(trained: Curve, validated: Curve, *, last_step: int, width: int = 60, height: int = 8) -> Text:
    """Return a plot of the training loss (dots) and the validation loss (diamonds)."""
    points = [point for point in (*trained, *validated) if math.isfinite(point[1])]
    if len(points) < 2:
        return Text("")
    low, high = min(loss for _, loss in points), max(loss for _, loss in points)
    span = (high - low) or 1.0
    cells = [[_EMPTY] * width for _ in range(height)]
    marks: set[tuple[int, int]] = set()
    for step, loss in _smoothed(trained):
        column = min(width * 2 - 1, int(step / max(1, last_step) * (width * 2 - 1)))
        row = min(height * 4 - 1, int((high - loss) / span * (height * 4 - 1)))
        cells[row // 4][column // 2] |= _DOTS[row % 4][column % 2]
    for step, loss in validated:
        if math.isfinite(loss):
            column = min(width - 1, int(step / max(1, last_step) * (width - 1)))
            marks.add((min(height - 1, int((high - loss) / span * (height - 1) + 0.5)), column))
    return _text(cells, marks, low, high)


def _smoothed(curve: Curve) -> list[tuple[float, float]]:
    """Return a running mean: single steps are too noisy to see a trend in."""
    result: list[tuple[float, float]] = []
    mean = math.nan
    for step, loss in curve:
        if math.isfinite(loss):
            mean = loss if math.isnan(mean) else 0.8 * mean + 0.2 * loss
            result.append((step, mean))
    return result


def _text(cells: Sequence[Sequence[int]], marks: set[tuple[int, int]], low: float, high: float) -> Text:
    text = Text()
    for row, line in enumerate(cells):
        label = f"{high:7.3f} " if row == 0 else f"{low:7.3f} " if row == len(cells) - 1 else " " * 8
        text.append(label, style="dim")
        shown = "".join("◆" if (row, column) in marks else chr(cell) for column, cell in enumerate(line))
        text.append(shown, style="cyan")
        text.append("\n")
    text.append(" " * 8 + "⠒ training loss  ", style="cyan")
    text.append("◆ validation loss", style="yellow")
    # Coloured afterwards, so that a line is a few runs of text and not one for every character.
    text.highlight_regex("◆", "yellow")
    return text
