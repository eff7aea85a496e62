"""What a file becomes: text with the positions of its headings and pages, and chunks of that text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask of the machine; each is a setting."""

    max_file_bytes: int
    """Size on disk (setting ``max_file_mb``)."""
    max_pages: int
    """Pages, slides or sheets (setting ``max_pages``)."""
    max_expanded_bytes: int
    """What a compressed file may unpack to (setting ``max_expanded_mb``)."""
    max_nesting: int
    """Depth of elements inside elements (setting ``max_nesting``)."""
    max_text_characters: int
    """Length of the extracted text (setting ``max_text_mb``)."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and where it stands."""

    offset: int
    level: int
    """1 for the highest."""
    text: str


@dataclass(frozen=True, slots=True)
class PageStart:
    """The offset at which a page begins."""

    offset: int
    number: int
    """1-based, as a viewer counts."""


@dataclass(frozen=True, slots=True)
class ExtractedDocument:
    """The text of a file."""

    text: str
    """NFC, ``\\n`` line ends, no control or invisible directional characters."""
    title: str
    """What the file calls itself, else its first heading, else its name."""
    media_type: str
    headings: tuple[Heading, ...]
    """In reading order."""
    pages: tuple[PageStart, ...]
    """In reading order; empty for a format without pages."""
    source_lines: bool
    """Whether the text's line numbers are those of the file on disk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a document that is found and cited as one."""

    ordinal: int
    text: str
    """The document's text from ``start`` to ``end``."""
    start: int
    end: int
    heading: tuple[str, ...]
    """Headings it stands under, the highest first."""
    page: int | None
    line_start: int | None
    """1-based line in the file, when the document's lines are those of the file."""
    line_end: int | None
    n_tokens: int
    """An estimate, see ``lorag.documents.tokens``."""
