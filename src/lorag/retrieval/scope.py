"""Which chunks a filter lets through."""

import os
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lorag.library.database import Database
from lorag.library.terms import chunks_within
from lorag.paths import is_there, typed_path
from lorag.retrieval.passages import SearchFilter

_WILDCARDS = frozenset("*?[")


def allowed_chunks(database: Database, restriction: SearchFilter) -> NDArray[np.int64] | None:
    """Return the sorted ids a search may return, None when nothing is restricted."""
    if not restriction.collections and not restriction.paths:
        return None
    return chunks_within(database, collections=restriction.collections, patterns=path_patterns(restriction.paths))


def path_patterns(paths: Sequence[str]) -> list[str]:
    """Return GLOB patterns for files, folders (with all below them) and patterns.

    What exists on disk is meant exactly; anything else may stand at the end of a path, so that ``notes/2024`` and
    ``*.pdf`` work from any folder.
    """
    return [pattern for path in paths for pattern in _patterns(unicodedata.normalize("NFC", path))]


def _patterns(path: str) -> list[str]:
    expanded = typed_path(path)
    if is_there(expanded):
        # Not resolved: the library keeps the names a person gave, links included.
        return _file_or_folder(_literal(unicodedata.normalize("NFC", os.path.abspath(expanded))))  # noqa: PTH100
    pattern = str(expanded) if _WILDCARDS & set(path) else _literal(str(expanded))
    return _file_or_folder(pattern if expanded.is_absolute() else f"*/{pattern.removeprefix('./')}")


def _file_or_folder(pattern: str) -> list[str]:
    return [pattern, f"{pattern.rstrip('/')}/*"]


def _literal(path: str) -> str:
    return "".join(f"[{character}]" if character in _WILDCARDS else character for character in path)
