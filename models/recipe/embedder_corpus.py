"""Training pairs for the embedder: two texts that belong together, from every part of the corpus."""

import itertools
import json
import lzma
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat.asked import FOLDER as COLLECTIONS
from chat.asked import asked_collections
from chat.corpus import Split as SplitName
from chat.facts import FOLDER, filled, read_facts
from chat.thesaurus import FOLDER as THESAURUS
from chat.thesaurus import LANGUAGES, read_thesaurus, synonyms

from lorag.prompts.language import language_of

_SENTENCE_END = re.compile(r"(?<=[.!?。…])\s+|\n+")
_CHUNK_CHARACTERS = 1_000
_SHORTEST_SENTENCE = 12
_PAIRS_OF_AN_ENTRY = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and the text that should be found with it."""

    anchor: str
    positive: str
    source: str
    """Where it comes from; batches of one source make harder negatives."""
    meaning: str = ""
    """What the positive says, where other words say the same: such positives are no negatives of each other."""


@dataclass(frozen=True, slots=True)
class Split:
    """One half of the corpus."""

    folder: Path
    name: SplitName
    facts: Path = FOLDER
    """Where the facts are written down that are asked for in other words."""
    thesaurus: Path = THESAURUS
    """Where it is written down which words mean the same; nothing of it is measured with."""
    collections: Path = COLLECTIONS
    """Where the small collections of documents are, with what was asked of them."""

    def rows(self, file: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of one corpus file."""
        with lzma.open(self.folder / f"{file}.{self.name}.jsonl.xz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def question_pairs(split: Split) -> Iterator[Pair]:
    """Yield headings, titles and questions with their passages, in and across the two languages."""
    for row in split.rows("pairs"):
        yield Pair(row["query"], row["passage"], f"{row['source']} {row['lang']}")
    for language in LANGUAGES:
        for row in split.rows(f"qa.{language}"):
            yield Pair(row["question"], row["passage"], f"{row['source']} {language}")
            if row["answer"] != row["passage"]:
                yield Pair(row["question"], row["answer"], f"{row['source']} {language}")


def parallel_pairs(split: Split, rng: random.Random) -> Iterator[Pair]:
    """Yield translations: sentence with sentence, and sentence with a passage that holds its translation."""
    rows = list(split.rows("parallel"))
    for index, row in enumerate(rows):
        source = f"{row['source']} parallel"
        yield Pair(row["en"], row["ko"], source)
        # Neighbours in the file come from the same page, so together they read like a passage.
        start = max(0, index - rng.randint(0, 2))
        window = [near for near in rows[start : index + rng.randint(1, 3)] if near["source"] == row["source"]]
        if len(window) > 1:
            yield Pair(row["en"], "\n".join(near["ko"] for near in window), source)
            yield Pair(row["ko"], "\n".join(near["en"] for near in window), source)


def text_pairs(split: Split, rng: random.Random, share: float) -> Iterator[Pair]:
    """Yield a sentence, or some of its words, with the passage around it (inverse cloze task)."""
    for language in LANGUAGES:
        for row in split.rows(f"text.{language}"):
            for section in row["sections"]:
                for passage in passages_of(section["paragraphs"]):
                    if rng.random() < share:
                        yield from _cloze(
                            passage, (row["title"], section["heading"]), f"{row['source']} {language}", rng
                        )


def fact_pairs(split: Split, rng: random.Random) -> Iterator[Pair]:
    """Yield questions with sentences that answer them in other words, in and across the two languages."""
    for number, document in enumerate(read_facts(split.name, split.facts)):
        for index, fact in enumerate(document.facts):
            for asked, told in itertools.product(LANGUAGES, LANGUAGES):
                source = f"facts {told if asked == told else f'{asked}-{told}'}"
                for ask, say in itertools.product(fact.asks[asked], fact.says[told]):
                    positive = filled(say, told, rng)
                    if rng.random() < 0.5:
                        positive = f"{rng.choice(document.titles[told])}\n{positive}"
                    yield Pair(filled(ask, asked, rng), positive, source, f"fact {number} {index}")


def word_pairs(split: Split, rng: random.Random) -> Iterator[Pair]:
    """Yield words and phrases that mean the same, in and across the two languages."""
    for one in synonyms(read_thesaurus(split.thesaurus), _PAIRS_OF_AN_ENTRY, rng):
        asked, told = one.languages
        languages = told if asked == told else f"{asked}-{told}"
        yield Pair(one.anchor, one.positive, f"{one.file} {languages}", one.meaning)


def asked_pairs(split: Split) -> Iterator[Pair]:
    """Yield what was asked of small collections of documents with the sentences that answer."""
    for collection in asked_collections(split.name, split.collections):
        for asked in collection.asked:
            for _, sentence in collection.answering(asked):
                for ask in asked.asks:
                    yield Pair(ask, sentence, f"sentences {_direction(ask, sentence)}")


def found_pairs(split: Split) -> Iterator[Pair]:
    """Yield what was asked of small collections of documents with the passages that hold the answer."""
    for collection in asked_collections(split.name, split.collections):
        for asked in collection.asked:
            for passage, sentence in collection.answering(asked):
                for ask in asked.asks:
                    yield Pair(ask, passage.text, f"passages {_direction(ask, sentence)}")


def reworded_pairs(split: Split) -> Iterator[Pair]:
    """Yield questions that ask for the same, in and across the two languages."""
    for collection in asked_collections(split.name, split.collections):
        for number, asked in enumerate(collection.asked):
            for ask, other in itertools.permutations(asked.asks, 2):
                yield Pair(ask, other, f"questions {_direction(ask, other)}", f"{collection.name} {number}")


def _direction(asked: str, told: str) -> str:
    first, second = language_of(asked), language_of(told)
    return second if first == second else f"{first}-{second}"


def passages_of(paragraphs: Iterable[str]) -> Iterator[str]:
    """Join the paragraphs of one section into passages about as long as a chunk of the library."""
    passage = ""
    for paragraph in paragraphs:
        if passage and len(passage) + len(paragraph) > _CHUNK_CHARACTERS:
            yield passage
            passage = ""
        passage = f"{passage}\n{paragraph}" if passage else paragraph
    if passage:
        yield passage


def _cloze(passage: str, headings: tuple[str | None, str | None], source: str, rng: random.Random) -> Iterator[Pair]:
    """Yield at most one pair of a passage: half of the time its header, like the library's, stands before it."""
    sentences = [sentence for sentence in _SENTENCE_END.split(passage) if len(sentence) >= _SHORTEST_SENTENCE]
    if len(sentences) < 2:
        return
    chosen = rng.randrange(len(sentences))
    query = sentences[chosen]
    words = query.split()
    if rng.random() < 0.5 and len(words) > 4:
        query = " ".join(rng.sample(words, k=rng.randint(3, min(8, len(words)))))
    if rng.random() < 0.6:
        passage = "\n".join(sentences[:chosen] + sentences[chosen + 1 :])
    header = " › ".join(heading for heading in headings if heading)
    if header and rng.random() < 0.5:
        passage = f"{header}\n{passage}"
    yield Pair(query, passage, source)


def all_texts(split: Split) -> Iterator[tuple[str, str]]:
    """Yield (language, text) of the whole corpus, to train the tokeniser on."""
    for language in LANGUAGES:
        for row in split.rows(f"text.{language}"):
            for section in row["sections"]:
                yield language, "\n".join(section["paragraphs"])
        for row in split.rows(f"qa.{language}"):
            yield language, row["question"]
    for row in split.rows("parallel"):
        yield "en", row["en"]
        yield "ko", row["ko"]


def written_texts(split: Split) -> Iterator[str]:
    """Yield what was written for the recipe: its everyday words are rare in the corpus, and are to be known whole."""
    for entry in read_thesaurus(split.thesaurus):
        for language in LANGUAGES:
            yield " | ".join(entry.phrases[language])
    for document in read_facts(split.name, split.facts):
        for fact in document.facts:
            for language in LANGUAGES:
                yield from fact.says[language]
                yield from fact.asks[language]
    for collection in asked_collections(split.name, split.collections):
        yield from itertools.chain.from_iterable(asked.asks for asked in collection.asked)
        yield from itertools.chain.from_iterable(passage.sentences for passage in collection.passages)
