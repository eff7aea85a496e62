"""``lorag`` and ``lorag chat`` in a terminal: the app, with the parts of lorag built behind its first frame."""

import argparse
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lorag.commands.setup import settings_from
from lorag.commands.standard_error import kept_off_the_screen
from lorag.settings import Settings
from lorag.tui.keyboard import prepare_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorag.tui.core import Core


def run(arguments: argparse.Namespace) -> int:
    """Show the app until the user leaves."""
    settings = settings_from(arguments)
    prepare_environment(os.environ)
    from lorag.tui.app import LoragApp  # noqa: PLC0415 - Textual reads the environment when it is imported
    from lorag.tui.core import Places  # noqa: PLC0415 - belongs to the app

    root = settings.data_dir
    places = Places(
        preferences=root / "interface.json",
        history=root / "prompt_history.jsonl",
        draft=root / "draft.txt",
        working=Path.cwd(),
    )
    log = settings.paths.logs / "app.log"
    app = LoragApp(lambda: _open_core(settings, arguments.path), places)
    with kept_off_the_screen(log):
        logging.basicConfig(filename=log, level=logging.WARNING)
        app.run()
    return app.return_code or 0


def _open_core(settings: Settings, paths: "Sequence[str]") -> "Core":
    from lorag.commands.app_core import open_core  # noqa: PLC0415 - SQLite, numpy and the models load behind the frame

    return open_core(settings, paths)
