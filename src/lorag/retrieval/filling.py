"""Makes the vectors that are missing, in batches short enough to lose one."""

import time
from collections.abc import Iterator

import numpy as np

from lorag.library import content as contents
from lorag.library.database import Database
from lorag.library.vectors import Embedding
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.reading import vector_key
from lorag.retrieval.sync_events import Embedded, Tally
from lorag.retrieval.terms import searchable_text

_FIRST_BATCH = 64
_LARGEST_BATCH = 1024
_SECONDS_PER_BATCH = 0.5
_QUICK_CHUNKS_PER_SECOND = 200


class VectorFiller:
    """Embeds chunks that have no vector yet."""

    def __init__(self, database: Database, embedder: Embedder | None, identity: str, tally: Tally) -> None:
        self.waiting = contents.count_pending(database) if embedder else 0
        """How many chunks have no vector."""
        self._database = database
        self._embedder = embedder
        self._identity = identity
        self._tally = tally
        self._batch = _FIRST_BATCH
        self._rate = float(_QUICK_CHUNKS_PER_SECOND)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do now."""
        return not self.is_quick or self.waiting < self._batch

    @property
    def is_quick(self) -> bool:
        """Whether vectors are made so fast that they need not wait until all files are read."""
        return self._embedder is not None and self._rate >= _QUICK_CHUNKS_PER_SECOND

    def fill_some(self) -> Iterator[Embedded]:
        """Make one batch of vectors if there is a whole one to make."""
        if not self.is_idle:
            yield from self._fill_batch()

    def fill(self) -> Iterator[Embedded]:
        """Make all missing vectors."""
        if self._embedder is None:
            return
        self.waiting = contents.count_pending(self._database)
        while self.waiting > 0:
            before = self.waiting
            yield from self._fill_batch()
            if self.waiting == before:
                break
        contents.settle_all(self._database)

    def _fill_batch(self) -> Iterator[Embedded]:
        chunks = contents.pending_chunks(self._database, self._batch)
        if not chunks or self._embedder is None:
            self.waiting = 0
            return
        started = time.monotonic()
        texts = [searchable_text(chunk.title, chunk.heading, chunk.text) for chunk in chunks]
        rows, parts = self._embedder.embed_with_parts(texts)
        # A text of which the embedder knows no word has no direction; zeros are never near anything.
        vectors = np.nan_to_num(np.asarray(rows, dtype=np.float32))
        keys = [vector_key(self._identity, text) for text in texts]
        contents.store_vectors(self._database, chunks, list(map(Embedding, keys, vectors, parts)))
        self._rate = len(chunks) / max(time.monotonic() - started, 1e-6)
        self._batch = max(1, min(_LARGEST_BATCH, round(self._rate * _SECONDS_PER_BATCH)))
        self.waiting -= len(chunks)
        self._tally.embedded += len(chunks)
        yield Embedded(self._tally.embedded, self._tally.embedded + max(self.waiting, 0))
