"""Tables of figures as plain text, Markdown, HTML and JSON; columns line up with Hangul too."""

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size

Cell = str | float | int | None

_GAP: Final = "  "
_NARROWEST: Final = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One column: figures stand right, words left."""

    key: str
    """Its name in JSON."""
    title: str
    digits: int | None = None
    """Decimals of a figure; None is a column of words."""
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, in the order of the columns."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = field(default=())
    """Lines below the table."""

    def as_text(self, width: int) -> str:
        """Return the table in at most ``width`` cells.

        Where it does not fit, the widest column of words after the first is wrapped; without one, the table is turned
        on its side, and where that does not fit either, each row becomes a block of its own.
        """
        cells = [[column.title for column in self.columns], *self._shown()]
        widths = [max(cell_len(row[index]) for row in cells) for index in range(len(self.columns))]
        excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
        if excess > 0:
            words = [index for index, column in enumerate(self.columns) if column.digits is None]
            widest = max(words[1:], key=widths.__getitem__, default=None)
            if widest is None or widths[widest] - excess < _NARROWEST:
                return "\n".join([self._turned(width) or self._blocks(width), *self.notes])
            widths[widest] -= excess
        lines = ["\n".join(self._lines(row, widths)) for row in cells]
        return "\n".join([lines[0], "─" * min(cell_len(lines[0]), width), *lines[1:], *self.notes])

    def as_markdown(self) -> str:
        """Return a Markdown table, figures right-aligned."""
        rows = [[_markdown(cell) for cell in row] for row in self._shown()]
        head = [_markdown(column.title) for column in self.columns]
        rule = ["---:" if column.digits is not None else "---" for column in self.columns]
        table = "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
        return "\n\n".join([table, *self.notes])

    def as_html(self) -> str:
        """Return an HTML table."""
        head = "".join(f"<th>{html.escape(column.title)}</th>" for column in self.columns)
        body = "".join(f"<tr>{''.join(self._html_cells(row))}</tr>" for row in self._shown())
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"

    def records(self) -> list[dict[str, Cell]]:
        """Return one JSON object a row."""
        keys = [column.key for column in self.columns]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def _shown(self) -> list[list[str]]:
        return [[shown(cell, column) for cell, column in zip(row, self.columns, strict=True)] for row in self.rows]

    def _lines(self, row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
        """Yield the lines of a row; words that are too wide go on in the next line of their column."""
        parts = [list(wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)]
        for number in range(max(map(len, parts))):
            cells = [
                _fitted(part[number] if number < len(part) else "", width, right=column.digits is not None)
                for part, width, column in zip(parts, widths, self.columns, strict=True)
            ]
            yield _GAP.join(cells).rstrip()

    def _turned(self, width: int) -> str | None:
        """Return the table with its rows as columns; None where it does not fit."""
        cells = [[column.title for column in self.columns], *self._shown()]
        widths = [max(map(cell_len, row)) for row in cells]
        if sum(widths) + len(_GAP) * (len(widths) - 1) > width:
            return None
        lines = [
            _GAP.join(_fitted(row[index], widths[at], right=at > 0) for at, row in enumerate(cells)).rstrip()
            for index in range(len(self.columns))
        ]
        return "\n".join([lines[0], "─" * max(map(cell_len, lines)), *lines[1:]])

    def _blocks(self, width: int) -> str:
        """Return the table as a block of lines a row."""
        title = max(cell_len(column.title) for column in self.columns)
        blocks = []
        for row in self._shown():
            lines = [
                f"{set_cell_size(column.title, title)}{_GAP}{cell}"
                for column, cell in zip(self.columns[1:], row[1:], strict=True)
            ]
            blocks.append(
                "\n".join([row[0], *(f"  {_fitted(line, width - 2, right=False).rstrip()}" for line in lines)])
            )
        return "\n".join(blocks)

    def _html_cells(self, row: Sequence[str]) -> list[str]:
        style = [' style="text-align:right"' if column.digits is not None else "" for column in self.columns]
        return [f"<td{align}>{html.escape(cell)}</td>" for align, cell in zip(style, row, strict=True)]


def shown(cell: Cell, column: Column) -> str:
    """Return a cell as text; what was not measured is a dash."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    if isinstance(cell, str) or column.digits is None:
        return str(cell)
    return f"{cell * 100:.{column.digits}f} %" if column.percent else f"{cell:,.{column.digits}f}"


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a line of text as lines of at most ``width`` cells, cut between words where that is possible."""
    current = ""
    for word in text.split(" "):
        joined = f"{current} {word}" if current else word
        if cell_len(joined) <= width:
            current = joined
            continue
        if current:
            yield current
        *full, current = chop_cells(word, width) or [""]
        yield from full
    yield current


def _fitted(cell: str, width: int, *, right: bool) -> str:
    length = cell_len(cell)
    if length > width:
        return set_cell_size(cell, width - 1) + "…"
    space = " " * (width - length)
    return space + cell if right else cell + space


def _markdown(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def merged(rows: Sequence[Mapping[str, Cell]], columns: Sequence[Column]) -> Table:
    """Return the table of records; columns in which no row has a value are left out."""
    used = [column for column in columns if any(row.get(column.key) is not None for row in rows)]
    return Table(tuple(used), tuple(tuple(row.get(column.key) for column in used) for row in rows))
