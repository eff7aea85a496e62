"""``lorag sync``: bring the library up to date with the files, once or for as long as it runs."""

import argparse
import sys
from pathlib import Path

from lorag.commands.indexing import EXIT_INTERRUPTED, follow, make_indexer, writing
from lorag.commands.scope import EMPTY_LIBRARY
from lorag.commands.setup import settings_from
from lorag.library.database import Database
from lorag.library.roots import list_roots
from lorag.retrieval.watch import changed_places
from lorag.settings import Settings
from lorag.translation.translate import in_locale


def run(arguments: argparse.Namespace) -> int:
    """Sync and return the exit code."""
    settings = settings_from(arguments)
    if arguments.watch:
        return _watch(settings, as_json=arguments.json)
    return _sync(settings, None, as_json=arguments.json)


def _sync(settings: Settings, places: list[Path] | None, *, as_json: bool) -> int:
    with writing(settings, "lorag sync") as database:
        if not list_roots(database):
            print(f"lorag: {in_locale(EMPTY_LIBRARY)}", file=sys.stderr)
        indexer = make_indexer(settings, database)
        return follow(indexer, indexer.sync(places), as_json=as_json)


def _watch(settings: Settings, *, as_json: bool) -> int:
    """Follow changes until interrupted, beginning with all there is; the lock is held only while there is something to do."""
    with Database.open(settings.paths.library) as database:
        if not list_roots(database):
            print(f"lorag: {in_locale(EMPTY_LIBRARY)}", file=sys.stderr)
    print(f"lorag: {in_locale('watching for changes; Ctrl-C ends it')}", file=sys.stderr)

    def followed() -> list[Path]:
        with Database.open(settings.paths.library, read_only=True) as database:
            return [root.disk_path for root in list_roots(database)]

    try:
        for places in changed_places(followed, ignored=settings.data_dir):
            if _sync(settings, places, as_json=as_json) == EXIT_INTERRUPTED:
                break
    except KeyboardInterrupt:
        pass
    return EXIT_INTERRUPTED
