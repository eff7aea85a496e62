"""What speaks for each sentence as the answer, besides what the model makes of it, and which sentences it is shown.

The weights are those of a logistic regression over questions about small collections of documents:
docs/decisions/0091-what-speaks-for-a-sentence.md.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from statistics import fmean
from typing import Final

from lorag.chat.alignment import compared
from lorag.chat.amounts import asked_for, may_tell
from lorag.chat.numbering import PassageSentences, Sentence
from lorag.chat.statements import is_question, row_name
from lorag.chat.turn import Similarities
from lorag.prompts.grounded import shown_sentence
from lorag.retrieval.passages import Similarity

MEANING_WEIGHT: Final = 12.6
"""Nats that a sentence is ahead which means all of the question beyond its own words over one that means nothing of it; likewise:"""
TOLD_WEIGHT: Final = 19.6
"""... which tells each part of the question,"""
HEADER_WEIGHT: Final = 16.6
"""... whose passage's header tells what it does not tell itself,"""
BEFORE_WEIGHT: Final = 11.7
"""... behind a sentence that tells what is missing then,"""
STANDS_WEIGHT: Final = 8.4
"""... which stands below a question or heading that is the same, as far as that is nearer than itself,"""
RELEVANCE_WEIGHT: Final = 13.6
"""... and whose passage the search found as relevant as can be."""
CANNOT_TELL: Final = -4.7
"""Nats for a sentence without a number or a time, where that is asked for."""
RULED_OUT: Final = -100.0
"""Nats for what is no statement: no other reason outweighs it."""
QUOTING_WEIGHT: Final = 0.7
"""Share of what speaks for the best sentence, but for the relevance of its passage, that speaks for quoting and against refusing ..."""
QUOTING_ZERO: Final = 2.7
"""... counted from here,"""
CHANCE: Final = 0.8
"""and from so many nats more where the best is that of e times as many sentences: by chance alone one of many is near."""
SHOWN: Final = 12
"""Sentences that a small model is shown: it is lost among more."""


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
    meanings = _meanings(question, sentences, known.sentences, similarities)
    asked = asked_for(question)
    own = [
        meaning
        + TOLD_WEIGHT * told.itself
        + HEADER_WEIGHT * told.header
        + BEFORE_WEIGHT * told.before
        + CANNOT_TELL * (asked is not None and not may_tell(sentence.text, asked))
        for sentence, meaning, told in zip(sentences, meanings or repeat(0.0), known.told, strict=False)
    ]
    even = fmean(item.passage.score for item in passages) if passages else 0.0
    nats = iter(
        value + RELEVANCE_WEIGHT * (sentence.passage.score if relevance else even)
        if sentence.kind == "statement"
        else RULED_OUT
        for sentence, value in zip(sentences, own, strict=True)
    )
    statements = [value for sentence, value in zip(sentences, own, strict=True) if sentence.kind == "statement"]
    return Weighed(
        tuple(
            replace(item, sentences=tuple(replace(sentence, nats=next(nats)) for sentence in item.sentences))
            for item in passages
        ),
        _quoting(statements) if meanings or not statements else 0.0,
    )


def _quoting(nats: Sequence[float]) -> float:
    """Return what speaks for quoting, of what speaks for each statement by itself."""
    if not nats:
        return RULED_OUT
    return QUOTING_WEIGHT * (max(nats) - QUOTING_ZERO - CHANCE * math.log(len(nats)))


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


def _meanings(
    question: str, sentences: Sequence[Sentence], known: Sequence[Similarity], similarities: Similarities | None
) -> list[float]:
    """Return what the embedder's opinion of each sentence, and of what it stands for, is worth; nothing if it has none."""
    if similarities is None or not known:
        return []
    stands_for = {index: text for index in range(len(sentences)) if (text := _stands_for(sentences, index))}
    above = dict(zip(stands_for, similarities(question, list(stands_for.values())) if stands_for else (), strict=True))
    return [
        MEANING_WEIGHT * one.rest * (1 - one.repeated)
        + (STANDS_WEIGHT * max(0.0, above[index].whole - one.whole) if index in above else 0.0)
        for index, one in enumerate(known)
    ]


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
