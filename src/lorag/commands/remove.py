"""``lorag remove``: take documents out of the library; the files stay where they are."""

import argparse
import sys

from lorag.commands.indexing import writing
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line
from lorag.errors import UsageError
from lorag.library.removal import remove_documents


def run(arguments: argparse.Namespace) -> int:
    """Remove what is named and return the exit code."""
    if not arguments.targets and not arguments.only:
        raise UsageError("name what to remove: files, folders, numbers from lorag list, or --collection NAME")
    with writing(settings_from(arguments), "lorag remove") as database:
        removed = remove_documents(database, arguments.targets, arguments.only)
    if arguments.json:
        print(harmless_json([{"path": each.path, "collection": each.collection} for each in removed], sys.stdout))
        return 0
    for each in removed:
        print(f"removed {harmless_line(each.path)}")
    counted = "1 document" if len(removed) == 1 else f"{len(removed)} documents"
    print(f"{counted} removed; no file was touched")
    return 0
