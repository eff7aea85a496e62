"""``lorag list``: the documents in the library and what state they are in."""

import argparse
import sys
from collections.abc import Iterator

from lorag.commands.scope import EMPTY_LIBRARY, check_collections
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line
from lorag.library.database import Database
from lorag.library.documents import StoredDocument, list_documents
from lorag.translation.translate import in_locale


def run(arguments: argparse.Namespace) -> int:
    """Print the documents and return the exit code."""
    path = settings_from(arguments).paths.library
    if not path.exists():
        return _print([], as_json=arguments.json, hint=EMPTY_LIBRARY)
    with Database.open(path, read_only=True) as database:
        check_collections(database, arguments.only)
        is_empty = next(list_documents(database), None) is None
        hint = EMPTY_LIBRARY if is_empty else "no document is like that"
        wanted = _wanted(database, arguments.only, failed_only=arguments.failed)
        return _print(wanted, as_json=arguments.json, hint=hint)


def _wanted(database: Database, collections: list[str], *, failed_only: bool) -> Iterator[StoredDocument]:
    for document in list_documents(database, failed_only=failed_only):
        if not collections or document.collection in collections:
            yield document


def _print(documents: "Iterator[StoredDocument] | list[StoredDocument]", *, as_json: bool, hint: str) -> int:
    if as_json:
        print(harmless_json([_as_json(document) for document in documents], sys.stdout))
        return 0
    count = 0
    for document in documents:
        count += 1
        reason = f"  ({harmless_line(in_locale(document.reason))})" if document.reason else ""
        place = f"{harmless_line(document.collection)}  {harmless_line(document.path)}"
        print(f"{document.id:>6}  {document.state:<9}  {document.n_chunks:>5}  {place}{reason}")
    if not count:
        print(f"lorag: {in_locale(hint)}", file=sys.stderr)
    return 0


def _as_json(document: StoredDocument) -> dict[str, object]:
    return {
        "id": document.id,
        "path": document.path,
        "title": document.title,
        "media_type": document.media_type,
        "collection": document.collection,
        "state": document.state,
        "reason": document.reason,
        "chunks": document.n_chunks,
        "bytes": document.size,
        "sha256": document.sha256,
    }
