"""Draws facts of everyday documents, each said and asked for in several ways: a question in other words than its answer."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from chat.corpus import Split
from chat.pools import Gold
from chat.values import VALUES
from lorag.prompts.language import Language

FOLDER: Final = Path(__file__).parent / "facts"
SOURCE: Final = "facts"
"""Where such questions come from, in place of a corpus."""
_DEV: Final = ("dev.toml", "dev-prose.toml")
"""The files whose documents are never trained on."""
_MOST_SHOWN: Final = 4
_SLOT: Final = re.compile(r"\{([^{}]+)\}")
_RANGE: Final = re.compile(r"(\d+)-(\d+)")
_MARKS: Final = ("", "", "", "- ", "{}. ")
"""What stands before the sentences of a page; where it is a list, something does."""
_APART: Final = 0.5
"""Share of two facts asked for at once that stand in different passages."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one sentence of a document tells."""

    says: Mapping[Language, tuple[str, ...]]
    """Ways of telling it; ``{…}`` is a value that is made up: a kind of :mod:`chat.values`, a range, words to choose from."""
    asks: Mapping[Language, tuple[str, ...]]
    """Ways of asking for it, each answered by each way of telling it and by no other fact of its document."""


@dataclass(frozen=True, slots=True)
class FactDocument:
    """Facts that stand together in one document."""

    titles: Mapping[Language, tuple[str, ...]]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class FactGold(Gold):
    """A passage of such a document, and what else of it may be shown."""

    number: int
    """Of the document."""
    shown: Language
    spare: tuple[int, ...]
    """Facts that other passages may tell."""
    held: int
    """A fact that no passage tells."""
    whole: bool = False
    """Whether it tells the whole document but for that fact, in its order, as a page does."""


