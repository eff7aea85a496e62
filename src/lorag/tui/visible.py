"""Foreign text as it may reach the terminal: without control characters and direction overrides."""

import re
from pathlib import Path
from typing import Final

_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def visible(text: str) -> str:
    """Return text without what would move the cursor, colour the screen or turn the reading direction."""
    return _UNSEEN.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))


def short_path(path: Path) -> str:
    """Return a path as it is shown: below the home folder with a tilde."""
    home = Path.home()
    return one_line(f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path))


def one_line(text: str) -> str:
    """Return text on one line."""
    return " ".join(visible(text).split())
