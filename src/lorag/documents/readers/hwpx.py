"""HWPX, the Korean word processor's open format: paragraphs, headings by style, tables, notes and text boxes."""

import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from lorag.documents.archive import open_archive, read_entry
from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.safe_xml import parse_xml
from lorag.documents.source import Source
from lorag.documents.tables import table_lines
from lorag.errors import DocumentError

if TYPE_CHECKING:
    from lxml.etree import _Element

_SECTION = re.compile(r"Contents/section(\d+)\.xml")
_HEADER: Final = "Contents/header.xml"
_MANIFEST: Final = "META-INF/manifest.xml"
_PACKAGE: Final = "Contents/content.hpf"
_OUTLINE_STYLE = re.compile(r"(?:개요|outline|제목|heading)\s*(\d{1,2})$", re.IGNORECASE)
_SPACE: Final = {"tab": "\t", "lineBreak": "\n", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}
_NOT_TEXT: Final = frozenset(
    {"secPr", "header", "footer", "hiddenComment", "linesegarray", "memo", "parameters", "deleteBegin"}
)


def read(source: Source) -> ExtractedDocument:
    """Return the text of an HWPX document."""
    builder = TextBuilder(source.limits)
    with open_archive(source.data, source.limits) as archive:
        names = archive.namelist()
        if _MANIFEST in names and b"encryption-data" in read_entry(archive, _MANIFEST):
            raise DocumentError("it is encrypted; save a copy of the document without a password")
        sections = sorted((int(match[1]), name) for name in names if (match := _SECTION.fullmatch(name)))
        if not sections:
            raise DocumentError("it is damaged: the document has no section")
        builder.title = _title(archive, names, source.limits)
        levels = _style_levels(archive, names, source.limits)
        for _, name in sections:
            _add_paragraphs(builder, parse_xml(read_entry(archive, name), source.limits), levels)
    return builder.document("application/hwp+zip")


def _title(archive: zipfile.ZipFile, names: list[str], limits: Limits) -> str:
    if _PACKAGE not in names:
        return ""
    package = parse_xml(read_entry(archive, _PACKAGE), limits)
    title = next(iter(package.iter("{*}title")), None)
    return (title.text or "") if title is not None else ""


def _style_levels(archive: zipfile.ZipFile, names: list[str], limits: Limits) -> dict[str, int]:
    """Return the heading level of each outline style, by the style's id."""
    if _HEADER not in names:
        return {}
    levels = {}
    for style in parse_xml(read_entry(archive, _HEADER), limits).iter("{*}style"):
        for name in (style.get("name") or "", style.get("engName") or ""):
            match = _OUTLINE_STYLE.match(name.strip())
            if match:
                levels[style.get("id") or ""] = int(match[1])
    return levels


def _add_paragraphs(builder: TextBuilder, container: "_Element", levels: dict[str, int]) -> None:
    """Add a container's paragraphs, each followed by the tables and boxes that are anchored in it."""
    for paragraph in container.iterchildren("{*}p"):
        text = _text(paragraph)
        level = levels.get(paragraph.get("styleIDRef") or "", 0)
        if level:
            builder.heading(level, text)
        else:
            builder.paragraph(text)
        for inner in _anchored(paragraph):
            if _name(inner) == "tbl":
                for index, line in enumerate(table_lines(_rows(inner))):
                    (builder.line if index else builder.paragraph)(line)
            else:
                _add_paragraphs(builder, inner, levels)


def _anchored(paragraph: "_Element") -> Iterator["_Element"]:
    """Yield the outermost tables and paragraph lists inside a paragraph."""
    pending = list(paragraph)[::-1]
    while pending:
        element = pending.pop()
        if _name(element) in ("tbl", "subList"):
            yield element
        elif _name(element) not in _NOT_TEXT:
            pending.extend(reversed(list(element)))


def _rows(table: "_Element") -> Iterator[list[str]]:
    for row in table.iterchildren("{*}tr"):
        yield [" ".join(_text(paragraph) for paragraph in cell.iter("{*}p")) for cell in row.iterchildren("{*}tc")]


def _text(paragraph: "_Element") -> str:
    """Return a paragraph's own text, without that of what is anchored in it."""
    parts: list[str] = []
    for run in paragraph.iterchildren("{*}run"):
        for text in run.iterchildren("{*}t"):
            parts.append(text.text or "")
            for mark in text.iterchildren():
                parts.append(_SPACE.get(_name(mark), "") + (mark.tail or ""))
    return "".join(parts)


def _name(element: "_Element") -> str:
    """Return an element's name without its namespace, which differs between versions of the format."""
    return str(element.tag).rpartition("}")[2]
