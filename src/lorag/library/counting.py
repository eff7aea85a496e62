"""The function that tells SQLite's full-text search how often a term stands in a chunk."""

import apsw

TERM_COUNTS = "lorag_term_counts"
"""``lorag_term_counts(chunk_terms, n)``: how often each of the first ``n`` terms of the query stands in the row."""


def register_term_counts(connection: apsw.Connection) -> None:
    """Make the function known to a connection; once, because SQLite keeps every registration."""
    connection.register_fts5_function(TERM_COUNTS, _counts)


def _counts(row: apsw.FTS5ExtensionApi, *arguments: object) -> str:
    return ",".join(str(len(row.phrase_column_offsets(i, 0))) for i in range(int(str(arguments[0]))))
