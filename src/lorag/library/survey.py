"""Which documents a run has met on disk; what it has not met below a folder it went through is gone."""

from collections.abc import Iterator
from pathlib import Path

from lorag.library.database import Database
from lorag.library.documents import StoredDocument, documents_below


def begin_survey(database: Database) -> None:
    """Forget what earlier runs met; the table is temporary and belongs to this connection."""
    database.execute("CREATE TEMP TABLE IF NOT EXISTS seen (document_id INTEGER PRIMARY KEY)")
    database.execute("DELETE FROM seen")


def mark_seen(database: Database, document_id: int) -> bool:
    """Note that a document was met; return whether it was the first time."""
    database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (document_id,))
    return database.changes() > 0


def unseen_below(database: Database, place: Path) -> Iterator[StoredDocument]:
    """Yield the documents of a file or folder that were not met."""
    for document in documents_below(database, place):
        if database.value("SELECT 1 FROM seen WHERE document_id = ?", (document.id,)) is None:
            yield document


def queue_size(database: Database) -> tuple[int, int]:
    """Return how many documents wait to be read and how many bytes they have."""
    row = database.row(
        "SELECT count(*), coalesce(sum(size), 0) FROM document WHERE state <> 'ready' AND state IN ('queued', 'reading')"
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def queue_everything(database: Database) -> None:
    """Have every document read again, whatever its content."""
    database.execute("UPDATE document SET state = 'queued', stale = 1, reason = NULL")


def embed_everything(database: Database) -> None:
    """Have every document that was read embedded again where vectors are missing."""
    database.execute("UPDATE document SET state = 'embedding' WHERE state = 'ready'")
