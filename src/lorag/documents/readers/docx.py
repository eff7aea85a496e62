"""Word documents: headings, paragraphs, lists, tables, text boxes and notes."""

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import docx
from docx.document import Document
from docx.exceptions import PythonDocxError
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn

from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument
from lorag.documents.office import checked_archive, office_errors
from lorag.documents.safe_xml import parse_xml
from lorag.documents.source import Source
from lorag.documents.tables import table_lines

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADING_NAME = re.compile(r"(?:heading|제목|개요)\s*([1-9])$", re.IGNORECASE)
_TITLE_NAMES: Final = frozenset({"title", "제목"})
_TEXT: Final = frozenset({qn("w:t"), qn("m:t")})
_SPACE: Final = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_NOT_TEXT: Final = frozenset(
    # Deleted text, tab stops, and the older copy of what stands in an alternate-content element.
    {
        qn("w:del"),
        qn("w:moveFrom"),
        qn("w:pPr"),
        qn("w:rPr"),
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    }
)
_WRAPPERS: Final = frozenset({qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins"), qn("w:smartTag")})
_BOX: Final = qn("w:txbxContent")


def read(source: Source) -> ExtractedDocument:
    """Return the text of a Word document."""
    with checked_archive(source.data, source.limits), office_errors(PythonDocxError, OpcError):
        document = docx.Document(io.BytesIO(source.data))
        reader = _Reader(document, TextBuilder(source.limits))
        reader.builder.title = document.core_properties.title
        reader.add(document.element.body)
        for kind in (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES):
            for relation in document.part.rels.values():
                if relation.reltype == kind and not relation.is_external:
                    reader.add_notes(parse_xml(relation.target_part.blob, source.limits))
        return reader.builder.document("application/vnd.openxmlformats-officedocument.wordprocessingml.document")


class _Reader:
    """Walks a document's elements; python-docx itself passes over content controls, insertions and text boxes."""

    def __init__(self, document: Document, builder: TextBuilder) -> None:
        self.builder = builder
        self._levels = dict(_style_levels(document))

    def add(self, container: "_Element") -> None:
        for element in container.iterchildren():
            if element.tag == qn("w:p"):
                self._add_paragraph(element)
            elif element.tag == qn("w:tbl"):
                for index, line in enumerate(table_lines(_rows(element))):
                    (self.builder.line if index else self.builder.paragraph)(line)
            elif element.tag in _WRAPPERS:
                self.add(element)

    def add_notes(self, root: "_Element") -> None:
        for note in root.iterchildren():
            if note.get(qn("w:type")) is None:  # the typed ones are separator lines
                self.builder.paragraph(_text(note))

    def _add_paragraph(self, paragraph: "_Element") -> None:
        text = _text(paragraph)
        level = self._level(paragraph)
        if level:
            self.builder.heading(level, text)
        elif paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None and text.strip():
            self.builder.line(f"- {text.strip()}")
        else:
            self.builder.paragraph(text)
        for box in paragraph.iter(_BOX):
            if not any(above.tag in _NOT_TEXT for above in box.iterancestors()):
                self.add(box)

    def _level(self, paragraph: "_Element") -> int:
        """Return a paragraph's heading level, 0 for running text."""
        outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None:
            return _outline_level(outline)
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._levels.get(style.get(qn("w:val")) or "", 0) if style is not None else 0


def _style_levels(document: Document) -> Iterator[tuple[str, int]]:
    """Yield the heading level of each style that has one, by the style's id."""
    for style in document.styles.element.iter(qn("w:style")):
        name_element = style.find(qn("w:name"))
        name = (name_element.get(qn("w:val")) or "") if name_element is not None else ""
        outline = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        match = _HEADING_NAME.match(name)
        level = int(match[1]) if match else int(name.lower() in _TITLE_NAMES)
        if outline is not None:
            level = _outline_level(outline)
        yield style.get(qn("w:styleId")) or "", level


def _outline_level(outline: "_Element") -> int:
    value = int(outline.get(qn("w:val")) or "9")
    return value + 1 if value < 9 else 0  # 9 is body text


def _rows(table: "_Element") -> Iterator[list[str]]:
    for row in table.iter(qn("w:tr")):
        if next(row.iterancestors(qn("w:tbl"))) is table:  # a table inside a cell is text of that cell
            cells = [cell for cell in row.iter(qn("w:tc")) if next(cell.iterancestors(qn("w:tr"))) is row]
            yield [" ".join(_text(paragraph) for paragraph in cell.iter(qn("w:p"))) for cell in cells]


def _text(element: "_Element") -> str:
    """Return the text of an element as it reads now: insertions in, deletions and text boxes out."""
    parts: list[str] = []
    pending = [element]
    while pending:
        current = pending.pop()
        if current.tag in _TEXT:
            parts.append(current.text or "")
        elif current.tag in _SPACE:
            parts.append(_SPACE[str(current.tag)])
        elif current is element or (current.tag not in _NOT_TEXT and current.tag != _BOX):
            pending.extend(reversed(list(current)))
    return "".join(parts)
