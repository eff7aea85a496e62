"""The messages of one chat as a tree: questions asked anew and answers given again are siblings."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lorag.chat.prompt import Exchange
from lorag.library.chats import StoredMessage


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands among its siblings."""

    number: int
    """From 1."""
    of: int


class ChatTree:
    """Every message of a chat, and the one branch of it that is being read."""

    def __init__(self, messages: Iterable[StoredMessage], leaf_id: int | None = None) -> None:
        """Read the branch that ends in ``leaf_id``, or in the newest message."""
        self._messages = {message.id: message for message in messages}
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for message in sorted(self._messages.values(), key=lambda message: message.id):
            self._children[message.parent_id].append(message.id)
        self.leaf_id = leaf_id if leaf_id in self._messages else max(self._messages, default=None)

    def branch(self) -> list[StoredMessage]:
        """Return the messages of the branch, oldest first."""
        found: list[StoredMessage] = []
        at = self.leaf_id
        while at is not None and at in self._messages:
            found.append(self._messages[at])
            at = self._messages[at].parent_id
        return found[::-1]

    def siblings(self, message_id: int) -> list[int]:
        """Return the versions of a message, itself included, oldest first."""
        return self._children[self._messages[message_id].parent_id]

    def place(self, message_id: int) -> Place:
        """Return which of its versions a message is."""
        versions = self.siblings(message_id)
        return Place(versions.index(message_id) + 1, len(versions))

    def beside(self, message_id: int, step: int) -> int | None:
        """Return the newest message below the version ``step`` places further, None when there is none."""
        versions = self.siblings(message_id)
        at = versions.index(message_id) + step
        return self.newest_below(versions[at]) if 0 <= at < len(versions) else None

    def newest_below(self, message_id: int) -> int:
        """Return the end of the newest branch that goes on from a message."""
        while self._children[message_id]:
            message_id = self._children[message_id][-1]
        return message_id


def exchanges(messages: Sequence[StoredMessage]) -> tuple[Exchange, ...]:
    """Pair questions with their answers; a question that got none would break the alternation templates insist on."""
    return tuple(
        Exchange(asked.text, answer.text)
        for asked, answer in itertools.pairwise(messages)
        if asked.role == "user" and answer.role == "assistant" and answer.status != "failed" and answer.text.strip()
    )
