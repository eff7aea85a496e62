"""Excel workbooks: a sheet is a heading, a row a line with the names of its columns; formulas give their last value."""

import datetime
import io
import re
from collections.abc import Iterator
from typing import Any, Final, cast

import openpyxl
from openpyxl.cell import Cell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.utils import exceptions

from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument
from lorag.documents.office import checked_archive, office_errors
from lorag.documents.source import Source
from lorag.documents.tables import table_lines
from lorag.errors import DocumentLimitError

_THOUSANDS = re.compile(r"#,##0(?:\.(0{1,6}))?")
_OWN_ERRORS: Final = (
    exceptions.CellCoordinatesException,
    exceptions.IllegalCharacterError,
    exceptions.InvalidFileException,
    exceptions.NamedRangeException,
    exceptions.SheetTitleException,
)
_MOST_ROWS: Final = 1_048_576  # what Excel allows; a file may claim more to make a reader count for hours


def read(source: Source) -> ExtractedDocument:
    """Return the rows of every sheet that has some."""
    builder = TextBuilder(source.limits)
    with checked_archive(source.data, source.limits), office_errors(*_OWN_ERRORS):
        book = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True, keep_links=False)
        builder.title = book.properties.title or ""
        sheets = cast("list[Any]", book.worksheets)
        if len(sheets) > source.limits.max_pages:
            raise DocumentLimitError(f"it has {len(sheets):,} sheets; raise max_pages to read it")
        for sheet in sheets:
            _add_sheet(builder, sheet)
        book.close()
    return builder.document("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _add_sheet(builder: TextBuilder, sheet: Any) -> None:
    sheet.reset_dimensions()  # what a file says about its size is often wrong
    for index, line in enumerate(table_lines(_rows(sheet))):
        if index == 0:
            builder.heading(1, sheet.title)
        builder.line(line)


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(max_row=_MOST_ROWS):
        if row:
            yield [_shown(cell) for cell in row]


def _shown(cell: Cell | ReadOnlyCell | EmptyCell | object) -> str:
    value = getattr(cell, "value", None)
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _shown_number(value, str(getattr(cell, "number_format", "") or ""))
    return str(value)


def _shown_number(value: float, number_format: str) -> str:
    """Return a number as a person reads it: percentages as such, and no trail of binary rounding."""
    if number_format.endswith("%"):
        return f"{value * 100:.10g}%"
    thousands = _THOUSANDS.search(number_format)
    if thousands:
        return f"{value:,.{len(thousands[1] or '')}f}"
    return str(value) if isinstance(value, int) else f"{value:.15g}"
