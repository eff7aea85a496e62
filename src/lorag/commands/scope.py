"""What a search is restricted to must be there: in another place nothing would ever be found."""

import difflib
from collections.abc import Iterable
from typing import Final

from lorag.errors import UsageError
from lorag.library.database import Database
from lorag.library.documents import collections
from lorag.library.roots import has_path_like, list_roots
from lorag.retrieval.scope import path_patterns

EMPTY_LIBRARY: Final = "the library is empty; fill it with: lorag add FOLDER"


def check_collections(database: Database, names: Iterable[str]) -> None:
    """Refuse the name of a collection that the library does not have; an empty library has its own word.

    Raises:
        UsageError: There is none of that name; the nearest one is named.
    """
    known = list({**collections(database), **{root.collection: 0 for root in list_roots(database)}})
    unknown = [name for name in names if name not in known]
    if known and unknown:
        nearest = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.0)[0]
        raise UsageError(f"there is no collection {unknown[0]} in the library; did you mean {nearest}?")


def check_paths(database: Database, paths: Iterable[str]) -> None:
    """Refuse a path that no document of the library has or is below; an empty library has its own word.

    Raises:
        UsageError: There is no such document.
    """
    unknown = [path for path in paths if not has_path_like(database, path_patterns([path]))]
    if unknown and list_roots(database):
        raise UsageError(f"--path {unknown[0]}: no document of the library is there; lorag list shows what is")
