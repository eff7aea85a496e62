"""Chats as they are written: the user's words at once, the answer as it streams, citations as they were sent."""

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lorag.errors import LibraryError
from lorag.library.database import Database, Row

Status = Literal["streaming", "complete", "stopped", "failed"]
Adapters = Sequence[tuple[str, float]]

_TITLE_CHARACTERS = 60
_EXCERPT_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class StoredChat:
    """One conversation in the list of conversations."""

    id: int
    title: str
    model: str
    """Of the last answer."""
    adapters: tuple[tuple[str, float], ...]
    created_at: float
    updated_at: float
    n_messages: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message with all that was saved beside it."""

    id: int
    chat_id: int
    parent_id: int | None
    role: Literal["user", "assistant"]
    text: str
    status: Status
    model: str
    adapters: tuple[tuple[str, float], ...]
    """Name and strength of each."""
    timings: Mapping[str, Any]
    search: Mapping[str, Any] | None
    citations: tuple[Mapping[str, Any], ...]
    """Snapshots of the passages as they were sent."""
    created_at: float


@dataclass(frozen=True, slots=True)
class ChatHit:
    """A message that holds the words looked for."""

    chat_id: int
    message_id: int
    title: str
    excerpt: str
    created_at: float


_SELECT_CHAT = (
    "SELECT id, title, model, adapters, created_at, updated_at,"
    " (SELECT count(*) FROM message WHERE chat_id = chat.id) FROM chat "
)
_SELECT_MESSAGE = (
    "SELECT id, chat_id, parent_id, role, text, status, model, adapters, timings, search, created_at FROM message "
)
_BRANCH = (
    "WITH RECURSIVE branch (number) AS (SELECT id FROM message WHERE id = ? AND chat_id = ?"
    " UNION SELECT parent_id FROM message JOIN branch ON id = number WHERE parent_id IS NOT NULL) "
)
_FIND = (
    "SELECT m.chat_id, m.id, c.title, m.text, m.created_at FROM message_text t JOIN message m ON m.id = t.rowid"
    " JOIN chat c ON c.id = m.chat_id WHERE t.text LIKE ? ORDER BY m.id DESC"
)
_DISCARD_EMPTY = (
    "DELETE FROM message WHERE id = ? AND role = 'assistant' AND status = 'stopped' AND trim(text) = ''"
    " AND EXISTS (SELECT 1 FROM message AS other WHERE other.parent_id = message.parent_id AND other.id <> message.id)"
)


class Chats:
    """The conversations of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, title: str = "") -> int:
        """Begin a conversation; without a title it takes on its first question."""
        now = time.time()
        return self._database.insert(
            "INSERT INTO chat (title, created_at, updated_at) VALUES (?, ?, ?)", (_one_line(title), now, now)
        )

    def recent(self, *, limit: int = 1000, offset: int = 0) -> list[StoredChat]:
        """Return the conversations, the last used first."""
        rows = self._database.rows(_SELECT_CHAT + "ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?", (limit, offset))
        return [_chat(row) for row in rows]

    def get(self, chat_id: int) -> StoredChat:
        """Return one conversation."""
        row = self._database.row(_SELECT_CHAT + "WHERE id = ?", (chat_id,))
        if row is None:
            raise LibraryError(f"there is no chat {chat_id} in {self._database.path}")
        return _chat(row)

    def rename(self, chat_id: int, title: str) -> None:
        """Give a conversation another title."""
        self._database.execute("UPDATE chat SET title = ? WHERE id = ?", (_one_line(title), chat_id))

    def delete(self, chat_id: int) -> None:
        """Delete a conversation with all its messages."""
        self._database.execute("DELETE FROM chat WHERE id = ?", (chat_id,))

    def add_user(self, chat_id: int, text: str, parent_id: int | None = None) -> int:
        """Save what the user said and return its number; the first message names a chat that has no title."""
        with self._database.atomic():
            message_id = self._insert(chat_id, parent_id, "user", text, "complete")
            self._database.execute("UPDATE chat SET title = ? WHERE id = ? AND title = ''", (_one_line(text), chat_id))
        return message_id

    def start_answer(self, chat_id: int, parent_id: int, model: str, adapters: Adapters) -> int:
        """Save an empty answer that is about to stream and return its number."""
        with self._database.atomic():
            message_id = self._insert(chat_id, parent_id, "assistant", "", "streaming")
            names = _json([list(adapter) for adapter in adapters])
            self._database.execute(
                "UPDATE message SET model = ?, adapters = ? WHERE id = ?", (model, names, message_id)
            )
            self._database.execute("UPDATE chat SET model = ?, adapters = ? WHERE id = ?", (model, names, chat_id))
        return message_id

    def append_answer(self, message_id: int, text: str) -> None:
        """Save the whole text of the answer so far."""
        self._database.execute(
            "UPDATE message SET text = ? WHERE id = ? AND status = 'streaming'", (_storable(text), message_id)
        )

    def finish_answer(
        self,
        message_id: int,
        text: str,
        status: Literal["complete", "stopped", "failed"],
        *,
        citations: Sequence[Mapping[str, Any]] = (),
        search: Mapping[str, Any] | None = None,
        timings: Mapping[str, Any] | None = None,
    ) -> None:
        """Save the final text with everything that belongs to it, as a whole."""
        with self._database.atomic():
            self._database.execute(
                "UPDATE message SET text = ?, status = ?, timings = ?, search = ? WHERE id = ?",
                (_storable(text), status, _json(timings or {}), None if search is None else _json(search), message_id),
            )
            self._database.execute("DELETE FROM citation WHERE message_id = ?", (message_id,))
            self._database.execute_many(
                "INSERT INTO citation (message_id, position, n, snapshot) VALUES (?, ?, ?, ?)",
                [(message_id, at, int(cited.get("n", at + 1)), _json(cited)) for at, cited in enumerate(citations)],
            )
            self._database.execute(
                "UPDATE chat SET updated_at = ? WHERE id = (SELECT chat_id FROM message WHERE id = ?)",
                (time.time(), message_id),
            )

    def discard_empty(self, message_id: int) -> bool:
        """Delete an answer stopped before its first word, unless it is the only one; return whether it was deleted."""
        with self._database.atomic():
            self._database.execute(_DISCARD_EMPTY, (message_id,))
            return self._database.changes() > 0

    def history(self, chat_id: int, leaf_id: int | None = None) -> list[StoredMessage]:
        """Return one branch of a conversation, oldest first: up to ``leaf_id``, or to its newest message."""
        leaf = leaf_id or self._database.value("SELECT max(id) FROM message WHERE chat_id = ?", (chat_id,))
        rows = self._database.rows(_BRANCH + _SELECT_MESSAGE + "WHERE id IN branch ORDER BY id", (leaf, chat_id))
        return [self._message(row) for row in rows]

    def messages(self, chat_id: int) -> Iterator[StoredMessage]:
        """Yield every message of a conversation, all branches, oldest first."""
        for row in self._database.rows(_SELECT_MESSAGE + "WHERE chat_id = ? ORDER BY id", (chat_id,)):
            yield self._message(row)

    def search(self, query: str, *, limit: int = 50) -> list[ChatHit]:
        """Return the newest messages that hold all the words, parts of words included."""
        words = query.lower().split()
        if not words:
            return []
        hits = (
            ChatHit(row[0], row[1], row[2], _excerpt(row[3], words[0]), row[4])
            for row in self._database.stream(_FIND, (f"%{max(words, key=len)}%",))
            # LIKE reads % and _ in what is looked for as wildcards, so its finds are checked letter by letter.
            if all(word in row[3].lower() for word in words)
        )
        return list(itertools.islice(hits, limit))

    def recover(self) -> int:
        """Mark answers that a killed process left streaming as stopped, and return how many there were."""
        with self._database.atomic():
            self._database.execute("UPDATE message SET status = 'stopped' WHERE status = 'streaming'")
            return self._database.changes()

    def _insert(self, chat_id: int, parent_id: int | None, role: str, text: str, status: Status) -> int:
        now = time.time()
        self.get(chat_id)
        self._database.execute("UPDATE chat SET updated_at = ? WHERE id = ?", (now, chat_id))
        return self._database.insert(
            "INSERT INTO message (chat_id, parent_id, role, text, status, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (chat_id, parent_id, role, _storable(text), status, now),
        )

    def _message(self, row: Row) -> StoredMessage:
        cited = self._database.rows("SELECT snapshot FROM citation WHERE message_id = ? ORDER BY position", (row[0],))
        return StoredMessage(
            id=row[0],
            chat_id=row[1],
            parent_id=row[2],
            role=row[3],
            text=row[4],
            status=row[5],
            model=row[6],
            adapters=_adapters(row[7]),
            timings=json.loads(row[8]),
            search=None if row[9] is None else json.loads(row[9]),
            citations=tuple(json.loads(snapshot) for (snapshot,) in cited),
            created_at=row[10],
        )


def _chat(row: Row) -> StoredChat:
    return StoredChat(row[0], row[1], row[2], _adapters(row[3]), *row[4:])


def _adapters(stored: str) -> tuple[tuple[str, float], ...]:
    return tuple((str(name), float(strength)) for name, strength in json.loads(stored))


def _json(value: object) -> str:
    return _storable(json.dumps(value, ensure_ascii=False, default=str))


def _storable(text: str) -> str:
    """Replace halves of broken character pairs, which no UTF-8 file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _one_line(text: str) -> str:
    title = " ".join(_storable(text).split())
    return title if len(title) <= _TITLE_CHARACTERS else title[: _TITLE_CHARACTERS - 1].rstrip() + "…"


def _excerpt(text: str, word: str) -> str:
    """Return the words around the first hit, on one line."""
    at = max(text.lower().find(word), 0)
    start = max(at - _EXCERPT_CHARACTERS // 2, 0)
    return " ".join(text[start : start + _EXCERPT_CHARACTERS].split())
