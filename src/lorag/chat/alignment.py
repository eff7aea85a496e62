"""How much of a question is told, part by part: in a sentence, or else in the header above it, or else in the sentence before.

Late interaction (Khattab and Zaharia, ColBERT, SIGIR 2020): each token of the question is compared with the nearest token of
the text. Where the embedder knows no single tokens, words are compared, and count where they are equal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lorag.chat.numbering import PassageSentences, header_of
from lorag.chat.turn import Similarities
from lorag.prompts.grounded import shown_sentence
from lorag.retrieval.passages import Similarity
from lorag.retrieval.terms import BigramSplitter

_EQUAL_WORDS: Final = 0.3
"""What equal words tell in place of near ones: they miss those that are said in other words."""
_SPLITTER: Final = BigramSplitter()
_Parts = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one sentence tells of the question, as shares of it."""

    itself: float
    header: float
    """What the header of its passage adds,"""
    before: float
    """and what the sentence before it adds to both."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is known of the sentences of some passages, in their order, and of the headers above them."""

    sentences: Sequence[Similarity]
    """Nothing without an embedder, or of a question it knows no word of."""
    told: Sequence[Told]
    parts: int
    """Of the question."""


def compared(question: str, passages: Sequence[PassageSentences], similarities: Similarities | None) -> Compared:
    """Compare the question with all sentences and headers."""
    texts = [shown_sentence(sentence.text) for item in passages for sentence in item.sentences]
    headers = [header_of(item.passage) for item in passages]
    known = similarities(question, [*texts, *headers]) if similarities and texts else ()
    matched = [one.matched for one in known]
    parts = matched if matched and matched[0] else _equal_words(question, [*texts, *headers], len(texts))
    told = _told(passages, parts[: len(texts)], parts[len(texts) :])
    return Compared(known[: len(texts)], told, len(parts[0]) if parts else 0)


def _told(passages: Sequence[PassageSentences], said: Sequence[_Parts], headers: Sequence[_Parts]) -> list[Told]:
    told, first = list[Told](), 0
    for item, header in zip(passages, headers, strict=True):
        before = above = header
        for sentence, parts in zip(item.sentences, said[first:], strict=False):
            with_header = tuple(map(max, parts, above))
            with_before = tuple(map(max, with_header, before))
            told.append(Told(sum(parts), sum(with_header) - sum(parts), sum(with_before) - sum(with_header)))
            before = parts
            if sentence.kind == "heading":
                above = tuple(map(max, parts, header))
        first += len(item.sentences)
    return told


def _equal_words(question: str, texts: Sequence[str], sentences: int) -> list[_Parts]:
    """Return which words of the question each text holds, by how rare they are in the first ``sentences`` of the texts."""
    held = [set(_SPLITTER.terms(text)) for text in texts]
    rarity = {
        term: math.log(1 + sentences / (0.5 + sum(term in said for said in held[:sentences])))
        for term in _SPLITTER.question_terms(question)
    }
    whole = sum(rarity.values()) or 1.0
    return [tuple(_EQUAL_WORDS * (term in said) * value / whole for term, value in rarity.items()) for said in held]
