"""What a conversation is given, and what is known of the turn under way."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from lorag.chat.events import TurnDone
from lorag.chat.numbering import Sentence
from lorag.chat.prompt import Exchange
from lorag.engine.api import AdapterStrength, LoadedModel, LoadRequest, Sampling, Usage
from lorag.retrieval.passages import SearchFilter, SearchResult, Similarity


class PassageSearch(Protocol):
    """What a turn needs of the library's documents."""

    def search(
        self,
        question: str,
        *,
        filter: SearchFilter = ...,  # noqa: A002 - the searcher's word
        history: Sequence[str] = (),
        widely: bool = False,
    ) -> SearchResult:
        """Return the passages that may answer ``question``; ``history`` holds earlier questions, newest last.

        Searched ``widely``, there are more and weaker ones, for a model that is shown only some of their sentences.
        """
        ...


Similarities = Callable[[str, Sequence[str]], Sequence[Similarity]]
"""How near each of some sentences is to a question in meaning; nothing where nothing is known."""


@dataclass(frozen=True, slots=True)
class Documents:
    """What a turn may search."""

    searcher: PassageSearch
    has_any: Callable[[], bool]
    """Whether there is anything to search at all."""
    similarities: Similarities | None = None
    """What is known of single sentences, where there is an embedder to know it."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model answers, with which adapters."""

    name: str
    load: LoadRequest
    adapters: tuple[tuple[str, AdapterStrength], ...] = ()
    """Name and file of each."""

    @property
    def adapter_strengths(self) -> tuple[tuple[str, float], ...]:
        """Name and strength of each adapter."""
        return tuple((name, adapter.strength) for name, adapter in self.adapters)


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """How turns are answered."""

    rag: bool = True
    filter: SearchFilter = field(default_factory=SearchFilter)
    quote: Literal["auto", "on", "off"] = "auto"
    system: str = ""
    """Empty is lorag's own."""
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int = 512

    def quotes(self, model: LoadedModel) -> bool:
        """Tell whether this model's answers from documents are to be quotes."""
        return model.quote_by_default if self.quote == "auto" else self.quote == "on"

    def narrows(self, model: LoadedModel) -> bool:
        """Tell whether the model is shown only the sentences that most speaks for; measured with the built-in one."""
        return model.quote_by_default and self.quotes(model)

    def answer_tokens(self, model: LoadedModel) -> int:
        """Return how many tokens of the model's context are kept for an answer."""
        return min(self.max_tokens, model.context_tokens // 4)


@dataclass(slots=True)
class Turn:
    """What is known of the turn under way."""

    question: str
    earlier: tuple[Exchange, ...]
    user_id: int
    answer_id: int
    model: str
    adapters: tuple[tuple[str, float], ...]
    started: float = field(default_factory=time.monotonic)
    text: str = ""
    search: SearchResult | None = None
    sentences: dict[int, Sentence] = field(default_factory=dict)
    quoting: bool = False
    usage: Usage | None = None
    finish: Literal["end", "length", "stopped", "refused"] = "end"
    done: TurnDone | None = None
