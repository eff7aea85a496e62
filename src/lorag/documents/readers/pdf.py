"""PDF: the text of every page, with the document's bookmarks as headings.

PDFium keeps Korean text and reading order best among the libraries that may be used freely, and is fast; it is not
thread-safe, hence the lock.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from threading import Lock

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw  # type: ignore[import-untyped]

from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument
from lorag.documents.normalise import normalise, one_line
from lorag.documents.source import Source
from lorag.errors import DocumentError, DocumentLimitError

_PDFIUM = Lock()
_HYPHENATED_BREAK = re.compile(r"(?<=\w)\ufffe\r?\n?")
_PROGRAM_TITLE = re.compile(
    r"untitled|microsoft (?:word|powerpoint|excel)|.*\.(?:docx?|hwpx?|indd|tex)$", re.IGNORECASE
)
_MOST_BOOKMARKS = 10_000
Bookmarks = dict[int, list[tuple[int, str]]]
"""Level and title of the bookmarks that point at a page, by page index."""


def read(source: Source) -> ExtractedDocument:
    """Return the text of a PDF, page by page."""
    with _PDFIUM:
        pdf = _open(source)
        try:
            return _read_pages(pdf, source)
        except pypdfium2.PdfiumError as error:
            raise DocumentError(f"it is damaged: {_reason(error)}") from error
        finally:
            pdf.close()


def _open(source: Source) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(source.data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD or "assword" in str(error):
            raise DocumentError("it is encrypted; save a copy of the PDF without a password") from error
        raise DocumentError("it is damaged or cut short: PDFium cannot open it") from error


def _reason(error: Exception) -> str:
    return one_line(str(error)).rstrip(".")


def _read_pages(pdf: pypdfium2.PdfDocument, source: Source) -> ExtractedDocument:
    n_pages = len(pdf)
    if n_pages > source.limits.max_pages:
        raise DocumentLimitError(
            f"it has {n_pages:,} pages; raise max_pages above {source.limits.max_pages:,} to read it"
        )
    builder = TextBuilder(source.limits)
    builder.title = _title(pdf)
    bookmarks = _bookmarks(pdf)
    unreadable = 0
    for index in range(n_pages):
        builder.page(index + 1)
        try:
            text = _page_text(pdf, index)
        except pypdfium2.PdfiumError:
            unreadable += 1
            continue
        _add_page(builder, text, bookmarks.get(index, []))
    if builder.is_empty:
        raise DocumentError(_why_empty(pdf, n_pages, unreadable))
    return builder.document("application/pdf")


def _title(pdf: pypdfium2.PdfDocument) -> str:
    """Return the title that a person gave the document, not one that a program left behind."""
    try:
        title = str(pdf.get_metadata_value("Title"))
    except UnicodeDecodeError:
        return ""
    return "" if _PROGRAM_TITLE.match(title) else title


def _page_text(pdf: pypdfium2.PdfDocument, index: int) -> str:
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            return normalise(_HYPHENATED_BREAK.sub("", text_page.get_text_bounded()))
        finally:
            text_page.close()
    finally:
        page.close()


def _bookmarks(pdf: pypdfium2.PdfDocument) -> Bookmarks:
    bookmarks: Bookmarks = defaultdict(list)
    for count, bookmark in enumerate(pdf.get_toc(max_depth=6)):
        if count >= _MOST_BOOKMARKS:
            break
        destination = bookmark.get_dest()
        index = destination.get_index() if destination else None
        if index is None:
            continue
        try:
            bookmarks[index].append((bookmark.level + 1, one_line(bookmark.get_title())))
        except UnicodeDecodeError:
            continue  # a damaged title only costs us a heading
    return bookmarks


def _add_page(builder: TextBuilder, text: str, bookmarks: list[tuple[int, str]]) -> None:
    """Add a page's lines; a line that is the title of a bookmark to this page becomes a heading."""
    wanted = {_squeezed(title): level for level, title in bookmarks if title}
    lines: list[str] = []
    for line in text.split("\n"):
        level = wanted.pop(_squeezed(line), None) if wanted else None
        if level is None:
            lines.append(line.rstrip())
            continue
        builder.paragraph("\n".join(lines))
        builder.heading(level, line)
        lines.clear()
    builder.paragraph("\n".join(lines))


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _why_empty(pdf: pypdfium2.PdfDocument, n_pages: int, unreadable: int) -> str:
    if n_pages == 0 or unreadable == n_pages:
        return "it is damaged: none of its pages can be read"
    if any(_has_image(pdf, index) for index in range(min(n_pages, 20))):
        return "it has only images of pages and no text; run text recognition (OCR) on it first, such as ocrmypdf"
    return "it has no text"


def _has_image(pdf: pypdfium2.PdfDocument, index: int) -> bool:
    try:
        page = pdf[index]
    except pypdfium2.PdfiumError:
        return False
    return any(_images(page))


def _images(page: pypdfium2.PdfPage) -> Iterator[bool]:
    for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        yield True
