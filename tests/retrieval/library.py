"""Small libraries made without reading files."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from lorag.documents.model import Chunk
from lorag.library.chunks import delete_chunks, insert_chunk
from lorag.library.database import Database
from lorag.library.documents import find_document, queue_document
from lorag.library.meta import advance_generation
from lorag.library.terms import add_terms
from lorag.library.vectors import Embedding, add_vectors
from lorag.retrieval.terms import BigramSplitter, TermSplitter

SPLITTER = BigramSplitter()


def put(
    database: Database,
    path: str,
    texts: Sequence[str],
    *,
    collection: str = "default",
    headings: Mapping[int, tuple[str, ...]] | None = None,
    embedder=None,
    splitter: TermSplitter = SPLITTER,
) -> list[int]:
    """Store a document of these chunks, in place of what it held before, and return the chunks' ids."""
    with database.atomic():
        disk_path = Path(path)
        document = find_document(database, disk_path)
        document_id = (
            document.id
            if document
            else queue_document(database, disk_path, size=1, mtime_ns=time.time_ns(), collection=collection)
        )
        delete_chunks(database, document_id)
        ids, rows, offset, line, total = [], [], 0, 1, 0
        for ordinal, text in enumerate(texts):
            terms = splitter.terms(text)
            heading = (headings or {}).get(ordinal, ())
            end_line = line + text.count("\n")
            chunk = Chunk(ordinal, text, offset, offset + len(text), heading, None, line, end_line, len(text) // 3)
            ids.append(insert_chunk(database, document_id, chunk, n_terms=len(terms)))
            rows.append((ids[-1], terms))
            offset, line, total = offset + len(text) + 1, end_line + 1, total + len(terms)
        add_terms(database, rows)
        if embedder:
            keys = [hashlib.sha256(text.encode()).digest() for text in texts]
            embeddings = map(Embedding, keys, *embedder.embed_with_parts(list(texts)))
            add_vectors(database, list(zip(ids, embeddings, strict=True)))
        database.execute(
            "UPDATE document SET state = 'ready', title = ?, n_chunks = ?, n_terms = ? WHERE id = ?",
            (Path(path).stem, len(ids), total, document_id),
        )
        advance_generation(database)
        return ids


def forget(database: Database, path: str) -> None:
    """Delete a document with its chunks."""
    with database.atomic():
        database.execute("DELETE FROM document WHERE path = ?", (path,))
        advance_generation(database)
