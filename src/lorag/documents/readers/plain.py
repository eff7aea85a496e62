"""Plain text."""

from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument
from lorag.documents.normalise import normalise
from lorag.documents.source import Source


def read(source: Source) -> ExtractedDocument:
    """Return the text as it stands in the file, line by line."""
    text = normalise(decode(source.data))
    return ExtractedDocument(text, "", "text/plain", (), (), source_lines=True)
