"""Small collections of documents that were written for lorag, what is asked of them, and what answers, as lorag reads it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from chat.corpus import Split
from lorag.commands.indexing import limits_from
from lorag.documents.chunk import chunk_document
from lorag.documents.extract import extract
from lorag.documents.sentences import split_sentences
from lorag.prompts.grounded import shown_sentence
from lorag.retrieval.terms import searchable_text
from lorag.settings import Settings

FOLDER: Final = Path(__file__).parent / "collections"
DEV: Final = frozenset({"clinic", "factory", "hotel", "port", "theatre", "university"})
"""The collections that are never trained on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions with the same answer."""

    asks: tuple[str, ...]
    answers: tuple[str, ...]
    """Each stands in one line of the documents; none where they do not tell."""


@dataclass(frozen=True, slots=True)
class Told:
    """A passage of a document."""

    text: str
    """With the title and headings that are indexed with it."""
    sentences: tuple[str, ...]
    """As they are shown."""


@dataclass(frozen=True, slots=True)
class AskedCollection:
    """All passages of one collection, and its questions."""

    name: str
    passages: tuple[Told, ...]
    asked: tuple[Asked, ...]

    def answering(self, asked: Asked) -> Iterator[tuple[Told, str]]:
        """Yield each sentence that answers, with its passage."""
        answers = [shown_sentence(answer) for answer in asked.answers]
        for passage in self.passages:
            for sentence in passage.sentences:
                if any(answer in sentence for answer in answers):
                    yield passage, sentence


def asked_collections(split: Split, folder: Path = FOLDER) -> list[AskedCollection]:
    """Return the collections to train on, or those that are kept to measure with, with their documents read."""
    return [_read(path) for path in collection_folders(split, folder)]


def collection_folders(split: Split, folder: Path = FOLDER) -> list[Path]:
    """Return the folders of such collections: ``docs`` and ``questions.jsonl`` in each."""
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and (path.name in DEV) == (split == "dev")]


@cache
def read_questions(path: Path) -> tuple[Asked, ...]:
    """Return the questions of a collection."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return tuple(Asked(tuple(row["asks"]), tuple(row.get("answers", ()))) for row in rows)


@cache
def _read(folder: Path) -> AskedCollection:
    passages = tuple(told for path in sorted((folder / "docs").iterdir()) for told in _passages(path))
    return AskedCollection(folder.name, passages, read_questions(folder / "questions.jsonl"))


def _passages(path: Path) -> Iterator[Told]:
    settings = Settings()
    document = extract(path, limits_from(settings))
    for chunk in chunk_document(document, target_tokens=settings.chunk_tokens):
        sentences = tuple(map(shown_sentence, split_sentences(chunk.text)))
        yield Told(searchable_text(document.title, chunk.heading, chunk.text), sentences)
