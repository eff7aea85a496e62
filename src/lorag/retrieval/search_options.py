"""How a search is done."""

import math
from dataclasses import dataclass, field, replace

from lorag.retrieval.fusion import FusionOptions

_WIDE_PASSAGES = 1.6
_WIDE_THRESHOLD = 0.6
_WIDE_COMPANY = 0.5


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How a search is done; the defaults are calibrated in docs/decisions/0010-fusion.md."""

    passages: int = 6
    per_document: int = 3
    candidates: int = 100
    """How many chunks the word leg scores."""
    pool: int = 50
    """How many chunks of each leg are fused, and how many of these are compared with the question part by part."""
    threshold: float = 0.2
    """Relevance, from 0 to 1, that the best of 10,000 chunks must have for any to be shown; fewer chunks need less."""
    company: float = 0.7
    """Share of the threshold that is enough for further chunks once one has passed."""
    budget_tokens: int = 2_000
    """How long all passages may become by joining neighbours."""
    fusion: FusionOptions = field(default_factory=FusionOptions)

    @property
    def widened(self) -> "SearchOptions":
        """The options for a reader that is shown only some sentences of the passages (docs/decisions/0093-searched-widely.md)."""
        return replace(
            self,
            passages=math.ceil(_WIDE_PASSAGES * self.passages),
            per_document=self.per_document + 1,
            threshold=_WIDE_THRESHOLD * self.threshold,
            company=_WIDE_COMPANY,
        )
