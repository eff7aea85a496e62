"""How well a model still predicts everyday text: the plainest sign of forgetting."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lorag.evaluation.bundled import bundled_texts
from lorag.evaluation.subject import Subject
from lorag.evaluation.task import OnStep
from lorag.prompts.language import Language, language_of

__all__ = ["Perplexity", "TextScore", "bundled_texts", "measure_perplexity"]


@dataclass(frozen=True, slots=True)
class TextScore:
    """One text scored."""

    language: Language
    nats: float
    """Negative log likelihood of all scored tokens."""
    tokens: int
    bytes: int
    """Of the scored part in UTF-8."""


@dataclass(frozen=True, slots=True)
class Perplexity:
    """Texts scored; perplexity is per token, so it compares models with the same tokeniser only."""

    texts: tuple[TextScore, ...]

    @property
    def all(self) -> float:
        """Over all tokens."""
        return _perplexity(self.texts)

    @property
    def en(self) -> float:
        """Over the English texts; NaN without any."""
        return _perplexity([text for text in self.texts if text.language == "en"])

    @property
    def ko(self) -> float:
        """Over the Korean texts; NaN without any."""
        return _perplexity([text for text in self.texts if text.language == "ko"])

    @property
    def bits_per_byte(self) -> float:
        """Comparable between models whatever their tokenisers."""
        return sum(text.nats for text in self.texts) / math.log(2) / sum(text.bytes for text in self.texts)


async def measure_perplexity(subject: Subject, texts: Sequence[str], on_step: OnStep | None = None) -> Perplexity:
    """Score every text after its first word."""
    scores: list[TextScore] = []
    for number, text in enumerate(texts, 1):
        likelihoods = await subject.score_text(text)
        scored = text[len(text.partition(" ")[0]) :]
        scores.append(TextScore(language_of(text), -sum(likelihoods), len(likelihoods), len(scored.encode())))
        if on_step is not None:
            on_step(number, len(texts))
    return Perplexity(tuple(scores))


def _perplexity(texts: Sequence[TextScore]) -> float:
    tokens = sum(text.tokens for text in texts)
    return math.exp(min(sum(text.nats for text in texts) / tokens, 700.0)) if tokens else math.nan
