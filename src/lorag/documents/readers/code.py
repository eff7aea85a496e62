"""Source code and configuration files: text whose units are lines."""

from dataclasses import replace

from lorag.documents.media import LANGUAGES
from lorag.documents.model import ExtractedDocument
from lorag.documents.readers import plain
from lorag.documents.source import Source


def read(source: Source) -> ExtractedDocument:
    """Return the code as it stands in the file, with its language as the media type."""
    document = plain.read(source)
    return replace(document, media_type=f"text/x-{LANGUAGES.get(source.path.suffix.lower(), 'code')}")
