"""``lorag add``: read files and folders into the library and follow them from now on."""

import argparse
from pathlib import Path

from lorag.commands.indexing import follow, make_indexer, writing
from lorag.commands.setup import settings_from


def run(arguments: argparse.Namespace) -> int:
    """Add what is named and return the exit code."""
    settings = settings_from(arguments)
    paths = [Path(path).expanduser() for path in arguments.paths]
    with writing(settings, "lorag add") as database:
        indexer = make_indexer(settings, database)
        return follow(indexer, indexer.add(paths, arguments.into), as_json=arguments.json)
