"""The library as a person looks at it: what is in it, how it is, and a passage where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lorag.library import documents
from lorag.library.chunks import StoredChunk, document_chunks
from lorag.library.database import Database
from lorag.library.documents import StoredDocument
from lorag.library.removal import remove_numbered


@dataclass(frozen=True, slots=True)
class LibraryState:
    """How much there is and how it is."""

    documents: int
    failed: int
    waiting: int
    """Queued, being read, or without vectors yet."""
    collections: Mapping[str, int]
    """Documents of each."""
    last_change: float | None
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class PassageContext:
    """A stretch of a document around a passage."""

    text: str
    start: int
    """Offset of its first character in the document's text."""
    source_lines: bool
    """Whether line numbers are those of the file."""
    disk_path: Path


class LibraryBrowser:
    """Reads and removes; over a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> LibraryState:
        """Return how the library is now."""
        states = documents.count_states(self._database)
        changed = self._database.value("SELECT max(updated_at) FROM document")
        return LibraryState(
            documents=sum(states.values()),
            failed=states.get("failed", 0),
            waiting=sum(states.get(state, 0) for state in ("queued", "reading", "embedding")),
            collections=documents.collections(self._database),
            last_change=None if changed is None else float(changed),
        )

    def find(self, query: str, *, failed_only: bool = False, limit: int = 500) -> list[StoredDocument]:
        """Return the documents whose path, title or collection holds every word, in the order of their paths."""
        words = query.lower().split()
        found: list[StoredDocument] = []
        for document in documents.list_documents(self._database, failed_only=failed_only):
            place = f"{document.path} {document.title} {document.collection}".lower()
            if all(word in place for word in words):
                found.append(document)
                if len(found) == limit:
                    break
        return found

    def chunks(self, document_id: int) -> list[StoredChunk]:
        """Return the pieces of a document in reading order."""
        return list(document_chunks(self._database, document_id))

    def remove(self, document_ids: Sequence[int]) -> None:
        """Take documents out of the library so that they stay out; the files stay."""
        remove_numbered(self._database, document_ids)

    def context(self, path: Path, start: int, end: int, *, around: int = 3) -> PassageContext | None:
        """Return the chunks that hold a stretch of a document and those around; None when the document is gone."""
        document = next(iter(documents.documents_below(self._database, path)), None)
        if document is None:
            return None
        chunks = self.chunks(document.id)
        at = [index for index, chunk in enumerate(chunks) if chunk.start < end and chunk.end > start]
        if not at:
            return None
        shown = chunks[max(at[0] - around, 0) : at[-1] + around + 1]
        return PassageContext(_joined(shown), shown[0].start, document.source_lines, document.disk_path)

    def text(self, path: Path) -> str | None:
        """Return what was read from a document, None when it is gone."""
        document = next(iter(documents.documents_below(self._database, path)), None)
        return None if document is None else _joined(self.chunks(document.id))


def _joined(chunks: Sequence[StoredChunk]) -> str:
    """Put chunks together so that offsets stay those of the document; what lay between them was white space."""
    parts: list[str] = []
    end = chunks[0].start if chunks else 0
    for chunk in chunks:
        gap = chunk.start - end
        parts.append("\n" * min(gap, 2) + " " * max(gap - 2, 0))
        parts.append(chunk.text)
        end = chunk.end
    return "".join(parts)
