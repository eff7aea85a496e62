"""The word index: SQLite's full-text table over terms that retrieval has already split."""

import json
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lorag.library.counting import TERM_COUNTS
from lorag.library.database import Database

Ids = NDArray[np.int64]


def add_terms(database: Database, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Index chunks, given as (chunk id, its terms in order), inside an open transaction."""
    database.execute_many(
        "INSERT INTO chunk_terms (rowid, terms) VALUES (?, ?)", ((chunk, " ".join(terms)) for chunk, terms in rows)
    )


def optimize_terms(database: Database) -> None:
    """Merge the index into one piece, so that every search reads less."""
    database.execute("INSERT INTO chunk_terms (chunk_terms) VALUES ('optimize')")


def document_frequency(database: Database, term: str) -> int:
    """Return how many chunks hold a term."""
    return int(database.value("SELECT doc FROM chunk_vocabulary WHERE term = ?", (term,)) or 0)


def occurrences(database: Database, term: str) -> Ids:
    """Return the ids of the chunks that hold a term, one for each time it stands there."""
    # One text and not one row each: thousands of rows cost more to hand over than to find.
    found = database.value("SELECT group_concat(doc) FROM chunk_occurrence WHERE term = ?", (term,))
    return np.fromstring(found, dtype=np.int64, sep=",") if found else np.empty(0, dtype=np.int64)


def count_terms(
    database: Database, chunk_ids: Sequence[int], *, terms: Sequence[str], anchors: Sequence[str] = ()
) -> dict[int, list[int]]:
    """Return how often each of ``terms`` stands in each of the chunks; chunks that hold none of them are left out.

    When each of the chunks holds one of ``anchors``, rare terms, naming these saves time: SQLite walks their short
    lists once, instead of starting one full-text query per chunk.
    """
    if not chunk_ids or not terms:
        return {}
    # The plus keeps SQLite from starting one full-text query per chunk.
    wanted, chosen = (
        (f"({_any_of(terms)}) AND ({_any_of(anchors)})", "+rowid") if anchors else (_any_of(terms), "rowid")
    )
    rows = database.rows(
        f"SELECT rowid, {TERM_COUNTS}(chunk_terms, {len(terms)}) FROM chunk_terms"  # noqa: S608
        f" WHERE chunk_terms MATCH ? AND {chosen} IN (SELECT value FROM json_each(?))",
        (wanted, json.dumps(list(chunk_ids))),
    )
    return {chunk: list(map(int, counts.split(","))) for chunk, counts in rows}


def term_totals(database: Database, chunk_ids: Sequence[int]) -> dict[int, int]:
    """Return how many terms each of the chunks has; chunks that are gone are left out."""
    return dict(
        database.rows(
            "SELECT id, n_terms FROM chunk WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(chunk_ids)),)
        )
    )


def chunks_within(database: Database, *, collections: Sequence[str], patterns: Sequence[str]) -> Ids:
    """Return the ids of the chunks whose document is in one of the collections and matches one of the patterns.

    Patterns are SQLite GLOB patterns over the path; an empty list does not restrict.
    """
    return _ids(
        database,
        "SELECT c.id FROM document d JOIN chunk c ON c.document_id = d.id"
        " WHERE (?1 = '[]' OR d.collection IN (SELECT value FROM json_each(?1)))"
        " AND (?2 = '[]' OR EXISTS (SELECT 1 FROM json_each(?2) WHERE d.path GLOB value)) ORDER BY c.id",
        (json.dumps(list(collections)), json.dumps(list(patterns))),
    )


def _ids(database: Database, sql: str, bindings: Sequence[object]) -> Ids:
    return np.array([row[0] for row in database.rows(sql, bindings)], dtype=np.int64)


def _any_of(terms: Sequence[str]) -> str:
    """Return the full-text query that matches any of the terms, each quoted as a whole."""
    return " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)
