"""A library of made-up chunks, so that search can be measured at any size without any file."""

import hashlib
import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from lorag.documents.model import Chunk
from lorag.library.chunks import insert_chunk
from lorag.library.database import Database
from lorag.library.documents import queue_document
from lorag.library.meta import advance_generation
from lorag.library.terms import add_terms, optimize_terms
from lorag.library.vectors import Embedding, add_vectors
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.terms import TermSplitter

WORDS_PER_CHUNK = 120
CHUNKS_PER_DOCUMENT = 50
_SYLLABLES = [chr(0xAC00 + 28 * 21 * first + 28 * vowel) for first in range(19) for vowel in range(0, 21, 2)]


class Vocabulary:
    """Made-up words, two in three Latin and one in three Hangul, as unevenly frequent as words are (Zipf)."""

    def __init__(self, seed: int, size: int = 60_000) -> None:
        self._random = random.Random(seed)
        self._words = [self._word() for _ in range(size)]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(size)))

    def text(self, words: int) -> str:
        """Return so many words at random."""
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=words))

    def question(self, words: int) -> str:
        """Return words as a question has them: a few frequent ones, the rest from all over the vocabulary."""
        rare = self._random.sample(self._words[200:20_000], k=words // 2)
        return f"{self.text(words - words // 2)} {' '.join(rare)}"

    def _word(self) -> str:
        if self._random.random() < 1 / 3:
            return "".join(self._random.choices(_SYLLABLES, k=self._random.randint(1, 4)))
        return "".join(self._random.choices("etaoinshrdlucmfwyp", k=self._random.randint(2, 10)))


def fill_library(database: Database, texts: list[str], splitter: TermSplitter, embedder: Embedder) -> None:
    """Store the texts as the chunks of made-up documents, with their terms and vectors."""
    for number, start in enumerate(range(0, len(texts), CHUNKS_PER_DOCUMENT)):
        with database.atomic():
            _put_document(database, number, texts[start : start + CHUNKS_PER_DOCUMENT], splitter, embedder)
    with database.atomic():
        optimize_terms(database)


def _put_document(
    database: Database, number: int, texts: list[str], splitter: TermSplitter, embedder: Embedder
) -> None:
    path = Path(f"/made-up/{number:05}.txt")
    document = queue_document(database, path, size=1, mtime_ns=1, collection="default")
    terms = [splitter.terms(text) for text in texts]
    ids = [
        insert_chunk(database, document, chunk, n_terms=len(split))
        for chunk, split in zip(_chunks(texts), terms, strict=True)
    ]
    add_terms(database, zip(ids, terms, strict=True))
    keys = [hashlib.sha256(text.encode()).digest() for text in texts]
    embeddings = map(Embedding, keys, *embedder.embed_with_parts(texts))
    add_vectors(database, list(zip(ids, embeddings, strict=True)))
    database.execute(
        "UPDATE document SET state = 'ready', title = ?, n_chunks = ?, n_terms = ? WHERE id = ?",
        (path.stem, len(ids), sum(map(len, terms)), document),
    )
    advance_generation(database)


def _chunks(texts: list[str]) -> Iterator[Chunk]:
    offset = 0
    for ordinal, text in enumerate(texts):
        yield Chunk(ordinal, text, offset, offset + len(text), (), None, ordinal + 1, ordinal + 1, len(text) // 3)
        offset += len(text) + 1
