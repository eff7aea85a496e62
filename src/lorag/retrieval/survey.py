"""Compares the folders with the library: what has to be read is queued, what is gone is found."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lorag.documents.discover import Discovery, discover
from lorag.errors import DocumentError
from lorag.library import documents, roots, survey
from lorag.library.database import Database
from lorag.library.documents import StoredDocument, comparable_path
from lorag.library.roots import DEFAULT_COLLECTION
from lorag.paths import DataPaths
from lorag.retrieval.sync_events import FileDone, FileRemoved, Looked, RootMissing, Tally

_BATCH = 500


class Survey:
    """One walk through what the library follows, or a part of it."""

    def __init__(self, database: Database, *, max_file_bytes: int, retry_failed: bool, tally: Tally) -> None:
        self._database = database
        self._max_file_bytes = max_file_bytes
        self._retry_failed = retry_failed
        self._tally = tally
        self._roots = roots.list_roots(database)
        self._excluded = roots.exclusions(database)
        own = DataPaths(database.path.parent)
        self._own = tuple(f"{folder}{os.sep}" for folder in (own.logs, own.models, own.adapters))
        self._to_read = 0
        self._looked = 0
        self._changed_collection: list[str] = []

    def look(self, places: Sequence[Path]) -> Iterator[Looked | FileDone | RootMissing]:
        """Queue every file below ``places`` that is new or differs from what the library knows."""
        survey.begin_survey(self._database)
        for place in places:
            if not is_there(place):
                yield from self._missing(place)
                continue
            found = self._discover(place)
            self._tally.skipped.update(found.skipped)
            for start in range(0, len(found.files), _BATCH):
                with self._database.atomic():
                    for file in found.files[start : start + _BATCH]:
                        self._look_at(file)
                yield from self._tell_changed_collections()
                yield Looked(self._looked, self._to_read)

    def remove_gone(self, places: Sequence[Path]) -> Iterator[FileRemoved]:
        """Take out what ``look`` did not meet below the places it went through."""
        for place in places:
            if self._is_unreachable(place):
                continue
            for document in list(survey.unseen_below(self._database, place)):
                if _is_hidden_from_us(document.disk_path):
                    continue
                with self._database.atomic():
                    documents.delete_document(self._database, document.id)
                self._tally.outcomes["removed"] += 1
                yield FileRemoved(document.path)
            self._forget_if_gone(place)

    def _tell_changed_collections(self) -> Iterator[FileDone]:
        """Yield the files that went to another collection and have nothing to be read; of the queue they are no part."""
        for path in self._changed_collection:
            self._tally.outcomes["updated"] += 1
            yield FileDone(path, "updated", None, 0, 0, 0, 0)
        self._changed_collection.clear()

    def _discover(self, place: Path) -> Discovery:
        try:
            return discover([place], max_file_bytes=self._max_file_bytes)
        except DocumentError:
            return Discovery((), {"vanished": 1})  # between our look and this one

    def _look_at(self, file: Path) -> None:
        if str(file).startswith(self._own):
            self._tally.skipped["written by lorag"] += 1
            return
        if self._is_excluded(file):
            self._tally.skipped["removed from the library"] += 1
            return
        try:
            status = file.stat()
        except OSError:
            return  # it has vanished since the folder was listed, which the removal will find
        collection = roots.collection_of(self._roots, file) or DEFAULT_COLLECTION
        document = documents.find_document(self._database, file)
        if document is None:
            number = documents.queue_document(
                self._database, file, size=status.st_size, mtime_ns=status.st_mtime_ns, collection=collection
            )
            survey.mark_seen(self._database, number)
            self._looked += 1
            self._to_read += 1
        elif survey.mark_seen(self._database, document.id):
            self._looked += 1
            self._look_again(document, status, collection)

    def _is_excluded(self, file: Path) -> bool:
        if not self._excluded:
            return False
        shown = Path(comparable_path(file))
        return not self._excluded.isdisjoint(map(str, (shown, *shown.parents)))

    def _look_again(self, document: StoredDocument, status: os.stat_result, collection: str) -> None:
        changes_collection = document.collection != collection
        if changes_collection:
            documents.set_collection(self._database, document.id, collection)
        same_file = (document.size, document.mtime_ns) == (status.st_size, status.st_mtime_ns)
        if document.state in ("queued", "reading"):
            self._to_read += 1
        elif not same_file or self._is_worth_retrying(document):
            documents.requeue(self._database, document.id)
            self._to_read += 1
        elif document.state == "failed":
            self._tally.known_failures += 1
        elif changes_collection:
            self._changed_collection.append(document.path)
        else:
            self._tally.outcomes["unchanged"] += 1
        if not same_file:
            documents.set_file(self._database, document.id, size=status.st_size, mtime_ns=status.st_mtime_ns)

    def _is_worth_retrying(self, document: StoredDocument) -> bool:
        # Without a digest it could not even be opened, which may have changed without a trace in size and time.
        return document.state == "failed" and (self._retry_failed or document.sha256 is None)

    def _missing(self, place: Path) -> Iterator[RootMissing]:
        """Report a place that cannot be reached; one whose surroundings are there has simply been deleted."""
        if self._is_unreachable(place):
            count = sum(1 for _ in documents.documents_below(self._database, place))
            if count == 0:
                roots.remove_roots_below(self._database, comparable_path(place))
                return
            shown = comparable_path(place)
            self._tally.missing.append((shown, count))
            yield RootMissing(shown, count)

    def _is_unreachable(self, place: Path) -> bool:
        """Tell a drive that is not mounted, or a library on another machine, from a file that was deleted."""
        if is_there(place):
            return False
        above = [root for root in self._roots if root.disk_path in place.parents and is_there(root.disk_path)]
        if above:
            return False
        known = next((root for root in self._roots if root.disk_path == place), None)
        return known is None or known.is_folder or not is_there(place.parent)

    def _forget_if_gone(self, place: Path) -> None:
        if not is_there(place) and next(documents.documents_below(self._database, place), None) is None:
            roots.remove_roots_below(self._database, comparable_path(place))


def is_there(path: Path) -> bool:
    """Tell whether a path can be reached, without an error whatever is wrong with it."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a folder may not be entered


def _is_hidden_from_us(path: Path) -> bool:
    """Tell whether a file may well be there, but its folder cannot be listed or the file not be opened."""
    folder = next((parent for parent in path.parents if is_there(parent)), None)
    if folder is not None and not os.access(folder, os.R_OK | os.X_OK):
        return True
    return is_there(path) and not os.access(path, os.R_OK)
