"""What a person should know about the library before trusting a search."""

import json
from dataclasses import asdict, dataclass

from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.library.meta import generation, read_meta
from lorag.library.vectors import count_vectors
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.terms import TermSplitter


@dataclass(frozen=True, slots=True)
class Health:
    """What of the library can be used with the present settings."""

    vectors_usable: bool
    notes: tuple[str, ...]


class HealthCheck:
    """Compares the library with the settings; remembers the answer until the library changes."""

    def __init__(self, database: Database, embedder: Embedder | None, splitter: TermSplitter) -> None:
        self._database = database
        self._splitter = splitter
        self._embedder = json.dumps(asdict(embedder.identity), sort_keys=True) if embedder else None
        self._generation = -1
        self._health = Health(vectors_usable=False, notes=())

    def __call__(self) -> Health:
        """Return the state of the library."""
        current = generation(self._database)
        if current != self._generation:
            self._health, self._generation = self._examine(), current
        return self._health

    def _examine(self) -> Health:
        chunks = corpus_size(self._database).chunks
        notes = []
        if read_meta(self._database, "tokenizer") not in {None, self._splitter.identity}:
            notes.append("the library was built with another tokenizer, so words may be missed; run: lorag reindex")
        if self._embedder is None or not chunks:
            return Health(vectors_usable=False, notes=tuple(notes))
        stored = read_meta(self._database, "embedder")
        if stored != self._embedder and stored:
            notes.append(
                "the library was built with another embedder, so only words were searched; "
                "run: lorag reindex --embed-only"
            )
            return Health(vectors_usable=False, notes=tuple(notes))
        missing = chunks - count_vectors(self._database)
        if missing > 0:
            notes.append(f"{missing:,} of {chunks:,} chunks have no vector yet and were searched by words only")
        return Health(vectors_usable=missing < chunks, notes=tuple(notes))
