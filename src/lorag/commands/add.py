"""``lorag add``: read files and folders into the library and follow them from now on."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from lorag.commands.indexing import EXIT_INTERRUPTED, follow, make_indexer, writing
from lorag.commands.setup import settings_from
from lorag.errors import UsageError
from lorag.library.documents import comparable_path
from lorag.paths import typed_path
from lorag.retrieval.sync_events import SyncReport


def run(arguments: argparse.Namespace) -> int:
    """Add what is named and return the exit code."""
    if not all(arguments.paths):
        raise UsageError("one of the paths is empty; name files or folders, . for the present one")
    if arguments.into and not arguments.into.isprintable():
        raise UsageError("--collection takes a name on one line, of characters that can be printed")
    settings = settings_from(arguments)
    paths = [typed_path(path) for path in arguments.paths]
    with writing(settings, "lorag add") as database:
        indexer = make_indexer(settings, database)
        if arguments.rebuild and follow(indexer, indexer.rebuild(), as_json=arguments.json) == EXIT_INTERRUPTED:
            return EXIT_INTERRUPTED
        code = follow(indexer, indexer.add(paths, arguments.into), as_json=arguments.json)
        return code or _exit_code(paths, indexer.report)


def _exit_code(paths: Sequence[Path], report: SyncReport) -> int:
    """Return 1 when every file that was named failed; among those of a folder some always may."""
    failed = {path for path, _ in report.failures}
    named = [path for path in paths if path.is_file()]
    return 1 if named and all(comparable_path(path.absolute()) in failed for path in named) else 0
