"""Questions over small collections of documents that were written for lorag, with what its own search brings for them.

Everything the chat does with a question before a model sees it is done here by the same code: documents are read and cut into
passages, passages are searched, sentences are weighed, and most of them are left out.
"""

import atexit
import random
import shutil
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from chat.asked import FOLDER, collection_folders, read_questions
from chat.corpus import Split
from chat.layout import Shape, only
from chat.questions import varied
from lorag.chat.numbering import PassageSentences, Sentence, split_passages
from lorag.chat.weighing import RULED_OUT, weighed
from lorag.commands.indexing import limits_from
from lorag.library.database import Database
from lorag.prompts.grounded import PromptPassage, shown_sentence
from lorag.prompts.language import language_of
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.indexing import Indexer, IndexOptions
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.terms import BigramSplitter
from lorag.settings import Settings

_NOISE: Final = 2.0
"""Nats by which what speaks for a sentence is off, so that the same question is seen among others."""
_ANSWER_TAKEN_OUT: Final = 0.5
"""Share of the refusals whose question has an answer, which is not shown."""
_SHOWN: Final = (8, 16)


@dataclass(frozen=True, slots=True)
class Found:
    """What the search brought for a question."""

    question: str
    passages: tuple[PassageSentences, ...]
    """With what speaks for each of their sentences."""
    answering: frozenset[int]
    """Indices of the sentences that answer."""


class Collection:
    """Documents in a library of their own, and questions about them."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.asked = read_questions(folder / "questions.jsonl")
        self._folder = folder / "docs"
        self._searcher: Searcher | None = None
        self._found: dict[str, Found] = {}

    def found(self, question: str, answers: Sequence[str]) -> Found:
        """Return what the search brings, from memory the second time."""
        if question not in self._found:
            if self._searcher is None:
                self._searcher = self._filled()
            passages = split_passages(self._searcher.search(question, widely=True).passages)
            told = weighed(question, passages, self._searcher.similarities).passages
            sentences = [sentence for item in told for sentence in item.sentences]
            answering = frozenset(at for at, sentence in enumerate(sentences) if _tells(sentence, answers))
            self._found[question] = Found(question, told, answering)
        return self._found[question]

    def _filled(self) -> Searcher:
        database = Database.open(Path(mkdtemp(dir=_scratch()), "library.db"))
        settings, embedder, splitter = Settings(), open_embedder("builtin"), BigramSplitter()
        options = IndexOptions(limits_from(settings), settings.chunk_tokens, readers=1)
        deque(Indexer(database, embedder, splitter, options).add([self._folder], None), maxlen=0)
        return Searcher(database, embedder, splitter, SearchOptions())


class Searched:
    """Draws questions over the collections with the sentences that the chat would show."""

    def __init__(self, split: Split, folder: Path = FOLDER) -> None:
        self.collections = tuple(map(Collection, collection_folders(split, folder)))
        self._answered = [(one, asked) for one in self.collections for asked in one.asked if asked.answers]
        self._unanswered = [(one, asked) for one in self.collections for asked in one.asked if not asked.answers]

    def drawn(self, shape: Shape, rng: random.Random) -> tuple[str, list[PromptPassage], list[int]]:
        """Return a question, passages, and the number of the sentence that answers; of a refusal none."""
        refused = rng.random() < shape.refusal
        while True:
            pool = self._unanswered if refused and rng.random() >= _ANSWER_TAKEN_OUT else self._answered
            collection, asked = rng.choice(pool)
            found = collection.found(rng.choice(asked.asks), asked.answers)
            if found.passages and (refused or found.answering):
                target = None if refused else _target(found, rng)
                passages, numbers = _shown(found, target, rng.randint(*(shape.left or _SHOWN)), rng)
                if passages:
                    return varied(found.question, rng), passages, numbers


@cache
def _scratch() -> Path:
    """Return a folder for the libraries, which goes with the process."""
    folder = Path(mkdtemp(prefix="lorag-collections-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _tells(sentence: Sentence, answers: Sequence[str]) -> bool:
    said = shown_sentence(sentence.text)
    return any(shown_sentence(answer) in said for answer in answers)


def _target(found: Found, rng: random.Random) -> int:
    """Return the sentence that is to be quoted: where two tell the same, the one in the question's language."""
    sentences = [sentence for item in found.passages for sentence in item.sentences]
    language = language_of(found.question)
    own = [at for at in sorted(found.answering) if language_of(sentences[at].text) == language]
    return rng.choice(own or sorted(found.answering))


def _shown(found: Found, target: int | None, count: int, rng: random.Random) -> tuple[list[PromptPassage], list[int]]:
    """Return the sentences that most speaks for, without the answering ones but for ``target``, and its number."""
    sentences = [sentence for item in found.passages for sentence in item.sentences]
    nats = [sentence.nats + rng.gauss(0.0, _NOISE) for sentence in sentences]
    for index in found.answering:
        nats[index] = RULED_OUT
    if target is not None:
        nats[target] = -RULED_OUT
    order = [at for at in range(len(nats)) if at == target or at not in found.answering]
    kept = set(sorted(order, key=lambda at: -nats[at])[:count])
    return only([item.prompt for item in found.passages], kept, () if target is None else (target,))
