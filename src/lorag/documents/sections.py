"""Where a document's sections lie: stretches under one heading and on one page, which no chunk may leave."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from lorag.documents.model import ExtractedDocument, Heading

_HEADING_ONLY = re.compile(r"[^\n]*\n?[\s=\-~^\"'`#*+:._]*")


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of text under one heading, on one page."""

    start: int
    end: int
    heading: tuple[str, ...]
    page: int | None


def sections(document: ExtractedDocument) -> Iterator[Section]:
    """Yield the sections of a document in order; together they cover it."""
    headings = {heading.offset: heading for heading in document.headings}
    page_offsets = [page.offset for page in document.pages]
    cuts = sorted({0, *headings, *page_offsets})
    path: list[Heading] = []
    start = 0
    for cut, end in zip(cuts, [*cuts[1:], len(document.text)], strict=True):
        heading = headings.get(cut)
        if heading is not None:
            path = [above for above in path if above.level < heading.level] + [heading]
        if heading is not None and end not in page_offsets and _opens(document, heading, headings.get(end)):
            continue
        page_index = bisect_right(page_offsets, start) - 1
        page = document.pages[page_index].number if page_index >= 0 else None
        yield Section(start, end, tuple(above.text for above in path), page)
        start = end


def _opens(document: ExtractedDocument, heading: Heading, below: Heading | None) -> bool:
    """Tell whether a heading has no text of its own and so belongs to the section of the heading below it."""
    return (
        below is not None
        and below.level > heading.level
        and _HEADING_ONLY.fullmatch(document.text, heading.offset, below.offset) is not None
    )
