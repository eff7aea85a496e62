"""``lorag`` and ``lorag chat`` in a terminal: the app, with the parts of lorag built behind its first frame."""

import argparse
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from lorag.commands.standard_error import kept_off_the_screen
from lorag.env_file import read_env_file
from lorag.errors import LoragError
from lorag.paths import DataPaths, typed_path
from lorag.tui.keyboard import prepare_environment
from lorag.tui.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorag.tui.core import Core

_FOLDER_VARIABLE: Final = "LORAG_DATA_DIR"


def run(arguments: argparse.Namespace) -> int:
    """Show the app until the user leaves."""
    prepare_environment(os.environ)
    from lorag.tui.app import LoragApp  # noqa: PLC0415 - Textual reads the environment when it is imported
    from lorag.tui.core import Places  # noqa: PLC0415 - belongs to the app

    paths = DataPaths(data_folder(arguments))
    places = Places(
        preferences=paths.root / "interface.json",
        history=paths.root / "prompt_history.jsonl",
        draft=paths.root / "draft.txt",
        working=Path.cwd(),
    )
    app = LoragApp(lambda: _open_core(arguments), places)
    _end_with_the_terminal()
    log = paths.logs / "app.log"
    with kept_off_the_screen(log):
        logging.basicConfig(filename=log, level=logging.WARNING)
        app.run()
    if app.fatal is not None:
        # The app may speak another language than the locale.
        raise type(app.fatal)(app.texts.of(app.fatal)) from app.fatal
    if app.crash is not None:
        raise LoragError(app.texts("crashed", problem=one_line(repr(app.crash)), log=log)) from app.crash
    return app.return_code or 0


def _end_with_the_terminal() -> None:
    """Let the end of the terminal end the chat, also where ``nohup`` had it ignored.

    Without a terminal the chat would go on reading its end, at full speed and for ever; the draft is saved as it is typed.
    """
    if hasattr(signal, "SIGHUP"):  # not on Windows
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def data_folder(arguments: argparse.Namespace) -> Path:
    """Return the data folder as the settings will name it; to import them takes as long as the first frame may take."""
    given = getattr(arguments, "data_dir", "") or _variable(os.environ.items()) or _variable(read_env_file().items())
    return typed_path(given) if given else platformdirs.user_data_path("lorag")


def _variable(variables: "Iterable[tuple[str, str | None]]") -> str:
    return next((value for name, value in variables if name.upper() == _FOLDER_VARIABLE and value), "")


def _open_core(arguments: argparse.Namespace) -> "Core":
    from lorag.commands.app_core import open_core  # noqa: PLC0415 - SQLite, numpy and the models load behind the frame
    from lorag.commands.setup import settings_from  # noqa: PLC0415 - pydantic, too

    return open_core(settings_from(arguments), arguments.path)
