"""The records inside an HWP 5 section: a header of tag, level and size, then the content."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lorag.documents.model import Limits
from lorag.errors import DocumentError, DocumentLimitError

_STYLE: Final = 0x10 + 10
_PARAGRAPH_HEADER: Final = 0x10 + 50
_PARAGRAPH_TEXT: Final = 0x10 + 51
_CONTROL_HEADER: Final = 0x10 + 55
_LIST_HEADER: Final = 0x10 + 56
_TABLE_CONTROL: Final = b" lbt"
_PASSED_OVER: Final = (b"daeh", b"toof", b"tcdh")
"""Page headers, page footers and hidden comments, as their identifiers are stored."""
_LONG_SIZE: Final = 0xFFF
_OUTLINE_STYLE = re.compile(r"(?:개요|outline|제목|heading)\s*(\d{1,2})$", re.IGNORECASE)
_ONE_UNIT_CONTROLS: Final = {0: "", 10: "\n", 13: "", 24: "-", 25: "", 26: "", 27: "", 28: "", 29: "", 30: " ", 31: " "}
_TAB: Final = 9
_UNITS_OF_OTHER_CONTROLS: Final = 8

Cell = tuple[int, int, list[str]]
"""Row, column and paragraphs."""


@dataclass(frozen=True, slots=True)
class _Record:
    tag: int
    level: int
    content: bytes


@dataclass(slots=True)
class Paragraph:
    """A paragraph of the body with the tables anchored in it."""

    level: int
    style: int
    text: str = ""
    tables: list[list[list[str]]] = field(default_factory=list)
    """Rows of cells."""


def style_levels(document_info: bytes) -> dict[int, int]:
    """Return the heading level of each outline style, by the style's number."""
    levels = {}
    styles = (record for record in _records(document_info) if record.tag == _STYLE)
    for number, style in enumerate(styles):
        length = struct.unpack_from("<H", style.content)[0] if len(style.content) >= 2 else 0
        name = style.content[2 : 2 + 2 * length].decode("utf-16-le", errors="replace")
        match = _OUTLINE_STYLE.match(name.strip())
        if match:
            levels[number] = int(match[1])
    return levels


def paragraphs(section: bytes, limits: Limits) -> Iterator[Paragraph]:
    """Yield the paragraphs of a section in order; text boxes and notes follow the paragraph they are anchored in."""
    reader = _SectionReader()
    for record in _records(section):
        if record.level > limits.max_nesting:
            raise DocumentLimitError(
                f"its parts are nested more than {limits.max_nesting} deep; raise max_nesting to read it"
            )
        yield from reader.finished_by(record)
    yield from reader.rest()


def _records(stream: bytes) -> Iterator[_Record]:
    position = 0
    while position + 4 <= len(stream):
        header = struct.unpack_from("<I", stream, position)[0]
        tag, level, size = header & 0x3FF, header >> 10 & 0x3FF, header >> 20
        position += 4
        if size == _LONG_SIZE:
            if position + 4 > len(stream):
                break
            size = struct.unpack_from("<I", stream, position)[0]
            position += 4
        if position + size > len(stream):
            raise DocumentError("it is damaged or cut short: a record reaches beyond the end of its section")
        yield _Record(tag, level, stream[position : position + size])
        position += size


@dataclass(slots=True)
class _Table:
    """A table that is being read."""

    level: int
    cells: list[Cell] = field(default_factory=list)

    def rows(self) -> list[list[str]]:
        by_row: dict[int, list[tuple[int, str]]] = {}
        for row, column, texts in self.cells:
            by_row.setdefault(row, []).append((column, " ".join(texts)))
        return [[text for _, text in sorted(cells)] for _, cells in sorted(by_row.items())]


class _SectionReader:
    """Follows the records of a section, keeping the table and the paragraph it is in."""

    def __init__(self) -> None:
        self._paragraph: Paragraph | None = None
        self._table: _Table | None = None
        self._passing_over: int | None = None

    def finished_by(self, record: _Record) -> Iterator[Paragraph]:
        """Take one record in, and yield the paragraph that it shows to be complete."""
        if self._passing_over is not None:
            if record.level > self._passing_over:
                return
            self._passing_over = None
        if self._table is not None and record.level <= self._table.level:
            self._end_table()
        if self._table is not None:
            self._take_into_table(self._table, record)
        elif record.tag == _PARAGRAPH_HEADER:
            yield from self.rest()
            style = record.content[10] if len(record.content) > 10 else 0
            self._paragraph = Paragraph(record.level, style)
        elif record.tag == _PARAGRAPH_TEXT and self._paragraph is not None:
            self._paragraph.text += _text(record.content)
        elif record.tag == _CONTROL_HEADER:
            self._start_control(record)

    def rest(self) -> Iterator[Paragraph]:
        """Yield the paragraph that is still open."""
        if self._table is not None:
            self._end_table()
        if self._paragraph is not None:
            yield self._paragraph
            self._paragraph = None

    def _start_control(self, record: _Record) -> None:
        identifier = record.content[:4]
        if identifier == _TABLE_CONTROL:
            self._table = _Table(record.level)
        elif identifier in _PASSED_OVER:
            self._passing_over = record.level

    def _take_into_table(self, table: _Table, record: _Record) -> None:
        """Take in a record below a table: a cell begins, or text of the cell; an inner table is text of its cell."""
        if record.tag == _LIST_HEADER and record.level == table.level + 1 and len(record.content) >= 12:
            column, row = struct.unpack_from("<HH", record.content, 8)
            table.cells.append((row, column, []))
        elif record.tag == _PARAGRAPH_TEXT and table.cells:
            table.cells[-1][2].append(_text(record.content))

    def _end_table(self) -> None:
        if self._table is not None and self._paragraph is not None:
            self._paragraph.tables.append(self._table.rows())
        self._table = None


def _text(content: bytes) -> str:
    """Return the text of a paragraph; characters below 32 are controls, most of them eight units long."""
    units = struct.unpack(f"<{len(content) // 2}H", content[: len(content) // 2 * 2])
    kept: list[int] = []
    index = 0
    while index < len(units):
        unit = units[index]
        if unit >= 32:
            kept.append(unit)
            index += 1
        elif unit in _ONE_UNIT_CONTROLS:
            kept.extend(map(ord, _ONE_UNIT_CONTROLS[unit]))
            index += 1
        else:
            kept.extend([_TAB] if unit == _TAB else [])
            index += _UNITS_OF_OTHER_CONTROLS
    return struct.pack(f"<{len(kept)}H", *kept).decode("utf-16-le", errors="replace")
