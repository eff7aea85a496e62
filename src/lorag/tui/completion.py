"""What could come next in the prompt: commands after a slash, their arguments, files after an at sign."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.paths import typed_path
from lorag.tui.commands import BY_NAME, COMMANDS, Argument, Situation

_SHOWN: Final = 30
_ATTACHMENT: Final = re.compile(r"(?:^|\s)@(\"[^\"\n]*|[^\s\"]*)\Z")
_LAST_WORD: Final = re.compile(r"(?:^|\s)(\"[^\"\n]*|[^\s\"]*)\Z")
_DIVIDES: Final = re.compile(r"[\s']")
"""What makes several words of a path that is not in quotes."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One suggestion."""

    label: str
    insert: str
    """Replaces the text from ``start`` to the caret."""
    start: int
    detail: str = ""
    goes_on: bool = False
    """Whether more is to be typed after it, as after a folder."""


def complete(
    before: str, now: Situation, choices: Callable[[Argument], Sequence[str]], folder: Path
) -> list[Completion]:
    """Return the suggestions for the text before the caret.

    Args:
        before: The prompt up to the caret.
        now: Decides which commands are offered.
        choices: Gives the values of a kind of argument; asked only when one is being typed.
        folder: Where relative paths begin.
    """
    attachment = _ATTACHMENT.search(before)
    if attachment:
        return _paths(attachment.group(1), attachment.start(1), folder, quoted=True)
    if not before.startswith("/") or "\n" in before:
        return []
    name, space, argument = before[1:].partition(" ")
    if not space:
        return _commands(name, now)
    command = BY_NAME.get(name)
    if command is None or not command.argument:
        return []
    start = len(before) - len(argument)
    if command.argument == "path":
        return _paths(argument, start, folder, quoted=False)
    word = _LAST_WORD.search(argument)
    if command.argument == "words" and word:
        return _paths(word.group(1), start + word.start(1), folder, quoted=True)
    return _values(argument, start, choices(command.argument))


def _commands(typed: str, now: Situation) -> list[Completion]:
    starting = [c for c in COMMANDS if c.name.startswith(typed)]
    within = [c for c in COMMANDS if typed in c.name and c not in starting]
    return [
        Completion(
            label=f"/{command.name}",
            insert=f"/{command.name}" + (" " if command.argument else ""),
            start=0,
            detail=f"command.{command.name}",
            goes_on=bool(command.argument),
        )
        for command in (*starting, *within)
        if command.when(now)
    ]


def _values(typed: str, start: int, values: Sequence[str]) -> list[Completion]:
    lowered = typed.lower()
    fitting = [value for value in values if lowered in value.lower()]
    fitting.sort(key=lambda value: not value.lower().startswith(lowered))
    return [Completion(value, value, start) for value in fitting[:_SHOWN] if value != typed]


def _paths(typed: str, start: int, folder: Path, *, quoted: bool) -> list[Completion]:
    """Suggest the files and folders that begin with what was typed; hidden ones only after a dot."""
    bare = typed.removeprefix('"')
    parent_text, _, beginning = bare.rpartition("/")
    parent_text += "/" if "/" in bare else ""
    parent = typed_path(parent_text, folder)
    try:
        with os.scandir(parent) as found:
            entries = sorted(found, key=lambda entry: (not entry.is_dir(), entry.name.lower()))
    except OSError:
        return []
    suggestions = []
    for entry in entries:
        if not entry.name.lower().startswith(beginning.lower()) or entry.name.startswith(".") > beginning.startswith(
            "."
        ):
            continue
        whole = parent_text + entry.name + ("/" if entry.is_dir() else "")
        suggestions.append(
            Completion(
                entry.name + ("/" if entry.is_dir() else ""),
                _quoted(whole) if quoted else whole,
                start,
                goes_on=entry.is_dir(),
            )
        )
    return suggestions[:_SHOWN]


def _quoted(path: str) -> str:
    """Put a path with spaces into quotes; a folder's stays open so that typing can go on."""
    if not _DIVIDES.search(path):
        return path
    return f'"{path}' if path.endswith("/") else f'"{path}"'
