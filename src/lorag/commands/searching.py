"""The searcher that the settings describe, for every command that searches."""

from lorag.library.database import Database
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.search import Searcher, SearchOptions
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
        bm25_threshold=settings.bm25_threshold,
        vector_threshold=settings.vector_threshold,
    )
    return Searcher(database, embedder, make_splitter(settings.tokenizer), options)
