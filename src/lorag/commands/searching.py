"""The searcher that the settings describe, for every command that searches."""

from collections.abc import Sequence

from lorag.chat.turn import Documents
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.retrieval.calibrated import calibrated_threshold
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.passages import SearchFilter, SearchResult, Similarity
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.splitters import make_splitter
from lorag.settings import Settings


def open_searcher(settings: Settings, database: Database) -> Searcher:
    """Return a searcher over an open library."""
    embedder = open_embedder(
        settings.embedder,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
        offline=settings.offline,
    )
    options = SearchOptions(
        passages=settings.passages,
        per_document=settings.per_document,
        threshold=chosen_threshold(settings, database),
    )
    return Searcher(database, embedder, make_splitter(settings.tokenizer), options)


def chosen_threshold(settings: Settings, database: Database) -> float:
    """Return the threshold a person set, else the library's own from its calibration, else the default."""
    own = calibrated_threshold(database)
    return settings.threshold if own is None or "threshold" in settings.model_fields_set else own


class LibrarySearch:
    """The search of one chat: a connection of its own, opened with the first question and kept warm."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._searcher: Searcher | None = None

    def has_any(self) -> bool:
        """Tell whether there is anything to search."""
        return corpus_size(self._open()).chunks > 0

    def search(
        self,
        question: str,
        *,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - the searcher's word; frozen and empty
        history: Sequence[str] = (),
        widely: bool = False,
    ) -> SearchResult:
        """Search as ``Searcher.search`` does."""
        return self._opened().search(question, filter=filter, history=history, widely=widely)

    def similarities(self, question: str, sentences: Sequence[str]) -> list[Similarity]:
        """Compare as ``Searcher.similarities`` does."""
        return self._opened().similarities(question, sentences)

    def documents(self) -> Documents:
        """Return what a conversation needs of the library."""
        return Documents(self, self.has_any, self.similarities)

    def _opened(self) -> Searcher:
        if self._searcher is None:
            self._searcher = open_searcher(self._settings, self._open())
        return self._searcher

    def close(self) -> None:
        """Close the connection."""
        if self._database is not None:
            self._database.close()
        self._database = self._searcher = None

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database.open(self._settings.paths.library)
        return self._database
