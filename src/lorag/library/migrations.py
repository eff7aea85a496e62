"""The schema of the library and the numbered steps that lead to it; a released step is never edited."""

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from lorag.errors import LibraryError

Step = Callable[[apsw.Connection], None]
APPLICATION_ID = 0x6C6F7261
"""``lora`` in the file's header: how a lorag library is told from another SQLite file."""


def migrate(connection: apsw.Connection, path: Path, steps: Sequence[Step] | None = None) -> None:
    """Bring the schema up to date, one transaction per step."""
    steps = STEPS if steps is None else steps
    check(connection, path, allow_older=True)
    for version, step in enumerate(steps, start=1):
        if _version(connection) >= version:
            continue
        connection.execute("BEGIN EXCLUSIVE")
        try:
            # Another process may have made this step while we waited for it.
            if _version(connection) < version:
                step(connection)
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", version)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def check(connection: apsw.Connection, path: Path, *, allow_older: bool = False) -> None:
    """Refuse a file that is no library, or one this lorag cannot read."""
    version, application = _version(connection), int(connection.pragma("application_id"))
    empty = version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None
    if not empty and application != APPLICATION_ID:
        raise LibraryError(f"{path} is an SQLite file of another program, not a lorag library; move it away first")
    if version > len(STEPS):
        raise LibraryError(
            f"{path} was written by a newer lorag (schema {version}, this one reads {len(STEPS)}); upgrade lorag"
        )
    if version < len(STEPS) and not allow_older:
        raise LibraryError(f"{path} was written by an older lorag; run any writing command once, such as: lorag sync")


def _version(connection: apsw.Connection) -> int:
    return int(connection.pragma("user_version"))


def _step_1(connection: apsw.Connection) -> None:
    """Documents, chunks, their two indexes, and chats."""
    connection.execute(
        """
        CREATE TABLE meta (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) WITHOUT ROWID;

        -- What `add` was given, so that `sync` can read it again.
        CREATE TABLE root (
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL,               -- NFC, to show and compare
            disk_path BLOB NOT NULL UNIQUE,   -- the name's own bytes, to open it
            collection TEXT NOT NULL,
            is_folder INTEGER NOT NULL,
            added_at REAL NOT NULL
        );

        -- What `remove` took out of a folder that is still followed: `sync` must not bring it back.
        CREATE TABLE exclusion (
            path TEXT PRIMARY KEY             -- absolute, NFC
        ) WITHOUT ROWID;

        CREATE TABLE document (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path TEXT NOT NULL,               -- absolute, NFC, to show and compare
            disk_path BLOB NOT NULL UNIQUE,   -- the name's own bytes (NFD, undecodable), to open it
            sha256 TEXT,                      -- of the content its chunks were made from
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            media_type TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            collection TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'reading', 'embedding', 'ready', 'failed')),
            reason TEXT,
            stale INTEGER NOT NULL DEFAULT 0, -- read again even if the content is the same
            source_lines INTEGER NOT NULL DEFAULT 0,
            n_chunks INTEGER NOT NULL DEFAULT 0,
            n_terms INTEGER NOT NULL DEFAULT 0,
            added_at REAL NOT NULL,
            updated_at REAL NOT NULL
        );
        CREATE INDEX document_path ON document (path);
        CREATE INDEX document_sha256 ON document (sha256);
        CREATE INDEX document_state ON document (state) WHERE state <> 'ready';
        CREATE INDEX document_collection ON document (collection, n_chunks, n_terms);

        CREATE TABLE chunk (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            document_id INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            n_terms INTEGER NOT NULL,
            n_tokens INTEGER NOT NULL,
            page INTEGER,
            line_start INTEGER,
            line_end INTEGER,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            heading TEXT NOT NULL,            -- JSON list, outermost first
            text TEXT NOT NULL,
            UNIQUE (document_id, ordinal)
        );

        -- Terms come in split and joined by spaces, so the tokeniser only has to cut at spaces and must fold nothing
        -- but ASCII case. Its positions give exact term frequencies; the text itself is not stored twice.
        CREATE VIRTUAL TABLE chunk_terms USING fts5 (
            terms, content='', contentless_delete=1,
            tokenize="ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
        );
        CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_terms, row);
        CREATE VIRTUAL TABLE chunk_occurrence USING fts5vocab (chunk_terms, instance);
        CREATE TRIGGER chunk_deleted AFTER DELETE ON chunk BEGIN
            DELETE FROM chunk_terms WHERE rowid = old.id;
        END;

        -- The truth about vectors; a vector index beside it can be built again from it.
        CREATE TABLE embedding (
            chunk_id INTEGER PRIMARY KEY REFERENCES chunk (id) ON DELETE CASCADE,
            key BLOB NOT NULL,                -- digest of embedder and embedded text: equal key, equal vector
            vector BLOB NOT NULL              -- float32, little-endian
        );
        CREATE INDEX embedding_key ON embedding (key);
        -- The vector index cannot be reached from a trigger where its extension is missing: what has to leave it waits here.
        CREATE TABLE stale_vector (chunk_id INTEGER PRIMARY KEY);
        CREATE TRIGGER embedding_deleted AFTER DELETE ON embedding BEGIN
            INSERT OR IGNORE INTO stale_vector VALUES (old.chunk_id);
        END;

        CREATE TABLE chat (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL,
            model TEXT NOT NULL DEFAULT '',
            adapters TEXT NOT NULL DEFAULT '[]',
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL
        );
        CREATE INDEX chat_updated ON chat (updated_at);

        CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat_id INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
            parent_id INTEGER REFERENCES message (id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            text TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'stopped', 'failed')),
            model TEXT NOT NULL DEFAULT '',
            adapters TEXT NOT NULL DEFAULT '[]',
            timings TEXT NOT NULL DEFAULT '{}',
            search TEXT,
            created_at REAL NOT NULL
        );
        CREATE INDEX message_chat ON message (chat_id, id);
        CREATE INDEX message_parent ON message (parent_id);
        CREATE INDEX message_streaming ON message (status) WHERE status = 'streaming';

        -- The passage as it was sent: it stays readable when the document changes or goes.
        CREATE TABLE citation (
            message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            n INTEGER NOT NULL,
            snapshot TEXT NOT NULL,
            PRIMARY KEY (message_id, position)
        ) WITHOUT ROWID;

        -- Trigrams serve LIKE in every language; an answer is indexed when it has ended.
        CREATE VIRTUAL TABLE message_text USING fts5 (
            text, content='message', content_rowid='id', tokenize='trigram'
        );
        CREATE TRIGGER message_inserted AFTER INSERT ON message WHEN new.status <> 'streaming' BEGIN
            INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
        END;
        CREATE TRIGGER message_left AFTER UPDATE OF text, status ON message WHEN old.status <> 'streaming' BEGIN
            INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
        END;
        CREATE TRIGGER message_entered AFTER UPDATE OF text, status ON message WHEN new.status <> 'streaming' BEGIN
            INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
        END;
        CREATE TRIGGER message_deleted AFTER DELETE ON message WHEN old.status <> 'streaming' BEGIN
            INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
        END;
        """
    )


def _step_2(connection: apsw.Connection) -> None:
    """Of each chunk, which tokens it holds, so that a question is compared with it token by token."""
    connection.execute("ALTER TABLE embedding ADD COLUMN parts BLOB NOT NULL DEFAULT x''")


STEPS: tuple[Step, ...] = (_step_1, _step_2)
"""Step n leads from schema n - 1 to schema n."""
