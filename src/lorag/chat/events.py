"""What happens during one turn, in the order in which it happens."""

from dataclasses import dataclass
from typing import Literal

from lorag.engine.api import Usage
from lorag.retrieval.passages import Passage, SearchResult


@dataclass(frozen=True, slots=True)
class TurnSaved:
    """The user's words are on disk; nothing that follows can lose them."""

    chat_id: int
    user_message_id: int
    answer_message_id: int


@dataclass(frozen=True, slots=True)
class Searching:
    """The library is being searched."""

    query: str


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The search is over; with no passages, nothing was relevant enough.

    ``TurnDone`` holds those of them of which the model was shown something.
    """

    result: SearchResult


@dataclass(frozen=True, slots=True)
class LibraryEmpty:
    """There is nothing to search, so the model answers without documents."""


@dataclass(frozen=True, slots=True)
class HistoryTrimmed:
    """Something was left out so that the prompt fits the model's context."""

    messages: int
    """Oldest messages left out."""
    passages: int
    """Least relevant passages left out."""


@dataclass(frozen=True, slots=True)
class ReadingPrompt:
    """The model has read a part of the prompt."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class AnswerText:
    """The answer goes on with this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence the answer points at."""

    n: int
    passage: Passage
    """The passage as it was sent."""
    quote: str
    """The sentence as it stands in the document."""
    start: int
    """Offset of the sentence in the document's text."""
    end: int
    line_start: int | None
    line_end: int | None
    verified: bool
    """Whether the answer's words beside the citation stand in the sentence."""


@dataclass(frozen=True, slots=True)
class TurnDone:
    """The turn is over and saved; always the last event."""

    question: str
    answer: str
    """The final text: citations of sentences that were not sent are removed."""
    refused: bool
    """Whether the answer is that the documents do not hold it."""
    quoted: bool
    """Whether strict quote mode held, so that the answer is made of the documents' own sentences."""
    status: Literal["complete", "stopped"]
    finish: Literal["end", "length", "stopped", "refused"]
    citations: tuple[Citation, ...]
    search: SearchResult | None
    """None with retrieval off."""
    model: str
    adapters: tuple[tuple[str, float], ...]
    """Name and strength of each adapter in use."""
    usage: Usage | None
    """None when the model was not called."""
    search_seconds: float
    total_seconds: float


TurnEvent = (
    TurnSaved | Searching | PassagesFound | LibraryEmpty | HistoryTrimmed | ReadingPrompt | AnswerText | TurnDone
)
