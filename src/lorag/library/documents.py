"""The files the library knows: where they are, what state they are in, what was read from them."""

import json
import os
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lorag.library.database import Database, Row
from lorag.library.meta import advance_generation

State = Literal["queued", "reading", "embedding", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One file of the library."""

    id: int
    path: str
    """Absolute, NFC: to show and to compare."""
    disk_path: Path
    """The file's own name on disk: to open it."""
    sha256: str | None
    """Of the content its chunks were made from."""
    size: int
    mtime_ns: int
    media_type: str
    title: str
    collection: str
    state: State
    reason: str | None
    stale: bool
    """Whether it must be read again even if its content is the same."""
    source_lines: bool
    n_chunks: int
    n_terms: int


_SELECT = (
    "SELECT id, path, disk_path, sha256, size, mtime_ns, media_type, title, collection, state, reason, stale,"
    " source_lines, n_chunks, n_terms FROM document "
)


@dataclass(frozen=True, slots=True)
class CorpusSize:
    """How much there is to search."""

    documents: int
    chunks: int
    terms: int


def comparable_path(path: Path) -> str:
    """Return a path as the library shows and compares it: NFC, names that are not text escaped."""
    return unicodedata.normalize("NFC", str(path)).encode("utf-8", "backslashreplace").decode("utf-8")


def find_document(database: Database, disk_path: Path) -> StoredDocument | None:
    """Return the document of exactly this file."""
    row = database.row(_SELECT + "WHERE disk_path = ?", (os.fsencode(disk_path),))
    return None if row is None else _stored(row)


def get_document(database: Database, document_id: int) -> StoredDocument | None:
    """Return one document by its number."""
    row = database.row(_SELECT + "WHERE id = ?", (document_id,))
    return None if row is None else _stored(row)


def list_documents(
    database: Database, *, collection: str | None = None, failed_only: bool = False
) -> Iterator[StoredDocument]:
    """Yield the documents in the order of their paths."""
    rows = database.stream(
        _SELECT + "WHERE (?1 IS NULL OR collection = ?1) AND (NOT ?2 OR state = 'failed') ORDER BY path, id",
        (collection, failed_only),
    )
    return map(_stored, rows)


def documents_below(database: Database, place: Path | str) -> Iterator[StoredDocument]:
    """Yield the documents that are this file or lie in this folder, whatever Unicode form its name is given in."""
    shown = comparable_path(Path(place))
    rows = database.stream(
        _SELECT + "WHERE path = ? OR (path >= ? AND path < ?) ORDER BY path, id", (shown, *range_below(shown))
    )
    return map(_stored, rows)


def documents_like(database: Database, sha256: str) -> list[StoredDocument]:
    """Return the documents made from exactly this content."""
    return [_stored(row) for row in database.rows(_SELECT + "WHERE sha256 = ?", (sha256,))]


def next_unread(database: Database, after_id: int) -> StoredDocument | None:
    """Return the first document after the given number that waits to be read."""
    row = database.row(
        _SELECT + "WHERE id > ? AND state <> 'ready' AND state IN ('queued', 'reading') ORDER BY id LIMIT 1",
        (after_id,),
    )
    return None if row is None else _stored(row)


def queue_document(database: Database, disk_path: Path, *, size: int, mtime_ns: int, collection: str) -> int:
    """Make a new document that waits to be read."""
    now = time.time()
    return database.insert(
        "INSERT INTO document (path, disk_path, size, mtime_ns, collection, state, added_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)",
        (comparable_path(disk_path), os.fsencode(disk_path), size, mtime_ns, collection, now, now),
    )


def set_state(database: Database, document_id: int, state: State, reason: str | None = None) -> None:
    """Move a document to another state."""
    database.execute(
        "UPDATE document SET state = ?, reason = ?, updated_at = ? WHERE id = ?",
        (state, reason, time.time(), document_id),
    )


def set_collection(database: Database, document_id: int, collection: str) -> None:
    """Put a document into another collection."""
    database.execute("UPDATE document SET collection = ? WHERE id = ?", (collection, document_id))
    advance_generation(database)


def requeue(database: Database, document_id: int) -> None:
    """Queue a document to be looked at again; one that failed is read whatever its content."""
    database.execute(
        "UPDATE document SET stale = stale OR state = 'failed', state = 'queued', reason = NULL WHERE id = ?",
        (document_id,),
    )


def set_file(database: Database, document_id: int, *, size: int, mtime_ns: int) -> None:
    """Remember the size and time under which a document's content is known."""
    database.execute("UPDATE document SET size = ?, mtime_ns = ? WHERE id = ?", (size, mtime_ns, document_id))


def move_document(database: Database, document_id: int, to: StoredDocument) -> None:
    """Give a document the place of ``to``, the queued newcomer with the same content, which goes."""
    database.execute("DELETE FROM document WHERE id = ?", (to.id,))
    database.execute(
        "UPDATE document SET path = ?, disk_path = ?, size = ?, mtime_ns = ?, collection = ?, updated_at = ? WHERE id = ?",
        (to.path, os.fsencode(to.disk_path), to.size, to.mtime_ns, to.collection, time.time(), document_id),
    )
    advance_generation(database)


def fail_document(database: Database, document_id: int, *, sha256: str | None, reason: str) -> None:
    """Write down why a document cannot be read, and take what was read from it before out of the indexes."""
    database.execute("DELETE FROM chunk WHERE document_id = ?", (document_id,))
    database.execute(
        "UPDATE document SET state = 'failed', reason = ?, sha256 = ?, stale = 0, n_chunks = 0, n_terms = 0,"
        " updated_at = ? WHERE id = ?",
        (reason, sha256, time.time(), document_id),
    )
    advance_generation(database)


def delete_document(database: Database, document_id: int) -> None:
    """Take a document and all that was made from it out of the library."""
    database.execute("DELETE FROM document WHERE id = ?", (document_id,))
    advance_generation(database)


def corpus_size(database: Database, collections: Sequence[str] = ()) -> CorpusSize:
    """Return how many documents, chunks and terms there are, in all or in some collections."""
    row = database.row(
        "SELECT count(*), coalesce(sum(n_chunks), 0), coalesce(sum(n_terms), 0) FROM document"
        " WHERE ?1 = '[]' OR collection IN (SELECT value FROM json_each(?1))",
        (json.dumps(collections),),
    )
    return CorpusSize(*row) if row else CorpusSize(0, 0, 0)


def count_states(database: Database) -> dict[str, int]:
    """Return how many documents are in each state."""
    return dict(database.rows("SELECT state, count(*) FROM document GROUP BY state"))


def collections(database: Database) -> dict[str, int]:
    """Return the collections with how many documents each holds."""
    return dict(database.rows("SELECT collection, count(*) FROM document GROUP BY collection ORDER BY collection"))


def range_below(folder: str) -> tuple[str, str]:
    """Return the bounds of the names in a folder: from its separator to the character that follows the separator."""
    prefix = folder.rstrip(os.sep)
    return prefix + os.sep, prefix + chr(ord(os.sep) + 1)


def _stored(row: Row) -> StoredDocument:
    return StoredDocument(
        id=row[0],
        path=row[1],
        disk_path=Path(os.fsdecode(row[2])),
        sha256=row[3],
        size=row[4],
        mtime_ns=row[5],
        media_type=row[6],
        title=row[7],
        collection=row[8],
        state=row[9],
        reason=row[10],
        stale=bool(row[11]),
        source_lines=bool(row[12]),
        n_chunks=row[13],
        n_terms=row[14],
    )
