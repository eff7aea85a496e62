"""What a person has chosen about the interface, kept over restarts."""

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Preferences:
    """Choices that concern only what the screen looks like."""

    language: str = ""
    """``en`` or ``ko``; empty follows the locale."""
    theme: str = ""
    """The name of a Textual theme; empty is lorag's default."""
    sidebar: bool = True


class PreferencesFile:
    """The choices in a file of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.current = _read(path)

    def change(self, **choices: Any) -> None:
        """Take on new choices and write them down."""
        self.current = replace(self.current, **choices)
        write_private(self._path, json.dumps(asdict(self.current), ensure_ascii=False, indent=1) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole; only its owner may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    fresh.replace(path)


def _read(path: Path) -> Preferences:
    """Read the choices; a file that was damaged or comes from another version costs only the choices."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Preferences()
    if not isinstance(stored, dict):
        return Preferences()
    defaults = Preferences()
    known = {
        field.name: stored[field.name]
        for field in fields(Preferences)
        if isinstance(stored.get(field.name), type(getattr(defaults, field.name)))
    }
    return replace(defaults, **known)
