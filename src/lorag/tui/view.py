"""What the widgets draw: messages and sources, whether they come from a turn under way or from the library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lorag.chat.events import TurnDone

if TYPE_CHECKING:
    from lorag.chat.branches import Place
    from lorag.library.chats import StoredMessage

Status = Literal["streaming", "complete", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that was sent, and the sentence of it that is cited."""

    n: int | None
    """The number in the answer; None when the answer does not cite it."""
    path: Path
    title: str
    collection: str
    heading: tuple[str, ...]
    page: int | None
    line_start: int | None
    line_end: int | None
    start: int
    """Of the quote in the document's text, or of the passage when nothing is quoted."""
    end: int
    quote: str
    verified: bool | None
    score: float
    passage_text: str
    passage_start: int


@dataclass(frozen=True, slots=True)
class SearchShown:
    """What was searched for an answer."""

    query: str
    passages: int
    below_threshold: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageShown:
    """One message of the branch on screen."""

    id: int
    role: Literal["user", "assistant"]
    text: str
    status: Status = "complete"
    parent_id: int | None = None
    model: str = ""
    adapters: tuple[tuple[str, float], ...] = ()
    timings: Mapping[str, Any] = field(default_factory=dict)
    search: SearchShown | None = None
    sources: tuple[Source, ...] = ()
    version: int = 1
    versions: int = 1
    failure: str = ""

    @property
    def tokens_per_second(self) -> float | None:
        """How fast the answer was written."""
        tokens, seconds = self.timings.get("answer_tokens"), self.timings.get("answer_seconds")
        return tokens / seconds if tokens and seconds else None

    @property
    def context_tokens(self) -> int | None:
        """Tokens of the prompt and the answer together."""
        if self.timings.get("prompt_tokens") is None:
            return None
        return int(self.timings["prompt_tokens"]) + int(self.timings.get("answer_tokens") or 0)


def stored(message: "StoredMessage", place: "Place") -> MessageShown:
    """Return a saved message."""
    return MessageShown(
        id=message.id,
        role=message.role,
        text=message.text,
        status=message.status,
        parent_id=message.parent_id,
        model=message.model,
        adapters=message.adapters,
        timings=message.timings,
        search=_search(message.search),
        sources=_sources(message.citations, message.search),
        version=place.number,
        versions=place.of,
    )


def done(message: MessageShown, end: TurnDone) -> MessageShown:
    """Return a message with the end of its turn."""
    # The records are those of the library, which is loaded after the first frame.
    from lorag.chat.records import citation_snapshot, search_record, timings_record, usage_record  # noqa: PLC0415

    search = search_record(end.search) if end.search else None
    return replace(
        message,
        text=end.answer,
        status=end.status,
        model=end.model,
        adapters=end.adapters,
        timings={**timings_record(end), **(usage_record(end) or {})},
        search=_search(search),
        sources=_sources([citation_snapshot(citation) for citation in end.citations], search),
    )


def _search(record: Mapping[str, Any] | None) -> SearchShown | None:
    if record is None:
        return None
    return SearchShown(
        record.get("query", ""),
        len(record.get("passages", ())),
        record.get("below_threshold", 0),
        tuple(record.get("notes", ())),
    )


def _sources(citations: Sequence[Mapping[str, Any]], search: Mapping[str, Any] | None) -> tuple[Source, ...]:
    """Return the cited sentences by number, then the passages that were found but not cited."""
    cited = sorted((_cited(record) for record in citations), key=lambda source: source.n or 0)
    places = {(source.path, source.passage_start) for source in cited}
    found = [_passage(record) for record in (search or {}).get("passages", ())]
    return (*cited, *(source for source in found if (source.path, source.passage_start) not in places))


def _cited(record: Mapping[str, Any]) -> Source:
    return replace(
        _passage(record["passage"]),
        n=record["n"],
        line_start=record["line_start"],
        line_end=record["line_end"],
        start=record["start"],
        end=record["end"],
        quote=record["quote"],
        verified=record["verified"],
    )


def _passage(record: Mapping[str, Any]) -> Source:
    return Source(
        n=None,
        path=Path(record["document"]),
        title=record["title"],
        collection=record["collection"],
        heading=tuple(record["heading"]),
        page=record["page"],
        line_start=record["line_start"],
        line_end=record["line_end"],
        start=record["start"],
        end=record["end"],
        quote="",
        verified=None,
        score=record["score"],
        passage_text=record["text"],
        passage_start=record["start"],
    )
