"""What training data is made of, and the shapes of rows it is recognised in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from lorag.prompts.messages import Message, Role
from lorag.tuning.columns import ANSWER_NAMES, QUESTION_NAMES, Roles, roles_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row stands, so that a person can find it."""

    file: Path
    line: int
    """1-based line, row or item in the file; 0 is the file as a whole."""

    @property
    def place(self) -> str:
        """Return ``faq.csv, line 3``."""
        return f"{self.file.name}, line {self.line}" if self.line else self.file.name


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a file holds it."""

    origin: Origin
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to learn from: a conversation, or plain text for the ``text`` objective."""

    origin: Origin
    messages: tuple[Message, ...] = ()
    """Roles alternate after an optional system message, the user first; the last is the assistant's. Empty for text."""
    text: str = ""

    @property
    def question(self) -> str:
        """The last user turn."""
        return next((message.content for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def answer(self) -> str:
        """The last assistant turn."""
        return self.messages[-1].content if self.messages else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know about a row."""

    origin: Origin
    kind: str
    """A short fixed name: ``empty``, ``duplicate``, ``contradiction`` …"""
    reason: str
    effect: Literal["dropped", "changed", "warning"]


class UnrecognisedRowError(ValueError):
    """A row has none of the known shapes; the message says what is missing."""


_CONVERSATION_NAMES: Final = ("messages", "conversations", "conversation", "dialog", "대화")
_HISTORY_NAMES: Final = ("history",)
_CONTENT_NAMES: Final = ("content", "value", "text")
_ROLES: Final[Mapping[str, Role]] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "사용자": "user", "질문자": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant", "상담원": "assistant",
}  # fmt: skip


def example_of(row: Row, columns: Mapping[str, str], *, as_text: bool = False) -> Example:
    """Return the example a row holds.

    Recognised: OpenAI ``messages``, ShareGPT ``conversations``, Alpaca, prompt/completion, question/answer, ``text``.

    Args:
        row: The row as read.
        columns: Names given by the person, ``{"question": "Q", "answer": "A"}``; they win over the known ones.
        as_text: Whether plain text is looked for.

    Raises:
        UnrecognisedRowError: The row has none of these shapes.
    """
    values = _values(row)
    roles = _roles(values, columns, as_text=as_text)
    system = _text(values, roles.system)
    turns = _spoken_turns(values)
    if turns is not None:
        return Example(row.origin, messages=_with_system(system, _conversation(turns)))
    question, answer, text = (_text(values, name) for name in (roles.question, roles.answer, roles.text))
    if question is not None and answer is not None:
        context = _text(values, roles.context)
        asked = f"{question}\n\n{context}" if context and context.strip() else question
        spoken = (*_history(values), Message("user", asked), Message("assistant", answer))
        return Example(row.origin, messages=_with_system(system, spoken))
    if text is not None and question is None and answer is None:
        return Example(row.origin, text=text)
    raise UnrecognisedRowError(_what_is_missing(values, question, answer))


def roles_in(row: Row, columns: Mapping[str, str], *, as_text: bool = False) -> Roles | None:
    """Return which column of a row is which, None for a conversation."""
    values = _values(row)
    return None if _spoken_turns(values) is not None else _roles(values, columns, as_text=as_text)


def _values(row: Row) -> Mapping[str, object]:
    return {str(name).strip().lower(): value for name, value in row.values.items()}


def _roles(values: Mapping[str, object], columns: Mapping[str, str], *, as_text: bool) -> Roles:
    return roles_of((name for name, value in values.items() if value is not None), columns, as_text=as_text)


def _spoken_turns(values: Mapping[str, object]) -> Sequence[object] | None:
    """Return the turns of a conversation: one list of them, or a list as prompt and another as completion."""
    turns = _list(_first(values, _CONVERSATION_NAMES))
    prompt, completion = (_list(_first(values, names)) for names in (QUESTION_NAMES, ANSWER_NAMES))
    if turns is None and prompt is not None and completion is not None:
        return [*prompt, *completion]
    return turns


def _list(value: object) -> Sequence[object] | None:
    """Return a list as it is, or as the JSON text that tables keep it in."""
    if isinstance(value, str) and value.lstrip().startswith("[{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else None


def _with_system(system: str | None, spoken: tuple[Message, ...]) -> tuple[Message, ...]:
    if not system or not system.strip() or spoken[0].role == "system":
        return spoken
    return (Message("system", system), *spoken)


def _history(values: Mapping[str, object]) -> Iterator[Message]:
    """Yield Alpaca's earlier turns, ``[[question, answer], …]``."""
    for number, pair in enumerate(_list(_first(values, _HISTORY_NAMES)) or (), 1):
        said = _list(pair)
        if said is None or len(said) != 2 or not all(isinstance(text, str) for text in said):
            raise UnrecognisedRowError(f"history item {number} is not a question with its answer")
        yield Message("user", str(said[0]))
        yield Message("assistant", str(said[1]))


def _first(values: Mapping[str, object], names: Sequence[str]) -> object:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _text(values: Mapping[str, object], name: str | None) -> str | None:
    """Return a value as text; a number is text too, a list or table is not."""
    found = values.get(name) if name is not None else None
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _conversation(turns: Sequence[object]) -> tuple[Message, ...]:
    messages: list[Message] = []
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn, Mapping):
            raise UnrecognisedRowError(f"turn {number} is not an object with role and content")
        name = str(turn.get("role", turn.get("from", ""))).strip().lower()
        content = _content(turn)
        if name not in _ROLES:
            raise UnrecognisedRowError(f"turn {number} has the unknown role {name!r}; known are {', '.join(_ROLES)}")
        if content is None:
            raise UnrecognisedRowError(f"turn {number} has no text")
        if turn.get("status", "complete") in ("stopped", "failed", "streaming"):
            raise UnrecognisedRowError(
                f"turn {number} was not finished; a chat exported as jsonl leaves such turns out"
            )
        messages.append(Message(_ROLES[name], content))
    _check_order(messages)
    return tuple(messages)


def _content(turn: Mapping[str, object]) -> str | None:
    """Return what is said in a turn; OpenAI's list of text parts is joined."""
    content = _first(turn, _CONTENT_NAMES)
    if isinstance(content, str):
        return content
    texts = [part.get("text") if isinstance(part, Mapping) else None for part in _list(content) or ()]
    return "\n".join(str(text) for text in texts) if texts and all(isinstance(text, str) for text in texts) else None


def _check_order(messages: Sequence[Message]) -> None:
    spoken = [message for message in messages if message.role != "system"]
    if any(message.role == "system" for message in messages[1:]):
        raise UnrecognisedRowError("a system message stands after the beginning")
    for number, message in enumerate(spoken):
        expected = "assistant" if number % 2 else "user"
        if message.role != expected:
            raise UnrecognisedRowError(f"turn {number + 1} is the {message.role}'s where the {expected}'s was expected")
    if not spoken or spoken[-1].role != "assistant":
        raise UnrecognisedRowError("the conversation does not end with an answer")


def _what_is_missing(values: Mapping[str, object], question: str | None, answer: str | None) -> str:
    has = ", ".join(sorted(values)) or "nothing"
    spoken = next((name for name in _CONVERSATION_NAMES if values.get(name) is not None), None)
    if spoken is not None and question is None and answer is None:
        return f"{spoken} is no list of turns with role and content"
    if question is not None and answer is None:
        return f"there is a question but no answer (the row has {has})"
    if answer is not None:
        return f"there is an answer but no question (the row has {has})"
    return f"neither messages, question and answer, nor text (the row has {has}); name them with --columns"
