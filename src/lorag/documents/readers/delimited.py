"""CSV and TSV: every row on the line it has in the file, with the names of its columns."""

import csv
import re
from collections.abc import Iterator
from typing import Final

from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument
from lorag.documents.normalise import normalise
from lorag.documents.source import Source
from lorag.documents.tables import RowLines

_DELIMITERS: Final = (",", "\t", ";", "|")
_SAMPLE_LINES: Final = 30
_QUOTED: Final = re.compile(r'(?:^|(?<=[,\t;|])) *"(?:[^"]++|"")*+"', re.MULTILINE)


def read(source: Source) -> ExtractedDocument:
    """Return the rows as lines that can each be quoted on their own."""
    lines = normalise(decode(source.data)).split("\n")
    delimiter = _delimiter(lines[:_SAMPLE_LINES])
    try:
        text = "\n".join(_row_lines(lines, delimiter))
    except csv.Error:  # a quote that never closes: the lines are what can be trusted
        shown = RowLines()
        text = "\n".join(shown.line(line.split(delimiter)) for line in lines)
    return ExtractedDocument(text, "", "text/csv", (), (), source_lines=True)


def _row_lines(lines: list[str], delimiter: str) -> Iterator[str]:
    """Yield one line for each line of the file; a row over several lines is followed by empty ones."""
    shown = RowLines()
    rows = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    read_before = 0
    for row in rows:
        yield shown.line(row)
        yield from [""] * (rows.line_num - read_before - 1)
        read_before = rows.line_num


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter that splits most lines into the same number of cells, more cells before fewer."""
    lines = _QUOTED.sub("", "\n".join(lines)).split("\n")
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter) for line in lines if line.strip()]
        most_common = max(set(counts), key=counts.count, default=0)
        score = counts.count(most_common) / max(1, len(counts)) * min(most_common, 10)
        if score > best_score:
            best, best_score = delimiter, score
    return best
