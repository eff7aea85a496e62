"""PowerPoint: a slide is a page, its title a heading; text, tables and speaker's notes."""

import io
from collections.abc import Iterable, Iterator

import pptx
from pptx.exc import PythonPptxError
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide
from pptx.table import Table
from pptx.text.text import TextFrame

from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument
from lorag.documents.office import checked_archive, office_errors
from lorag.documents.source import Source
from lorag.documents.tables import table_lines


def read(source: Source) -> ExtractedDocument:
    """Return the text of a presentation, slide by slide."""
    builder = TextBuilder(source.limits)
    with checked_archive(source.data, source.limits), office_errors(PythonPptxError):
        presentation = pptx.Presentation(io.BytesIO(source.data))
        builder.title = presentation.core_properties.title
        for number, slide in enumerate(presentation.slides, start=1):
            builder.page(number)
            _add_slide(builder, slide)
    return builder.document("application/vnd.openxmlformats-officedocument.presentationml.presentation")


def _add_slide(builder: TextBuilder, slide: Slide) -> None:
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        builder.heading(1, title.text_frame.text)
    for shape in _shapes(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(builder, shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        _add_text(builder, slide.notes_slide.notes_text_frame)


def _shapes(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """Yield the shapes, with those of a group in its place."""
    pending = list(shapes)[::-1]
    while pending:
        shape = pending.pop()
        if isinstance(shape, GroupShape):
            pending.extend(reversed(list(shape.shapes)))
        else:
            yield shape


def _add_shape(builder: TextBuilder, shape: BaseShape) -> None:
    if isinstance(shape, GraphicFrame) and shape.has_table:
        for index, line in enumerate(table_lines(_rows(shape.table))):
            (builder.line if index else builder.paragraph)(line)
    elif shape.has_text_frame:
        _add_text(builder, shape.text_frame)  # type: ignore[attr-defined]


def _rows(table: Table) -> Iterator[list[str]]:
    return ([cell.text for cell in row.cells] for row in table.rows)


def _add_text(builder: TextBuilder, frame: TextFrame) -> None:
    """Add a frame's paragraphs as lines of one block, so that bullets stay together."""
    lines = [paragraph.text.replace("\v", "\n") for paragraph in frame.paragraphs if paragraph.text.strip()]
    builder.paragraph("\n".join(lines))
