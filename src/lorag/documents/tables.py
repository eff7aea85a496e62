"""Rows of a table as lines of text that can each be quoted on their own."""

import re
from collections.abc import Iterable, Iterator, Sequence

from lorag.documents.normalise import one_line

SEPARATOR = " | "
"""Stands between the cells of a row; the sentence splitter keeps a line with it whole."""

_VALUE = re.compile(r"[\s\d.,:/%+\-–()₩$€£¥원]+")


def row_line(cells: Sequence[str], names: Sequence[str] = ()) -> str:
    """Return one row as ``name: value | name: value``; empty cells are left out, and a value without a name stands alone."""
    parts = []
    for index, cell in enumerate(cells):
        value = one_line(cell)
        if value:
            name = names[index] if index < len(names) else ""
            parts.append(f"{name}: {value}" if name else value)
    return SEPARATOR.join(parts)


def table_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the rows of a table as lines, each with the names of its columns when the first row has names."""
    names: tuple[str, ...] = ()
    for index, row in enumerate(rows):
        if index == 0 and is_header(row):
            names = column_names(row)
            yield row_line(row)
        else:
            line = row_line(row, names)
            if line:
                yield line


def column_names(row: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a header row as names."""
    return tuple(one_line(cell).rstrip(":") for cell in row)


def is_header(row: Sequence[str]) -> bool:
    """Tell a row of column names from a row of values: at least two, all different, short, none a mere number."""
    cells = [one_line(cell) for cell in row]
    filled = [cell for cell in cells if cell]
    return (
        len(filled) >= 2
        and len(filled) * 2 > len(cells)
        and len(set(filled)) == len(filled)
        and all(len(cell) <= 60 and not _VALUE.fullmatch(cell) for cell in filled)
    )
