"""Brings the library up to date with the files: looks, reads, embeds, and commits file by file."""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from lorag.documents.chunk import CHUNKER_ID
from lorag.documents.model import Limits
from lorag.errors import DocumentError
from lorag.library import content as contents
from lorag.library import documents, meta, roots, survey, vectors
from lorag.library.chunks import document_chunks
from lorag.library.content import Content
from lorag.library.database import Database
from lorag.library.documents import StoredDocument
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.filling import VectorFiller
from lorag.retrieval.readers import ReaderPool
from lorag.retrieval.reading import ReadingPlan, Unreadable
from lorag.retrieval.survey import Survey, is_there
from lorag.retrieval.sync_events import FileDone, Outcome, Reading, SyncEvent, SyncReport, Tally
from lorag.retrieval.terms import TermSplitter, searchable_text

_MOST_READINGS = 3
"""How often a file is read that changes while it is being read."""


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How files are read."""

    limits: Limits
    chunk_tokens: int
    readers: int
    """Processes that read files."""
    seconds_per_file: float = 600.0


@dataclass(slots=True)
class _InHand:
    """A file a reader is busy with."""

    document: StoredDocument
    sha256: str
    status: os.stat_result
    readings: int = 1


class Indexer:
    """The one writer of documents; hold the library's writer lock while it runs."""

    def __init__(
        self, database: Database, embedder: Embedder | None, splitter: TermSplitter, options: IndexOptions
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._splitter = splitter
        self._options = options
        self._identity = meta.BuildIdentity(
            embedder=json.dumps(asdict(embedder.identity), sort_keys=True) if embedder else "",
            chunker=f"{CHUNKER_ID}/{options.chunk_tokens}",
            tokenizer=splitter.identity,
        )
        self._plan = ReadingPlan(options.limits, options.chunk_tokens, splitter, self._identity.embedder)
        self._tally = Tally()
        self._started = time.monotonic()

    @property
    def report(self) -> SyncReport:
        """What has been done so far, for a run that was interrupted."""
        return self._report(complete=False)

    def add(self, paths: Sequence[Path], collection: str | None) -> Iterator[SyncEvent]:
        """Follow files and folders from now on and read them; files that failed before are tried again."""
        meta.require_identity(self._database, self._identity)
        places = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - a link stays what it is called
        for place in places:
            if not is_there(place):
                raise DocumentError(f"{place} does not exist; nothing was added")
            if not (place.is_file() or place.is_dir()):
                raise DocumentError(f"{place} is neither a file nor a folder; nothing was added")
        with self._database.atomic():
            for place in places:
                roots.add_root(self._database, place, collection)
        yield from self._run(places, retry_failed=True)

    def sync(self, places: Sequence[Path] | None = None) -> Iterator[SyncEvent]:
        """Read again what was added, or the given part of it, as it is now."""
        meta.require_identity(self._database, self._identity)
        followed = [root.disk_path for root in roots.list_roots(self._database)]
        yield from self._run(followed if places is None else places, retry_failed=False)

    def reindex(self, *, embed_only: bool) -> Iterator[SyncEvent]:
        """Build the indexes anew under today's embedder, chunker and tokenizer; what is still valid is kept."""
        if embed_only:
            self._require_same_text()
        with self._database.atomic():
            if self._embedder and meta.read_meta(self._database, "embedder") != self._identity.embedder:
                vectors.clear_vectors(self._database)
            else:
                vectors.rebuild_vector_index(self._database)
            meta.record_identity(self._database, self._identity)
            if embed_only:
                survey.embed_everything(self._database)
            else:
                survey.queue_everything(self._database)
        contents.settle_all(self._database)
        yield from self._run([], retry_failed=True)

    def rebuild(self) -> Iterator[SyncEvent]:
        """Build anew what was built in another way than today's, and only that; nothing happens where nothing was."""
        differing = meta.mismatches(self._database, self._identity)
        if differing:
            yield from self.reindex(embed_only=set(differing) == {"embedder"})

    def _require_same_text(self) -> None:
        stored = meta.mismatches(self._database, self._identity)
        if set(stored) - {"embedder"}:
            meta.require_identity(self._database, self._identity)

    def _run(self, places: Sequence[Path], *, retry_failed: bool) -> Iterator[SyncEvent]:
        self._tally, self._started = Tally(), time.monotonic()
        walk = Survey(
            self._database,
            max_file_bytes=self._options.limits.max_file_bytes,
            retry_failed=retry_failed,
            tally=self._tally,
        )
        yield from walk.look(places)
        self._tally.files, self._tally.bytes = survey.queue_size(self._database)
        yield Reading(self._tally.files, self._tally.bytes)
        filler = VectorFiller(self._database, self._embedder, self._identity.embedder, self._tally)
        yield from self._read_queued(filler)
        yield from walk.remove_gone(places)
        yield from filler.fill()
        yield self._report(complete=True)

    def _read_queued(self, filler: VectorFiller) -> Iterator[SyncEvent]:
        """Read what is queued, side by side; vectors are made while the readers are busy."""
        waiting: dict[Future[Content | Unreadable], _InHand] = {}
        last = 0
        with ReaderPool(
            self._plan, size=self._options.readers, seconds_per_file=self._options.seconds_per_file
        ) as readers:
            while True:
                while len(waiting) < readers.capacity and (document := documents.next_unread(self._database, last)):
                    last = document.id
                    prepared = self._prepare(document)
                    if isinstance(prepared, FileDone):
                        yield prepared
                    else:
                        waiting[readers.submit(document.disk_path)] = prepared
                if not waiting:
                    return
                yield from self._take(waiting, readers, filler)

    def _take(
        self, waiting: "dict[Future[Content | Unreadable], _InHand]", readers: ReaderPool, filler: VectorFiller
    ) -> Iterator[SyncEvent]:
        """Store what readers have finished; while they have not, make vectors."""
        done = wait(waiting, timeout=None if filler.is_idle else 0, return_when=FIRST_COMPLETED).done
        if not done:
            yield from filler.fill_some()
        for future in done:
            in_hand = waiting.pop(future)
            if self._changed_meanwhile(in_hand):
                waiting[readers.submit(in_hand.document.disk_path)] = in_hand
            else:
                yield self._finish(in_hand, future.result(), filler)

    def _prepare(self, document: StoredDocument) -> FileDone | _InHand:
        """Deal with a queued file that need not be read, or hash it for reading."""
        try:
            status = document.disk_path.stat()
            if not stat.S_ISREG(status.st_mode):
                return self._fail(document, "it is not a regular file", sha256=None)
            if status.st_size > self._options.limits.max_file_bytes:
                megabytes = self._options.limits.max_file_bytes / 1_000_000
                return self._fail(document, f"it is larger than {megabytes:g} MB; raise max_file_mb to read it")
            with document.disk_path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return self._keep_or_drop(document)
        except OSError as error:
            return self._fail(document, f"it cannot be opened ({error.strerror})")
        if document.sha256 == sha256 and not document.stale:
            contents.settle_document(self._database, document.id)
            return self._done(document, "unchanged")
        if document.sha256 is None and (moved := self._moved_from(document, sha256)):
            with self._database.atomic():
                documents.move_document(self._database, moved.id, document)
                survey.mark_seen(self._database, moved.id)
            return self._done(document, "moved")
        documents.set_state(self._database, document.id, "reading")
        return _InHand(document, sha256, status)

    def _moved_from(self, newcomer: StoredDocument, sha256: str) -> StoredDocument | None:
        """Return the document this file was until it got its present name."""
        for candidate in documents.documents_like(self._database, sha256):
            if candidate.state in ("ready", "embedding") and not os.path.lexists(candidate.disk_path):
                return candidate
        return None

    def _keep_or_drop(self, document: StoredDocument) -> FileDone:
        """Deal with a queued file that is not there: keep what was read from it earlier, for ``sync`` to judge."""
        if document.n_chunks == 0:
            with self._database.atomic():
                documents.delete_document(self._database, document.id)
            return self._done(document, "removed")
        if document.stale:
            chunks = list(document_chunks(self._database, document.id))
            split = [
                (chunk.id, self._splitter.terms(searchable_text(chunk.title, chunk.heading, chunk.text)))
                for chunk in chunks
            ]
            contents.replace_terms(self._database, document.id, split)
        contents.settle_document(self._database, document.id)
        return self._done(document, "unchanged")

    def _changed_meanwhile(self, in_hand: _InHand) -> bool:
        """Tell whether a file was written to while it was read, and take its new state down if it was."""
        if in_hand.readings >= _MOST_READINGS:
            return False
        try:
            status = in_hand.document.disk_path.stat()
            if (status.st_size, status.st_mtime_ns) == (in_hand.status.st_size, in_hand.status.st_mtime_ns):
                return False
            with in_hand.document.disk_path.open("rb") as file:
                in_hand.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return False
        in_hand.status = status
        in_hand.readings += 1
        documents.set_file(self._database, in_hand.document.id, size=status.st_size, mtime_ns=status.st_mtime_ns)
        return True

    def _finish(self, in_hand: _InHand, answer: Content | Unreadable, filler: VectorFiller) -> FileDone:
        document = in_hand.document
        if isinstance(answer, Unreadable):
            return self._fail(document, answer.reason, sha256=in_hand.sha256)
        is_new = document.sha256 is None
        filler.waiting += contents.store_content(self._database, document.id, answer, sha256=in_hand.sha256)
        return self._done(document, "added" if is_new else "updated")

    def _fail(self, document: StoredDocument, reason: str, *, sha256: str | None = None) -> FileDone:
        with self._database.atomic():
            documents.fail_document(self._database, document.id, sha256=sha256, reason=reason)
        self._tally.failures.append((document.path, reason))
        return self._done(document, "failed", reason)

    def _done(self, document: StoredDocument, outcome: Outcome, reason: str | None = None) -> FileDone:
        tally = self._tally
        tally.outcomes[outcome] += 1
        tally.files_done += 1
        tally.bytes_done += document.size
        return FileDone(document.path, outcome, reason, tally.files_done, tally.files, tally.bytes_done, tally.bytes)

    def _report(self, *, complete: bool) -> SyncReport:
        return self._tally.report(seconds=time.monotonic() - self._started, complete=complete)
