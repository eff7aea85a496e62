"""What a reader is given."""

from dataclasses import dataclass
from pathlib import Path

from lorag.documents.model import Limits


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content, read once."""

    path: Path
    """For the name and suffix; the content is already here."""
    data: bytes
    limits: Limits
