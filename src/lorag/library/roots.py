"""What ``add`` was given, so that ``sync`` can read it again, and what ``remove`` took out of it."""

import os
import time
from collections.abc import Iterable
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
    low, high = range_below(disk_path)
    database.execute(
        "DELETE FROM exclusion WHERE disk_path = ? OR (disk_path >= ? AND disk_path < ?)",
        (os.fsencode(disk_path), low, high),
    )


def remove_roots_below(database: Database, folder: Path) -> int:
    """Stop following this file or folder and everything in it; return how many roots that were."""
    low, high = range_below(folder)
    database.execute(
        "DELETE FROM root WHERE disk_path = ? OR (disk_path >= ? AND disk_path < ?)", (os.fsencode(folder), low, high)
    )
    return database.changes()


def remove_roots_of(database: Database, collection: str) -> None:
    """Stop following what belongs to a collection."""
    database.execute("DELETE FROM root WHERE collection = ?", (collection,))


def exclude(database: Database, disk_path: Path) -> None:
    """Keep a file or folder out although a folder above it is followed; ``add_root`` lets it in again."""
    database.execute("INSERT OR IGNORE INTO exclusion VALUES (?)", (os.fsencode(disk_path),))


def exclusions(database: Database) -> frozenset[Path]:
    """Return the files and folders that are kept out."""
    return frozenset(Path(os.fsdecode(row[0])) for row in database.rows("SELECT disk_path FROM exclusion"))


def collection_of(roots: Iterable[Root], path: Path) -> str | None:
    """Return the collection of the innermost root that holds a path, None when none does."""
    holding = [root for root in roots if path == root.disk_path or root.disk_path in path.parents]
    return max(holding, key=lambda root: len(root.disk_path.parts)).collection if holding else None
