"""``lorag add``: read files and folders into the library and follow them from now on."""

import argparse
from pathlib import Path

from lorag.commands.indexing import EXIT_INTERRUPTED, follow, make_indexer, writing
from lorag.commands.setup import settings_from
from lorag.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Add what is named and return the exit code."""
    if not all(arguments.paths):
        raise UsageError("one of the paths is empty; name files or folders, . for the present one")
    settings = settings_from(arguments)
    paths = [Path(path).expanduser() for path in arguments.paths]
    with writing(settings, "lorag add") as database:
        indexer = make_indexer(settings, database)
        if arguments.rebuild and follow(indexer, indexer.rebuild(), as_json=arguments.json) == EXIT_INTERRUPTED:
            return EXIT_INTERRUPTED
        return follow(indexer, indexer.add(paths, arguments.into), as_json=arguments.json)
