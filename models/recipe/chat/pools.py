"""What examples are made of: questions with their answering sentences, running text, and passages that mislead."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chat.corpus import Corpus, Row
from chat.questions import content_words
from lorag.documents.sentences import sentence_spans, split_sentences
from lorag.prompts.grounded import shown_sentence
from lorag.prompts.language import Language, language_of

_LONGEST_SENTENCE: Final = 420
_MOST_QUOTED: Final = 3
_PASSAGES_PER_WORD: Final = 60


@dataclass(frozen=True, slots=True)
class Gold:
    """A question and the passage whose sentences answer it."""

    question: str
    header: str
    sentences: tuple[str, ...]
    targets: tuple[int, ...]
    """Indices of the answering sentences."""
    source: str
    doc: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document of running text."""

    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    """Heading and paragraphs of each section."""


def gold_from_answer(row: Row) -> Gold | None:
    """Return the row of a ``qa`` file with its verbatim answer as sentence numbers, or nothing if it does not fit."""
    passage, answer = row["passage"], row["answer"]
    start = passage.find(answer)
    spans = sentence_spans(passage)
    targets = [i for i, (a, b) in enumerate(spans) if a < start + len(answer) and b > start]
    if start < 0 or not targets:
        return None
    sentences = tuple(passage[a:b] for a, b in spans)
    return _checked(Gold(row["question"], "", sentences, tuple(targets[:_MOST_QUOTED]), row["source"], row["doc"]))


def gold_from_pair(row: Row) -> Gold | None:
    """Return a row of the ``pairs`` file as a question whose answer is the passage's first sentence after its heading."""
    if row["kind"] == "paraphrase" or row["query"].strip() == row["passage"].strip():
        return None
    sentences = split_sentences(row["passage"])
    header = ""
    if row["kind"] in ("slug-para", "twin") and len(sentences) > 1:
        header, *sentences = sentences
    if not sentences:
        return None
    return _checked(Gold(row["query"], header, tuple(sentences), (0,), row["source"], row["doc"]))


def _checked(gold: Gold) -> Gold | None:
    """Return ``gold`` if its question and answering sentences have a usable length."""
    fits = 2 <= len(gold.question) <= 220
    fits = fits and all(4 <= len(shown_sentence(gold.sentences[i])) <= _LONGEST_SENTENCE for i in gold.targets)
    return gold if fits else None


class Pools:
    """The corpus in memory, with an index from words to passages so that misleading passages are easily found."""

    def __init__(self, corpus: Corpus) -> None:
        self.split = corpus.split
        self.answers: dict[Language, list[Gold]] = {"en": [], "ko": []}
        self.headings: dict[Language, list[Gold]] = {"en": [], "ko": []}
        self.pairs: dict[str, list[Gold]] = defaultdict(list)
        self._load_golds(corpus)
        self.parallel = [(row["en"], row["ko"]) for row in corpus.rows("parallel") if _usable_pair(row)]
        self.unanswerable: dict[Language, list[str]] = {
            language: [row["question"] for row in corpus.rows(f"unanswerable.{language}")] for language in ("en", "ko")
        }
        self.texts: dict[Language, list[Document]] = {
            language: _documents(corpus, language) for language in ("en", "ko")
        }
        self.passages: list[Gold] = [gold for golds in self._all() for gold in golds]
        self.rarity, self._by_word = _index(self.passages)

    def _load_golds(self, corpus: Corpus) -> None:
        for language in ("en", "ko"):
            self.answers[language] = _kept(corpus.rows(f"qa.{language}"), gold_from_answer)
        for row in corpus.rows("pairs"):
            gold = gold_from_pair(row)
            if gold is None:
                continue
            if row["lang"] in ("en-ko", "ko-en"):
                self.pairs["cross"].append(gold)
            elif row["kind"] in ("heading", "title", "title-desc"):
                self.headings[row["lang"]].append(gold)
            else:
                self.pairs[row["lang"]].append(gold)

    def _all(self) -> Iterator[list[Gold]]:
        yield from self.answers.values()
        yield from self.pairs.values()
        yield from self.headings.values()

    def related(self, question: str, rng: random.Random) -> Gold | None:
        """Return a passage that shares a word with ``question``, as a search would bring it."""
        words = [word.lower() for word in content_words(question)]
        words = [word for word in words if len(self._by_word.get(word, ())) > 1]
        if not words:
            return None
        weights = [self.rarity[word] ** 2 for word in words]
        return self.passages[rng.choice(self._by_word[rng.choices(words, weights)[0]])]


def _usable_pair(row: Row) -> bool:
    return 8 <= len(row["en"]) <= 300 and 4 <= len(row["ko"]) <= 200 and "\n" not in row["en"] + row["ko"]


def _kept(rows: Iterator[Row], reader: Callable[[Row], Gold | None]) -> list[Gold]:
    return [gold for gold in map(reader, rows) if gold is not None]


def _documents(corpus: Corpus, language: Language) -> list[Document]:
    documents = []
    for row in corpus.rows(f"text.{language}"):
        sections = tuple((section["heading"] or "", tuple(section["paragraphs"])) for section in row["sections"])
        if sum(len(paragraph) for _, paragraphs in sections for paragraph in paragraphs) > 200:
            documents.append(Document(row["title"] or "", sections))
    return documents


def _index(passages: Sequence[Gold]) -> tuple[dict[str, float], dict[str, list[int]]]:
    """Return each word's inverse document frequency and some of the passages that hold it."""
    frequency: Counter[str] = Counter()
    by_word: dict[str, list[int]] = defaultdict(list)
    order = list(range(len(passages)))
    random.Random(0).shuffle(order)
    for number in order:
        text = passages[number].header + " " + " ".join(passages[number].sentences[:6])
        for word in {word.lower() for word in content_words(text)}:
            frequency[word] += 1
            if len(by_word[word]) < _PASSAGES_PER_WORD:
                by_word[word].append(number)
    rarity = {word: math.log(1 + len(passages) / count) for word, count in frequency.items()}
    return rarity, by_word


def language_of_sentences(sentences: Sequence[str]) -> Language:
    """Return the language most of the sentences are written in."""
    return language_of(" ".join(sentences))
