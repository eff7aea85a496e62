"""What the commands that write documents share: the library, its lock, the indexer, and how a run is shown."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final

from lorag.commands.progress import make_view
from lorag.documents.model import Limits
from lorag.errors import EmbedderError
from lorag.library.database import Database
from lorag.library.lock import Holder, writer_lock
from lorag.retrieval.embedders import Embedder, open_embedder
from lorag.retrieval.indexing import Indexer, IndexOptions
from lorag.retrieval.splitters import make_splitter
from lorag.retrieval.sync_events import SyncEvent, SyncReport
from lorag.settings import Settings
from lorag.translation.translate import in_locale

EXIT_INTERRUPTED: Final = 130
_WAIT_SECONDS: Final = 60.0
_MEGABYTE: Final = 1_000_000
_MOST_READERS: Final = 8


def limits_from(settings: Settings) -> Limits:
    """Return the limits on files that the settings give."""
    return Limits(
        max_file_bytes=settings.max_file_mb * _MEGABYTE,
        max_pages=settings.max_pages,
        max_expanded_bytes=settings.max_expanded_mb * _MEGABYTE,
        max_nesting=settings.max_nesting,
        max_text_characters=settings.max_text_mb * _MEGABYTE,
    )


@contextmanager
def writing(settings: Settings, command: str) -> Generator[Database]:
    """Open the library as its one writer; who has to wait is told for whom."""
    with (
        writer_lock(settings.paths.library, command=command, wait_seconds=_WAIT_SECONDS, on_wait=_tell_who_writes),
        Database.open(settings.paths.library) as database,
    ):
        yield database


def make_indexer(settings: Settings, database: Database, *, needs_vectors: bool = False) -> Indexer:
    """Return the indexer the settings describe; without its embedder files can still be searched by their words."""
    embedder: Embedder | None = None
    try:
        embedder = open_embedder(
            settings.embedder,
            query_prefix=settings.query_prefix,
            passage_prefix=settings.passage_prefix,
            offline=settings.offline,
        )
    except EmbedderError as error:
        if needs_vectors:
            raise
        note = in_locale(f"{error}; until then only words are indexed")
        print(f"lorag: {note}", file=sys.stderr)
    options = IndexOptions(
        limits=limits_from(settings),
        chunk_tokens=settings.chunk_tokens,
        readers=min(_MOST_READERS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2),
    )
    return Indexer(database, embedder, make_splitter(settings.tokenizer), options)


def follow(indexer: Indexer, events: Iterator[SyncEvent], *, as_json: bool) -> int:
    """Show a run as it goes on and return the exit code; interrupted, it ends after saying what is done."""
    view = make_view(as_json=as_json)
    try:
        for event in events:
            view.show(event)
    except KeyboardInterrupt:
        view.show(indexer.report)
        return EXIT_INTERRUPTED
    finally:
        view.close()
    return _exit_code(indexer.report)


def _exit_code(report: SyncReport) -> int:
    """Return 1 when files failed and none of them could be read; a folder with one bad file among good ones is fine."""
    return 1 if report.failed and not (report.added + report.updated + report.moved + report.unchanged) else 0


def _tell_who_writes(holder: Holder | None) -> None:
    note = in_locale(f"waiting for {holder or 'another process'} to finish writing")
    print(f"lorag: {note}", file=sys.stderr)
