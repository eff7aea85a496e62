"""What advice is made from, and what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from lorag.evaluation.advice_words import CRITERIA
from lorag.evaluation.style import StyleFacts
from lorag.prompts.language import Language

Side = Literal["rag", "tuning", "both", "prompting", "neither"]
Way = Literal["rag", "tuning", "prompting"]
Origin = Literal["seen", "told", "assumed"]
Changes = Literal["never", "yearly", "monthly", "weekly", "daily"]
Goal = Literal["facts", "style", "both", "skill"]
Prompting = Literal["untried", "enough", "failed"]

_MEMORY_SHARE: Final = 0.85
"""Of the free memory, which a training may take; lorag train refuses more."""


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """What is known of the documents."""

    documents: int
    bytes: int
    """Of the files."""
    changed_lately: float
    """Share of the files that changed within 90 days."""
    answers_found: float | None
    """Share of the example answers whose facts, names and terms stand in the documents; None without examples."""
    found_by_search: float | None = None
    """Share of those for which a search with the question alone finds them; None where there are none."""


@dataclass(frozen=True, slots=True)
class CostFacts:
    """What each way costs on this machine."""

    train_minutes: float | None
    """Estimated; None without examples."""
    train_gigabytes: float | None
    free_gigabytes: float
    passage_tokens: int
    """What RAG adds to every prompt, at most."""
    rag_seconds: float | None
    """Estimated time to read that many tokens; None without a model."""

    @property
    def fits(self) -> bool:
        """Whether a training would fit in memory, as far as is known."""
        return self.train_gigabytes is None or self.train_gigabytes <= self.free_gigabytes * _MEMORY_SHARE


@dataclass(frozen=True, slots=True)
class Told:
    """What a person said; None is not known."""

    goal: Goal | None = None
    changes: Changes | None = None
    sources: bool | None = None
    fast: bool | None = None
    broad: bool | None = None
    secret: bool | None = None
    hurry: bool | None = None
    prompting: Prompting | None = None
    terms: bool | None = None
    short: bool | None = None
    standalone: bool | None = None
    private: bool | None = None
    upkeep: bool | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the advice is made from."""

    told: Told
    style: StyleFacts | None
    personal: int
    """Examples with personal data in them."""
    library: LibraryFacts | None
    cost: CostFacts


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the reasoning."""

    key: str
    case: str
    """Which of the criterion's texts applies."""
    values: Mapping[str, object]
    side: Side
    weight: int
    origin: Origin

    def name(self, language: Language) -> str:
        """Return what is looked at."""
        return CRITERIA[self.key]["name"][language]

    def evidence(self, language: Language) -> str:
        """Return what was found, or what was said."""
        return CRITERIA[self.key][self.case][language].format(**self.values)
