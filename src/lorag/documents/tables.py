"""Rows of a table as lines of text that can each be quoted on their own."""

import re
from collections.abc import Iterable, Iterator, Sequence

from lorag.documents.normalise import one_line

SEPARATOR = " | "
"""Stands between the cells of a row; the sentence splitter keeps a line with it whole."""

_VALUE = re.compile(r"[\s\d.,:/%+\-–()₩$€£¥원]+")
_LONGEST_NAME = 60


class RowLines:
    """Turns rows into lines, each with the names of its columns once a row of names has been seen."""

    def __init__(self) -> None:
        """Expect a row of names, perhaps below a title."""
        self._names: tuple[str, ...] | None = None

    def line(self, row: Sequence[str]) -> str:
        """Return a row as ``name: value | name: value``, without its empty cells."""
        cells = [one_line(cell) for cell in row]
        if self._names is not None:
            return SEPARATOR.join(_named(cells, self._names))
        filled = [cell for cell in cells if cell]
        if len(filled) >= 2:  # the first row of several cells holds the names or shows that there are none
            self._names = tuple(cell.rstrip(":") for cell in cells) if _are_names(filled, len(cells)) else ()
        return SEPARATOR.join(filled)


def table_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the rows of a table that are not empty as lines."""
    lines = RowLines()
    return (line for row in rows if (line := lines.line(row)))


def _named(cells: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for index, cell in enumerate(cells):
        if cell:
            name = names[index] if index < len(names) else ""
            yield f"{name}: {cell}" if name else cell


def _are_names(filled: Sequence[str], width: int) -> bool:
    """Tell column names from values: most columns have one, they differ, are short, and none is a mere number."""
    return (
        len(filled) * 2 > width
        and len(set(filled)) == len(filled)
        and all(len(cell) <= _LONGEST_NAME and not _VALUE.fullmatch(cell) for cell in filled)
    )
