"""Which SQLite the library runs on, and whether it has what the library needs."""

from dataclasses import dataclass

import apsw


@dataclass(frozen=True, slots=True)
class SqliteFacts:
    """What the installed SQLite can do."""

    version: str
    full_text: bool
    vectors: str
    """Version of the vector extension; empty when it cannot be loaded."""


def sqlite_facts() -> SqliteFacts:
    """Look at the installed SQLite; no file is opened."""
    connection = apsw.Connection(":memory:")
    try:
        return SqliteFacts(
            version=apsw.sqlite_lib_version(),
            full_text="ENABLE_FTS5" in apsw.compile_options,
            vectors=_vector_version(connection),
        )
    finally:
        connection.close()


def _vector_version(connection: apsw.Connection) -> str:
    try:
        import sqlite_vec

        connection.enable_load_extension(True)
        connection.load_extension(sqlite_vec.loadable_path())
        return str(connection.execute("SELECT vec_version()").get)
    except (apsw.Error, ImportError, OSError):
        return ""
