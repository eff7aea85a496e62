"""What an embedder made of chunks: float32 vectors and parts as the truth, and sqlite-vec's table of signs as a rebuildable index."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import apsw
import numpy as np
from numpy.typing import NDArray

from lorag.library.database import Database
from lorag.library.meta import advance_generation, read_meta, write_meta

Ids = NDArray[np.int64]
Matrix = NDArray[np.float32]

_EPOCH = "vector_epoch"
_BATCH = 2_000
_MOST_NEIGHBOURS = 4_096
"""More than this sqlite-vec refuses to look for."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """What an embedder made of the text of a chunk."""

    key: bytes
    """Digest of embedder and text."""
    vector: Matrix
    """(d,), of unit length"""
    parts: bytes = b""
    """What the embedder compares with the parts of a question; empty where it reads a text only as a whole."""


def add_vectors(database: Database, rows: Sequence[tuple[int, Embedding]]) -> None:
    """Store what was made of chunks, given by their ids, and index the vectors, inside an open transaction."""
    if not rows:
        return
    database.execute_many(
        "INSERT INTO embedding (chunk_id, key, vector, parts) VALUES (?, ?, ?, ?)",
        ((chunk, row.key, np.ascontiguousarray(row.vector, dtype="<f4").tobytes(), row.parts) for chunk, row in rows),
    )
    if vector_extension_works(database):
        _make_index(database, len(rows[0][1].vector))
        _drop_stale(database)
        _index(database, [chunk for chunk, _ in rows], np.stack([row.vector for _, row in rows]))
    advance_generation(database)


def count_vectors(database: Database) -> int:
    """Return how many chunks have a vector."""
    return int(database.value("SELECT count(*) FROM embedding"))


def clear_vectors(database: Database) -> None:
    """Forget all vectors, inside an open transaction; chunks stay searchable by their words."""
    database.execute("DELETE FROM embedding")
    _drop_index(database)
    write_meta(database, _EPOCH, str(vector_epoch(database) + 1))
    advance_generation(database)


def vector_epoch(database: Database) -> int:
    """Return a number that changes when vectors of existing chunks may have changed."""
    return int(read_meta(database, _EPOCH) or 0)


def rebuild_vector_index(database: Database) -> None:
    """Make the index anew from the stored vectors, inside an open transaction."""
    _drop_index(database)
    if not vector_extension_works(database):
        return
    ids = vector_ids(database)
    for start in range(0, len(ids), _BATCH):
        found, vectors = read_vectors(database, ids[start : start + _BATCH])
        _make_index(database, vectors.shape[1])
        _index(database, [int(chunk) for chunk in found], vectors)


def vector_index_problems(database: Database) -> list[str]:
    """Return what is wrong with the index, nothing when it agrees with the stored vectors or is not in use."""
    if not vector_extension_works(database):
        return ["sqlite-vec does not load; vectors are searched with numpy instead"]
    if not _has_index(database):
        return ["the vector index is missing"] if count_vectors(database) else []
    try:
        indexed = {row[0] for row in database.rows("SELECT chunk_id FROM chunk_vector")}
    except apsw.SQLError as error:
        return [f"the vector index cannot be read ({error})"]
    stored = set(vector_ids(database).tolist())
    stale = {row[0] for row in database.rows("SELECT chunk_id FROM stale_vector")}
    missing, extra = len(stored - indexed), len(indexed - stored - stale)
    return [f"the vector index lacks {missing} chunks and has {extra} too many"] if missing or extra else []


def vector_ids(database: Database) -> Ids:
    """Return the ids of the chunks that have a vector, in rising order."""
    # The index on `key` is twenty times smaller than the table, which holds the vectors themselves.
    rows = database.rows("SELECT chunk_id FROM embedding INDEXED BY embedding_key")
    return np.sort(np.array([row[0] for row in rows], dtype=np.int64))


def read_vectors(database: Database, chunk_ids: Ids | Sequence[int]) -> tuple[Ids, Matrix]:
    """Return (ids, one row per id) of those chunks that have a vector."""
    wanted = json.dumps([int(chunk) for chunk in chunk_ids])
    rows = database.rows(
        "SELECT chunk_id, vector FROM embedding WHERE chunk_id IN (SELECT value FROM json_each(?)) ORDER BY chunk_id",
        (wanted,),
    )
    if not rows:
        return np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32)
    matrix = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").reshape(len(rows), -1)
    return np.array([row[0] for row in rows], dtype=np.int64), matrix


def read_parts(database: Database, chunk_ids: Sequence[int]) -> dict[int, bytes]:
    """Return the parts of those chunks that have a vector."""
    rows = database.rows(
        "SELECT chunk_id, parts FROM embedding WHERE chunk_id IN (SELECT value FROM json_each(?))",
        (json.dumps(chunk_ids),),
    )
    return {row[0]: row[1] for row in rows}


def stored_embedding(database: Database, key: bytes) -> Embedding | None:
    """Return what the library already holds of a text, from whichever chunk."""
    rows = database.rows("SELECT vector, parts FROM embedding WHERE key = ? LIMIT 1", (key,))
    return Embedding(key, np.frombuffer(rows[0][0], dtype="<f4"), rows[0][1]) if rows else None


def nearest_by_sign(database: Database, vector: Matrix, *, count: int, allowed: Ids | None) -> list[int] | None:
    """Return about ``count`` chunks whose vectors agree with this one in most signs; None without a usable index."""
    if not vector_extension_works(database) or not _has_index(database):
        return None
    stale = int(database.value("SELECT count(*) FROM stale_vector"))
    if stale > count or count + stale > _MOST_NEIGHBOURS:
        return None
    within = "" if allowed is None else " AND chunk_id IN (SELECT value FROM json_each(?3))"
    bindings: list[object] = [_signs(vector[None, :])[0].tobytes(), count + stale]
    if allowed is not None:
        bindings.append(json.dumps(allowed.tolist()))
    rows = database.rows(
        f"SELECT chunk_id FROM chunk_vector WHERE signs MATCH vec_bit(?1) AND k = ?2{within}",  # noqa: S608
        bindings,
    )
    return [row[0] for row in rows]


def vector_extension_works(database: Database) -> bool:
    """Tell whether this connection has sqlite-vec."""
    try:
        return bool(database.value("SELECT 1 FROM pragma_module_list WHERE name = 'vec0'"))
    except apsw.SQLError:
        return False


def _has_index(database: Database) -> bool:
    return bool(database.value("SELECT 1 FROM sqlite_schema WHERE name = 'chunk_vector'"))


def _make_index(database: Database, dimensions: int) -> None:
    if not _has_index(database):
        bits = -(-dimensions // 8) * 8
        database.execute(
            f"CREATE VIRTUAL TABLE chunk_vector USING vec0 (chunk_id INTEGER PRIMARY KEY, signs bit[{int(bits)}])"
        )


def _drop_index(database: Database) -> None:
    if _has_index(database) and vector_extension_works(database):
        database.execute("DROP TABLE chunk_vector")
    database.execute("DELETE FROM stale_vector")


def _drop_stale(database: Database) -> None:
    """Take the vectors of deleted chunks out of the index."""
    database.execute("DELETE FROM chunk_vector WHERE chunk_id IN (SELECT chunk_id FROM stale_vector)")
    database.execute("DELETE FROM stale_vector")


def _index(database: Database, chunk_ids: Sequence[int], vectors: Matrix) -> None:
    signs = _signs(vectors)
    database.execute_many(
        "INSERT INTO chunk_vector (chunk_id, signs) VALUES (?, vec_bit(?))",
        ((chunk, signs[i].tobytes()) for i, chunk in enumerate(chunk_ids)),
    )


def _signs(vectors: Matrix) -> NDArray[np.uint8]:
    """Return one bit per dimension, padded to whole bytes: (n, d) → (n, ceil(d / 8))."""
    return np.packbits(vectors > 0, axis=1, bitorder="little")
