"""Collects the text of a document piece by piece, with the offsets of headings and pages, within the limits."""

from typing import Final

from lorag.documents.model import ExtractedDocument, Heading, Limits, PageStart
from lorag.documents.normalise import normalise, one_line
from lorag.errors import DocumentLimitError

_LONGEST_HEADING: Final = 300


def check_text_length(length: int, limits: Limits) -> None:
    """Raise DocumentLimitError if a text is longer than the limits allow."""
    if length > limits.max_text_characters:
        raise DocumentLimitError(
            f"its text is longer than {limits.max_text_characters:,} characters; raise max_text_mb to read it"
        )


class TextBuilder:
    """The text of a document while it is being read."""

    def __init__(self, limits: Limits) -> None:
        """Start an empty document."""
        self.limits = limits
        self.title = ""
        """The title the file itself names."""
        self._parts: list[str] = []
        self._length = 0
        self._trailing_breaks = 2
        self._headings: list[Heading] = []
        self._pages: list[PageStart] = []

    def line(self, text: str) -> None:
        """Add ``text`` on a line of its own, directly below what stands there."""
        self._add(normalise(text).strip(), breaks_before=1)

    def paragraph(self, text: str) -> None:
        """Add ``text`` as a paragraph, after a blank line."""
        self._add(normalise(text).strip("\n").rstrip(), breaks_before=2)

    def heading(self, level: int, text: str) -> None:
        """Add a heading, after a blank line."""
        text = one_line(text)
        if not text:
            return
        if len(text) > _LONGEST_HEADING:  # a whole paragraph styled as a heading is still text, not a heading
            self.paragraph(text)
            return
        self._break(2)
        self._headings.append(Heading(self._length, max(1, level), text))
        self._add(text, breaks_before=0)
        self._break(2)

    def page(self, number: int) -> None:
        """Begin a page."""
        if number > self.limits.max_pages:
            raise DocumentLimitError(f"it has more than {self.limits.max_pages:,} pages; raise max_pages to read it")
        self._break(2)
        self._pages.append(PageStart(self._length, number))

    @property
    def is_empty(self) -> bool:
        """Whether no text has been added."""
        return self._length == 0

    def document(self, media_type: str) -> ExtractedDocument:
        """Return what was collected."""
        title = one_line(self.title) or (self._headings[0].text if self._headings else "")
        return ExtractedDocument(
            "".join(self._parts), title, media_type, tuple(self._headings), tuple(self._pages), source_lines=False
        )

    def _add(self, text: str, *, breaks_before: int) -> None:
        if not text.strip():
            return
        self._break(breaks_before)
        self._append(text)
        self._trailing_breaks = 0

    def _break(self, wanted: int) -> None:
        """Make sure that at least ``wanted`` line breaks end the text, except at its very start."""
        if self._length and self._trailing_breaks < wanted:
            self._append("\n" * (wanted - self._trailing_breaks))
            self._trailing_breaks = wanted

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        check_text_length(self._length, self.limits)
