"""Jupyter notebooks: Markdown cells with their headings, code cells, and the text they printed."""

from collections.abc import Iterator

from lorag.documents.builder import TextBuilder
from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument
from lorag.documents.normalise import normalise
from lorag.documents.readers.json_data import parse_json
from lorag.documents.readers.markdown import document_from
from lorag.documents.source import Source
from lorag.errors import DocumentError


def read(source: Source) -> ExtractedDocument:
    """Return the cells of a notebook in order."""
    builder = TextBuilder(source.limits)
    notebook = parse_json(decode(source.data), source.limits)
    for cell in _cells(notebook):
        text = _joined(cell.get("source"))
        if cell.get("cell_type") == "markdown":
            _add_markdown(builder, text)
        else:
            builder.paragraph(text)
            for output in _outputs(cell):
                builder.paragraph(output)
    return builder.document("application/x-ipynb+json")


def _cells(notebook: object) -> Iterator[dict[str, object]]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise DocumentError("it is not a notebook of format 4: it has no list of cells")
    return (cell for cell in cells if isinstance(cell, dict))


def _add_markdown(builder: TextBuilder, text: str) -> None:
    document = document_from(normalise(text))
    ends = [*(heading.offset for heading in document.headings), len(document.text)]
    builder.paragraph(document.text[: ends[0]])
    for heading, end in zip(document.headings, ends[1:], strict=True):
        builder.heading(heading.level, heading.text)
        builder.paragraph(document.text[heading.offset : end].partition("\n")[2])


def _outputs(cell: dict[str, object]) -> Iterator[str]:
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            data = output.get("data")
            yield _joined(output.get("text"))
            yield _joined(data.get("text/plain")) if isinstance(data, dict) else ""


def _joined(lines: object) -> str:
    if isinstance(lines, list):
        return "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""