class Facts:
    """Draws facts in both languages."""

    def __init__(self, split: Split, folder: Path = FOLDER) -> None:
        self.documents = read_facts(split, folder)

    def drawn(self, shown: Language, asked: Language, rng: random.Random) -> FactGold:
        """Return a passage in one language and a question in the same or another that one of its sentences answers."""
        number, held, told, spare = self._chosen(1, rng)
        gold = self._passage(number, shown, told, rng, spare=spare, held=held)
        return self._asking(gold, told, rng.randrange(len(told)), asked, rng)

    def asked_twice(self, language: Language, rng: random.Random) -> list[FactGold]:
        """Return two questions about one document; their answers stand in the same passage or in two.

        In the same passage the two have the same sentences and different targets.
        """
        number, held, told, spare = self._chosen(2, rng)
        if rng.random() < _APART:
            parts = [[one] for one in told[:2]]
            golds = [self._passage(number, language, part, rng, spare=spare, held=held) for part in parts]
            return [self._asking(gold, part, 0, language, rng) for gold, part in zip(golds, parts, strict=True)]
        gold = self._passage(number, language, told, rng, spare=spare, held=held)
        return [self._asking(gold, told, target, language, rng) for target in rng.sample(range(len(told)), 2)]

    def page(self, shown: Language, asked: Language, rng: random.Random) -> FactGold:
        """Return a whole document, but for one fact, and a question that one of its sentences answers."""
        number = rng.randrange(len(self.documents))
        held, target = rng.sample(range(len(self.documents[number].facts)), 2)
        return self._page(number, held, target, (shown, asked), rng)

    def page_beside(self, gold: FactGold, rng: random.Random) -> FactGold:
        """Return another document in the language of ``gold``, as whole."""
        number = (gold.number + rng.randrange(1, len(self.documents))) % len(self.documents)
        held, target = rng.sample(range(len(self.documents[number].facts)), 2)
        return self._page(number, held, target, (gold.shown, gold.shown), rng)

    def neighbour(self, gold: FactGold, rng: random.Random) -> FactGold | None:
        """Return a passage of the same document that answers nothing that ``gold`` answers, if there is one."""
        if not gold.spare:
            return None
        told = rng.sample(gold.spare, rng.randint(1, min(_MOST_SHOWN, len(gold.spare))))
        passage = self._passage(gold.number, gold.shown, told, rng, spare=(), held=gold.held)
        return self._asking(passage, told, 0, gold.shown, rng)

    def unanswered(self, gold: FactGold, asked: Language, rng: random.Random) -> str:
        """Return a question about the document of ``gold`` that none of its passages answers."""
        return self._question(gold.number, gold.held, asked, rng)

    def _chosen(self, fewest: int, rng: random.Random) -> tuple[int, int, list[int], tuple[int, ...]]:
        """Return a document, a fact to hold back, facts for a passage, and the others."""
        number = rng.randrange(len(self.documents))
        held, *others = rng.sample(range(count := len(self.documents[number].facts)), count)
        shown = min(rng.randint(fewest, _MOST_SHOWN), len(others))
        return number, held, others[:shown], tuple(others[shown:])

    def _passage(
        self,
        number: int,
        shown: Language,
        told: Sequence[int],
        rng: random.Random,
        *,
        spare: tuple[int, ...],
        held: int,
    ) -> FactGold:
        document = self.documents[number]
        sentences = tuple(filled(rng.choice(document.facts[one].says[shown]), shown, rng) for one in told)
        header = rng.choice(document.titles[shown])
        return FactGold("", header, sentences, (), SOURCE, f"{SOURCE} {number}", number, shown, spare, held)

    def _page(
        self, number: int, held: int, target: int, languages: tuple[Language, Language], rng: random.Random
    ) -> FactGold:
        shown, asked = languages
        told = [fact for fact in range(len(self.documents[number].facts)) if fact != held]
        gold = self._passage(number, shown, told, rng, spare=(), held=held)
        mark = rng.choice(_MARKS)
        listed = tuple(mark.format(place) + sentence for place, sentence in enumerate(gold.sentences, 1))
        return replace(self._asking(gold, told, told.index(target), asked, rng), sentences=listed, whole=True)

    def _asking(
        self, gold: FactGold, told: Sequence[int], target: int, asked: Language, rng: random.Random
    ) -> FactGold:
        """Return a passage that tells the facts ``told`` with a question for the one at ``target``."""
        return replace(gold, question=self._question(gold.number, told[target], asked, rng), targets=(target,))

    def _question(self, number: int, fact: int, asked: Language, rng: random.Random) -> str:
        return filled(rng.choice(self.documents[number].facts[fact].asks[asked]), asked, rng)


@cache
def read_facts(split: Split, folder: Path = FOLDER) -> tuple[FactDocument, ...]:
    """Return the documents to train on, or those that are kept to measure with."""
    paths = sorted(path for path in folder.glob("*.toml") if (path.name in _DEV) == (split == "dev"))
    return tuple(_document(entry) for path in paths for entry in tomllib.loads(path.read_text("utf-8"))["document"])


def filled(form: str, language: Language, rng: random.Random) -> str:
    """Return a way of telling or asking with its values made up."""
    return _SLOT.sub(lambda found: _value(found[1], language, rng), form)


def _value(kind: str, language: Language, rng: random.Random) -> str:
    if "|" in kind:
        return rng.choice(kind.split("|"))
    if limits := _RANGE.fullmatch(kind):
        return str(rng.randint(int(limits[1]), int(limits[2])))
    return VALUES[kind](rng, language)


def _document(entry: dict[str, Any]) -> FactDocument:
    facts = (Fact(says=_forms(fact, "says"), asks=_forms(fact, "asks")) for fact in entry["fact"])
    return FactDocument({"en": tuple(entry["titles"]["en"]), "ko": tuple(entry["titles"]["ko"])}, tuple(facts))


def _forms(fact: dict[str, Any], name: str) -> dict[Language, tuple[str, ...]]:
    return {"en": tuple(fact["en"][name]), "ko": tuple(fact["ko"][name])}
