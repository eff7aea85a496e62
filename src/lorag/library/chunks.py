"""The pieces documents are cut into, with what retrieval and citations need to know of their document."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lorag.documents.model import Chunk
from lorag.library.database import Database, Row


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One chunk with its document's fields."""

    id: int
    document_id: int
    ordinal: int
    text: str
    heading: tuple[str, ...]
    page: int | None
    line_start: int | None
    line_end: int | None
    start: int
    """Offset of the first character in the document's text."""
    end: int
    n_tokens: int
    n_terms: int
    path: str
    """Absolute, NFC: to show and to compare."""
    disk_path: Path
    """The file's own name on disk: to open it."""
    title: str
    collection: str
    source_lines: bool


_SELECT = (
    'SELECT c.id, c.document_id, c.ordinal, c.text, c.heading, c.page, c.line_start, c.line_end, c.start, c."end",'
    " c.n_tokens, c.n_terms, d.path, d.disk_path, d.title, d.collection, d.source_lines"
    " FROM chunk c JOIN document d ON d.id = c.document_id "
)
_BESIDE = (
    "JOIN chunk a ON a.document_id = c.document_id AND c.ordinal IN (a.ordinal - 1, a.ordinal + 1)"
    " WHERE a.id IN (SELECT value FROM json_each(?))"
)
_AMONG = "WHERE c.id IN (SELECT value FROM json_each(?))"


def chunk_rows(database: Database, chunk_ids: Sequence[int]) -> list[StoredChunk]:
    """Return the chunks with these numbers in the order of the numbers given; numbers that are gone are left out."""
    rows = database.rows(_SELECT + _AMONG, (json.dumps(chunk_ids),))
    found = {row[0]: _stored(row) for row in rows}
    return [found[chunk_id] for chunk_id in chunk_ids if chunk_id in found]


def neighbours(database: Database, chunk_ids: Sequence[int]) -> dict[tuple[int, int], StoredChunk]:
    """Return the chunks just before and after these in their documents, by (document, ordinal)."""
    rows = database.rows(
        _SELECT + _BESIDE,
        (json.dumps(list(chunk_ids)),),
    )
    return {(chunk.document_id, chunk.ordinal): chunk for chunk in map(_stored, rows)}


def document_chunks(database: Database, document_id: int) -> Iterator[StoredChunk]:
    """Yield a document's chunks in reading order."""
    return map(_stored, database.stream(_SELECT + "WHERE c.document_id = ? ORDER BY c.ordinal", (document_id,)))


def insert_chunk(database: Database, document_id: int, chunk: Chunk, *, n_terms: int) -> int:
    """Store one chunk and return its number."""
    return database.insert(
        'INSERT INTO chunk (document_id, ordinal, n_terms, n_tokens, page, line_start, line_end, start, "end", heading,'
        " text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document_id,
            chunk.ordinal,
            n_terms,
            chunk.n_tokens,
            chunk.page,
            chunk.line_start,
            chunk.line_end,
            chunk.start,
            chunk.end,
            json.dumps(chunk.heading, ensure_ascii=False),
            chunk.text,
        ),
    )


def delete_chunks(database: Database, document_id: int) -> None:
    """Take a document's chunks out of the library, with their terms and vectors."""
    database.execute("DELETE FROM chunk WHERE document_id = ?", (document_id,))


def set_terms_counted(database: Database, counts: Iterable[tuple[int, int]]) -> None:
    """Correct how many terms chunks have, given as (number of terms, chunk)."""
    database.execute_many("UPDATE chunk SET n_terms = ? WHERE id = ?", counts)


def _stored(row: Row) -> StoredChunk:
    return StoredChunk(
        id=row[0],
        document_id=row[1],
        ordinal=row[2],
        text=row[3],
        heading=tuple(json.loads(row[4])),
        page=row[5],
        line_start=row[6],
        line_end=row[7],
        start=row[8],
        end=row[9],
        n_tokens=row[10],
        n_terms=row[11],
        path=row[12],
        disk_path=Path(os.fsdecode(row[13])),
        title=row[14],
        collection=row[15],
        source_lines=bool(row[16]),
    )
