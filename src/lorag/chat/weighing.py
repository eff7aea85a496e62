"""What speaks for each sentence as the answer, besides what the model makes of it, and which sentences it is shown.

The weights are those of a logistic regression over questions about small collections of documents:
docs/decisions/0094-token-by-token.md.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from lorag.chat.alignment import Told, compared
from lorag.chat.amounts import asked_for, may_tell
from lorag.chat.definitions import asked_term, defines
from lorag.chat.numbering import PassageSentences, Sentence
from lorag.chat.statements import is_question, row_name
from lorag.chat.turn import Similarities
from lorag.prompts.grounded import shown_sentence
from lorag.retrieval.passages import Similarity

MEANING_WEIGHT: Final = 24.0
"""Nats that a sentence is ahead which means all of the question beyond its own words over one that means nothing of it; likewise:"""
TOLD_WEIGHT: Final = 23.0
"""... which tells each part of the question,"""
HEADER_WEIGHT: Final = 22.0
"""... whose passage's header tells what it does not tell itself,"""
BEFORE_WEIGHT: Final = 13.0
"""... behind a sentence that tells what is missing then,"""
STANDS_WEIGHT: Final = 11.0
"""... which stands below a question or heading that is the same, as far as that is nearer than itself,"""
RELEVANCE_WEIGHT: Final = 23.0
"""... and whose passage the search found as relevant as can be."""
DEFINES: Final = 5.0
"""Nats for a sentence that says what something is, where just that is asked."""
CANNOT_TELL: Final = -7.0
"""Nats for a sentence without a number or a time, where that is asked for."""
RULED_OUT: Final = -100.0
"""Nats for what is no statement: no other reason outweighs it."""
QUOTING_MEANING: Final = 13.0
"""Nats that speak for quoting and against refusing where the best sentence means all of the question; likewise:"""
QUOTING_TOLD: Final = 6.5
"""... where it tells each part of it itself,"""
QUOTING_RELEVANCE: Final = 8.5
"""... where its passage is as relevant as can be,"""
QUOTING_LENGTH: Final = 1.7
"""... for a question of e times as many parts: one sentence hardly tells all of a long one,"""
QUOTING_AHEAD: Final = 1.8
"""... and where e times as much speaks for it over the others together."""
QUOTING_ZERO: Final = 8.3
"""All of these are counted from here."""
SHOWN: Final = 12
"""Sentences that a small model is shown: it is lost among more."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one sentence as the answer to one question."""

    meaning: float
    told: Told
    stands: float
    """How much nearer what it stands for is."""
    relevance: float
    defines: bool
    cannot_tell: bool
    ruled_out: bool

    @property
    def nats(self) -> float:
        """What speaks for it."""
        if self.ruled_out:
            return RULED_OUT
        return (
            MEANING_WEIGHT * self.meaning
            + TOLD_WEIGHT * self.told.itself
            + HEADER_WEIGHT * self.told.header
            + BEFORE_WEIGHT * self.told.before
            + STANDS_WEIGHT * self.stands
            + RELEVANCE_WEIGHT * self.relevance
            + DEFINES * self.defines
            + CANNOT_TELL * self.cannot_tell
        )


@dataclass(frozen=True, slots=True)
class Weighed:
    """Passages with what speaks for each of their sentences as the answer to one question."""

    passages: tuple[PassageSentences, ...]
    quoting: float
    """Nats that speak for an answer and against refusing."""

    def among(self, passages: Sequence[PassageSentences]) -> "Weighed":
        """Return ``passages``, which show no others, with what speaks for their sentences here."""
        nats = {(one.passage.path, one.start): one.nats for item in self.passages for one in item.sentences}
        told = (
            replace(
                item, sentences=tuple(replace(one, nats=nats[one.passage.path, one.start]) for one in item.sentences)
            )
            for item in passages
        )
        return Weighed(tuple(told), self.quoting)


