"""The checks of ``lorag doctor``: each looks at one thing and says that it is well or what to do."""

from collections.abc import Callable
from typing import Final

from lorag.commands import checks_content, checks_machine
from lorag.commands.findings import Found
from lorag.settings import Settings

ALL_CHECKS: Final[dict[str, Callable[[Settings], Found]]] = {
    "python": checks_machine.python,
    "sqlite": checks_machine.sqlite,
    "llama.cpp": checks_machine.llama,
    "disk": checks_machine.disk,
    "terminal": checks_machine.terminal,
    "privacy": checks_machine.privacy,
    "model": checks_content.model,
    "engine": checks_content.engine,
    "models folder": checks_content.models_folder,
    "adapters": checks_content.adapters,
    "embedder": checks_content.embedder,
    "library": checks_content.library,
    "training": checks_content.training,
}
"""In the order in which one thing needs another."""
