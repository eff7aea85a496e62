"""Lays out passages as a search would bring them: the answering ones shuffled among misleading ones."""

import itertools
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from chat.elsewhere import defines, is_edition, repeats
from chat.facts import FactGold
from chat.golds import Golds
from chat.nearest import NearPassages, nearness
from chat.phrases import SOURCE as PHRASES
from chat.pools import Gold, language_of_sentences
from chat.random_text import random_gold
from chat.tables import SOURCE
from lorag.prompts.grounded import PromptPassage, shown_sentence

_NEIGHBOURS: Final = 0.6
"""Share of the passages beside a fact that come from the same document, as long as that has more to tell."""
_OTHER_PAGES: Final = 0.7
"""Share of the passages beside a page that are pages, too."""
_SEPARATORS: Final = (" › ", " › ", ", ")


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the prompts of a stage are."""

    passages: tuple[int, ...]
    """Numbers of passages to choose from, each as likely as it is often in here."""
    sentences: tuple[int, int]
    """Fewest and most sentences a passage shows."""
    refusal: float
    """Share of examples whose passages do not hold the answer."""
    hard: float
    """Share of misleading passages that share words or a source with the question."""
    near: float = 0.0
    """Share of misleading passages that a search by meaning would bring; ``hard`` is a share of the others."""
    left: tuple[int, int] | None = None
    """Fewest and most sentences of all passages that are left, the nearest to the question; None leaves them all."""


class Layout:
    """Lays out passages around questions' answers."""

    def __init__(self, golds: Golds) -> None:
        self._golds = golds
        self._near: NearPassages | None = None

    def laid_out(
        self, golds: Sequence[Gold], shape: Shape, rng: random.Random
    ) -> tuple[list[PromptPassage], list[int]]:
        """Return the answering passages shuffled among misleading ones, and the numbers of the answering sentences."""
        wanted = {shown_sentence(gold.sentences[i]) for gold in golds for i in gold.targets}
        cut = [_window(gold, shape, rng) for gold in golds]
        blocks = [(PromptPassage(self._header(gold, rng), gold.sentences), gold.targets) for gold in cut]
        count = max(len(golds), rng.choice(shape.passages))
        while len(blocks) < count:
            other = self._misleading(golds[0], shape, rng)
            sentences = tuple(s for s in other.sentences if not self._answers(shown_sentence(s), golds, wanted))
            if sentences and not any(is_edition(gold, other) for gold in golds):
                blocks.append((PromptPassage(self._header(other, rng), sentences), ()))
        rng.shuffle(blocks)
        numbers, first = [], 1
        for passage, targets in blocks:
            numbers += [first + target for target in targets]
            first += len(passage.sentences)
        return [passage for passage, _ in blocks], numbers

    @staticmethod
    def narrowed(
        question: str, passages: list[PromptPassage], targets: Sequence[int], shape: Shape, rng: random.Random
    ) -> tuple[list[PromptPassage], list[int]]:
        """Return of long prompts what the chat shows: the sentences nearest to the question, and those with these numbers."""
        if shape.left is None:
            return passages, list(targets)
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        count = rng.randint(*shape.left)
        if len(sentences) <= count:
            return passages, list(targets)
        near = nearness(question, sentences)
        near[[target - 1 for target in targets]] = np.inf
        kept = {int(index) for index in np.argsort(-near)[:count]}
        return only(passages, kept, [target - 1 for target in targets])

    @staticmethod
    def _answers(sentence: str, golds: Sequence[Gold], wanted: Collection[str]) -> bool:
        return repeats(sentence, wanted) or any(defines(sentence, gold.question) for gold in golds)

    def _misleading(self, gold: Gold, shape: Shape, rng: random.Random) -> Gold:
        if gold.source == "random":
            return _window(random_gold(rng), shape, rng)
        if gold.source == PHRASES:
            return self._golds.phrases.others(gold, language_of_sentences(gold.sentences), rng)
        if isinstance(gold, FactGold) and gold.whole and rng.random() < _OTHER_PAGES:
            return self._golds.facts.page_beside(gold, rng)
        if isinstance(gold, FactGold) and rng.random() < _NEIGHBOURS:
            neighbour = self._golds.facts.neighbour(gold, rng)
            if neighbour is not None:
                return neighbour
        return _window(self._found(gold, shape, rng) or self._any(gold, rng), shape, rng)

    def _found(self, gold: Gold, shape: Shape, rng: random.Random) -> Gold | None:
        """Return a passage that a search would bring for a question, unless it is the one that answers."""
        other = None
        if shape.near and rng.random() < shape.near:
            if self._near is None:
                self._near = NearPassages(self._golds.pools.passages)
            other = self._near.misleading(gold, rng)
        elif rng.random() < shape.hard:
            other = self._golds.pools.related(gold.question + " " + gold.sentences[gold.targets[0]][:60], rng)
        return None if other and (other.question == gold.question or other.sentences == gold.sentences) else other

    def _any(self, gold: Gold, rng: random.Random) -> Gold:
        language = language_of_sentences(gold.sentences)
        running = rng.random() < 0.5
        return self._golds.text(language, rng) if running else self._golds.drawn(f"qa.{language}", rng)

    def _header(self, gold: Gold, rng: random.Random) -> str:
        header = gold.header
        if not header:
            parts = gold.doc.split("#")[0].rsplit("/", 2)
            name = parts[-1].rsplit(".", 1)[0].replace("_", " ").replace("-", " ")
            header = f"{gold.source}{rng.choice(_SEPARATORS)}{name}" if rng.random() < 0.4 else name
        if rng.random() < 0.15:
            header += f", p. {rng.randint(1, 300)}"
        return shown_sentence(header)[:80]


def only(
    passages: Sequence[PromptPassage], kept: Collection[int], targets: Collection[int]
) -> tuple[list[PromptPassage], list[int]]:
    """Return what is left of ``passages`` with the sentences of these indices, and the new numbers of the ``targets``."""
    left, numbers, number = list[PromptPassage](), list[int](), 0
    indices = itertools.count()
    for passage in passages:
        sentences = [(next(indices), sentence) for sentence in passage.sentences]
        sentences = [(index, sentence) for index, sentence in sentences if index in kept]
        numbers += [number + place for place, (index, _) in enumerate(sentences, 1) if index in targets]
        number += len(sentences)
        if sentences:
            left.append(PromptPassage(passage.header, tuple(sentence for _, sentence in sentences)))
    return left, numbers


def _window(gold: Gold, shape: Shape, rng: random.Random) -> Gold:
    """Return ``gold`` with a run of its sentences that holds the answering ones; a table and a list of phrases stay whole."""
    if gold.source in (SOURCE, PHRASES):
        return gold
    low, high = gold.targets[0], gold.targets[-1] + 1
    size = max(rng.randint(*shape.sentences), high - low)
    start = rng.randint(max(0, high - size), min(low, max(0, len(gold.sentences) - size)))
    kept = gold.sentences[start : start + size]
    return replace(gold, sentences=kept, targets=tuple(target - start for target in gold.targets))