def weighed(
    question: str, passages: Sequence[PassageSentences], similarities: Similarities | None, *, relevance: bool = True
) -> Weighed:
    """Return the passages with what speaks for each of their sentences.

    Args:
        question: What is asked.
        passages: All that might be shown.
        similarities: What the embedder knows of sentences; without it only their words are compared.
        relevance: Whether that of the passages was found for this question; otherwise all count as the mean of them.
    """
    sentences = [sentence for item in passages for sentence in item.sentences]
    known = compared(question, passages, similarities)
    meanings = [one.rest * (1 - one.repeated) for one in known.sentences] or [0.0] * len(sentences)
    stands = _stands(question, sentences, known.sentences, similarities)
    asked, term = asked_for(question), asked_term(question)
    even = fmean(item.passage.score for item in passages) if passages else 0.0
    figures = [
        Figures(
            meaning,
            told,
            above,
            sentence.passage.score if relevance else even,
            defines=bool(term) and defines(sentence.text, term),
            cannot_tell=asked is not None and not may_tell(sentence.text, asked),
            ruled_out=sentence.kind != "statement",
        )
        for sentence, meaning, told, above in zip(sentences, meanings, known.told, stands, strict=True)
    ]
    nats = iter(one.nats for one in figures)
    return Weighed(
        tuple(
            replace(item, sentences=tuple(replace(sentence, nats=next(nats)) for sentence in item.sentences))
            for item in passages
        ),
        _quoting(figures, known.parts) if known.sentences or not figures else 0.0,
    )


def _quoting(figures: Sequence[Figures], parts: int) -> float:
    """Return what speaks for quoting; ``parts`` is the length of the question."""
    nats = [one.nats for one in figures if not one.ruled_out]
    if not nats:
        return RULED_OUT
    best = max(figures, key=lambda one: one.nats)
    ahead = -math.log(sum(math.exp(value - best.nats) for value in nats))
    return (
        QUOTING_MEANING * best.meaning
        + QUOTING_TOLD * best.told.itself
        + QUOTING_RELEVANCE * best.relevance
        + QUOTING_LENGTH * math.log(1 + parts)
        + QUOTING_AHEAD * ahead
        - QUOTING_ZERO
    )


def weighed_for_each(
    questions: Sequence[str], passages: Sequence[PassageSentences], similarities: Similarities | None
) -> list[Weighed]:
    """Return the sentences that most speaks for, the same ones weighed for each of the questions."""
    # Passages of several questions were found together: how relevant each is to which of them is not known.
    alone = len(questions) == 1
    return narrowed([weighed(question, passages, similarities, relevance=alone) for question in questions])


def narrowed(weighings: Sequence[Weighed], most: int = SHOWN) -> list[Weighed]:
    """Return the same passages, weighed for one question or for several, with the sentences that most speaks for.

    Each question keeps as many as its share of ``most``; all show the same sentences.
    """
    share = max(1, most // len(weighings)) if weighings else most
    kept = {index for one in weighings for index in _best(one.passages, share)}
    return [replace(one, passages=_kept(one.passages, kept)) for one in weighings]


def _best(passages: Sequence[PassageSentences], count: int) -> list[int]:
    nats = [sentence.nats for item in passages for sentence in item.sentences]
    return sorted(range(len(nats)), key=lambda index: -nats[index])[:count]


def _kept(passages: Sequence[PassageSentences], kept: Collection[int]) -> tuple[PassageSentences, ...]:
    left, first = list[PassageSentences](), 0
    for item in passages:
        sentences = tuple(sentence for at, sentence in enumerate(item.sentences, first) if at in kept)
        if sentences:
            left.append(replace(item, sentences=sentences))
        first += len(item.sentences)
    return tuple(left)


def _stands(
    question: str, sentences: Sequence[Sentence], known: Sequence[Similarity], similarities: Similarities | None
) -> list[float]:
    """Return how much nearer than each sentence what it stands for is to the question."""
    stands = [0.0] * len(sentences)
    stands_for = {index: text for index in range(len(sentences)) if (text := _stands_for(sentences, index))}
    if similarities is not None and known and stands_for:
        for index, above in zip(stands_for, similarities(question, list(stands_for.values())), strict=True):
            stands[index] = max(0.0, above.whole - known[index].whole)
    return stands


def _stands_for(sentences: Sequence[Sentence], index: int) -> str:
    """Return the text that tells what a statement is about, nothing where only itself does."""
    sentence, before = sentences[index], sentences[index - 1] if index else None
    if sentence.kind != "statement":
        return ""
    if name := row_name(sentence.text):
        return name
    if before is None or before.passage is not sentence.passage:
        # Other headings are shown above the passage as well, and stand for more than its first sentence.
        heading = sentence.passage.heading[-1] if sentence.passage.heading else ""
        return heading if is_question(heading) else ""
    return shown_sentence(before.text) if before.kind in ("question", "heading") else ""
