"""What was read from a file, put into the library as a whole: its chunks, their terms, and the vectors still valid."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lorag.documents.model import Chunk
from lorag.library.chunks import insert_chunk, set_terms_counted
from lorag.library.database import Database
from lorag.library.meta import advance_generation
from lorag.library.terms import add_terms
from lorag.library.vectors import Embedding, add_vectors, stored_embedding


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk with what the two indexes need of it."""

    chunk: Chunk
    terms: str
    """Its terms in order, joined by spaces."""
    n_terms: int
    vector_key: bytes
    """Digest of the embedder and the text it embeds: equal key, equal vector."""


@dataclass(frozen=True, slots=True)
class Content:
    """What was read from a file."""

    title: str
    media_type: str
    source_lines: bool
    """Whether the text's line numbers are those of the file on disk."""
    chunks: tuple[IndexedChunk, ...]


@dataclass(frozen=True, slots=True)
class PendingChunk:
    """A chunk that waits for its vector."""

    id: int
    document_id: int
    title: str
    heading: tuple[str, ...]
    text: str


_PENDING = (
    "FROM document d JOIN chunk c ON c.document_id = d.id LEFT JOIN embedding e ON e.chunk_id = c.id"
    " WHERE d.state <> 'ready' AND d.state = 'embedding' AND e.chunk_id IS NULL "
)


def store_content(database: Database, document_id: int, content: Content, *, sha256: str) -> int:
    """Replace what the library holds of a file and return how many of its chunks wait for a vector.

    Nothing happens when the document was taken out while its file was read.
    """
    with database.atomic():
        if database.value("SELECT 1 FROM document WHERE id = ?", (document_id,)) is None:
            return 0
        # Looked up before the old chunks go: most of an edited file is still the same text.
        keys = dict.fromkeys(indexed.vector_key for indexed in content.chunks)
        known = {key: held for key in keys if (held := stored_embedding(database, key)) is not None}
        database.execute("DELETE FROM chunk WHERE document_id = ?", (document_id,))
        numbers = [insert_chunk(database, document_id, each.chunk, n_terms=each.n_terms) for each in content.chunks]
        add_terms(database, ((number, [each.terms]) for number, each in zip(numbers, content.chunks, strict=True)))
        add_vectors(
            database,
            [
                (number, known[each.vector_key])
                for number, each in zip(numbers, content.chunks, strict=True)
                if each.vector_key in known
            ],
        )
        waiting = sum(each.vector_key not in known for each in content.chunks)
        database.execute(
            "UPDATE document SET sha256 = ?, title = ?, media_type = ?, source_lines = ?, state = ?, reason = NULL,"
            " stale = 0, n_chunks = ?, n_terms = ?, updated_at = ? WHERE id = ?",
            (
                sha256,
                content.title,
                content.media_type,
                content.source_lines,
                "embedding" if waiting else "ready",
                len(content.chunks),
                sum(each.n_terms for each in content.chunks),
                time.time(),
                document_id,
            ),
        )
        advance_generation(database)
    return waiting


def replace_terms(database: Database, document_id: int, terms: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Index a document's chunks, given as (chunk, its terms), by other terms."""
    with database.atomic():
        database.execute_many("DELETE FROM chunk_terms WHERE rowid = ?", ((number,) for number, _ in terms))
        add_terms(database, terms)
        set_terms_counted(database, ((len(split), number) for number, split in terms))
        database.execute(
            "UPDATE document SET n_terms = ?, stale = 0 WHERE id = ?",
            (sum(len(split) for _, split in terms), document_id),
        )
        advance_generation(database)


def settle_document(database: Database, document_id: int) -> bool:
    """Call a document that holds its content ready, or embedding while a vector is missing; return whether it is ready."""
    database.execute(
        "UPDATE document SET reason = NULL, stale = 0, state = CASE WHEN EXISTS (SELECT 1 FROM chunk c"
        " LEFT JOIN embedding e ON e.chunk_id = c.id WHERE c.document_id = document.id AND e.chunk_id IS NULL)"
        " THEN 'embedding' ELSE 'ready' END WHERE id = ?",
        (document_id,),
    )
    return bool(database.value("SELECT state = 'ready' FROM document WHERE id = ?", (document_id,)))


def pending_chunks(database: Database, limit: int) -> list[PendingChunk]:
    """Return chunks that wait for their vectors, in reading order."""
    rows = database.rows(
        "SELECT c.id, d.id, d.title, c.heading, c.text " + _PENDING + "ORDER BY d.id, c.ordinal LIMIT ?", (limit,)
    )
    return [PendingChunk(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4]) for row in rows]


def count_pending(database: Database) -> int:
    """Return how many chunks wait for their vectors."""
    return int(database.value("SELECT count(*) " + _PENDING))


def store_vectors(database: Database, chunks: Sequence[PendingChunk], embeddings: Sequence[Embedding]) -> None:
    """Store what was made of chunks that are still there, and call the documents that now have all of theirs ready."""
    with database.atomic():
        numbers = json.dumps([chunk.id for chunk in chunks])
        rows = database.rows("SELECT id FROM chunk WHERE id IN (SELECT value FROM json_each(?))", (numbers,))
        there = {row[0] for row in rows}
        add_vectors(
            database, [(chunk.id, row) for chunk, row in zip(chunks, embeddings, strict=True) if chunk.id in there]
        )
        for document_id in {chunk.document_id for chunk in chunks}:
            settle_document(database, document_id)


def settle_all(database: Database) -> None:
    """Call every document ready that needs no more vectors."""
    with database.atomic():
        for (document_id,) in database.rows("SELECT id FROM document WHERE state = 'embedding' AND state <> 'ready'"):
            settle_document(database, document_id)
