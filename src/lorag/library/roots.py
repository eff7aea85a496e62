"""What ``add`` was given, so that ``sync`` can read it again, and what ``remove`` took out of it."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lorag.library.database import Database
from lorag.library.documents import comparable_path, range_below

DEFAULT_COLLECTION = "default"


@dataclass(frozen=True, slots=True)
class Root:
    """A file or folder the library follows."""

    id: int
    path: str
    """Absolute, NFC: to show and to compare."""
    disk_path: Path
    """Its own name on disk: to open it."""
    collection: str
    is_folder: bool


def list_roots(database: Database) -> list[Root]:
    """Return everything the library follows, outer folders before what is in them."""
    rows = database.rows("SELECT id, path, disk_path, collection, is_folder FROM root ORDER BY disk_path")
    return [Root(row[0], row[1], Path(os.fsdecode(row[2])), row[3], bool(row[4])) for row in rows]


def has_path_like(database: Database, patterns: Sequence[str]) -> bool:
    """Tell whether a document, or what the library follows, matches one of the SQLite GLOB patterns."""
    found = database.row(
        "SELECT 1 FROM json_each(?) JOIN (SELECT path AS known FROM document UNION ALL SELECT path FROM root)"
        " ON known GLOB value LIMIT 1",
        (json.dumps(list(patterns)),),
    )
    return found is not None


def add_root(database: Database, disk_path: Path, collection: str | None) -> None:
    """Follow a file or folder from now on; without a collection it stays in the one it is in."""
    known = collection_of(list_roots(database), disk_path)
    database.execute(
        "INSERT INTO root (path, disk_path, collection, is_folder, added_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (disk_path) DO UPDATE SET collection = excluded.collection, is_folder = excluded.is_folder",
        (
            comparable_path(disk_path),
            os.fsencode(disk_path),
            collection or known or DEFAULT_COLLECTION,
            disk_path.is_dir(),
            time.time(),
        ),
    )
    shown = comparable_path(disk_path)
    database.execute("DELETE FROM exclusion WHERE path = ? OR (path >= ? AND path < ?)", (shown, *range_below(shown)))


def remove_roots_below(database: Database, shown: str) -> int:
    """Stop following this file or folder (NFC) and everything in it; return how many roots that were."""
    database.execute("DELETE FROM root WHERE path = ? OR (path >= ? AND path < ?)", (shown, *range_below(shown)))
    return database.changes()


def remove_roots_of(database: Database, collection: str) -> None:
    """Stop following what belongs to a collection."""
    database.execute("DELETE FROM root WHERE collection = ?", (collection,))


def exclude(database: Database, shown: str) -> None:
    """Keep a file or folder (NFC) out although a folder above it is followed; ``add_root`` lets it in again."""
    database.execute("INSERT OR IGNORE INTO exclusion VALUES (?)", (shown,))


def exclusions(database: Database) -> frozenset[str]:
    """Return the files and folders (NFC) that are kept out."""
    return frozenset(str(row[0]) for row in database.rows("SELECT path FROM exclusion"))


def collection_of(roots: Iterable[Root], path: Path) -> str | None:
    """Return the collection of the innermost root that holds a path, None when none does."""
    holding = [root for root in roots if path == root.disk_path or root.disk_path in path.parents]
    return max(holding, key=lambda root: len(root.disk_path.parts)).collection if holding else None
