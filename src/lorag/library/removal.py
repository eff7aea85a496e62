"""Takes documents out of the library so that they stay out; the files on disk are not touched."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lorag.errors import LibraryError
from lorag.library import roots
from lorag.library.database import Database
from lorag.library.documents import (
    StoredDocument,
    comparable_path,
    delete_document,
    documents_below,
    get_document,
    list_documents,
)
from lorag.paths import typed_path


def remove_documents(database: Database, targets: Sequence[str], in_collections: Sequence[str]) -> list[StoredDocument]:
    """Take out documents given by number, file or folder, and whole collections; all of them or, on an error, none."""
    removed: dict[int, StoredDocument] = {}
    with database.atomic():
        for target in targets:
            removed.update((document.id, document) for document in _remove_target(database, target))
        for collection in in_collections:
            removed.update((document.id, document) for document in _remove_collection(database, collection))
    return list(removed.values())


def remove_numbered(database: Database, numbers: Sequence[int]) -> list[StoredDocument]:
    """Take out documents by their numbers; numbers that are gone are passed over."""
    with database.atomic():
        found = [document for number in numbers if (document := get_document(database, number))]
        for document in found:
            _take_out(database, document.path, [document])
    return found


def _remove_target(database: Database, target: str) -> list[StoredDocument]:
    shown = comparable_path(Path(os.path.abspath(typed_path(target))))  # noqa: PTH100 - a link stays a link
    found = list(documents_below(database, shown))
    if not found and target.isascii() and target.isdigit() and (numbered := get_document(database, int(target))):
        found, shown = [numbered], numbered.path
    if not _take_out(database, shown, found) and not found:
        raise LibraryError(f"{target} is not in the library; lorag list shows what is, nothing was removed")
    return found


def _take_out(database: Database, shown: str, found: Sequence[StoredDocument]) -> int:
    """Delete the documents of a place, stop following it, keep it out; return how many roots it held."""
    followed = roots.remove_roots_below(database, shown)
    if (found or followed) and any(Path(root.path) in Path(shown).parents for root in roots.list_roots(database)):
        roots.exclude(database, shown)
    for document in found:
        delete_document(database, document.id)
    return followed


def _remove_collection(database: Database, collection: str) -> Iterator[StoredDocument]:
    found = list(list_documents(database, collection=collection))
    if not found and all(root.collection != collection for root in roots.list_roots(database)):
        raise LibraryError(f"there is no collection {collection}; lorag list shows what is, nothing was removed")
    roots.remove_roots_of(database, collection)
    for document in found:
        delete_document(database, document.id)
        yield document
