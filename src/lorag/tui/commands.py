"""Every command of the chat in one table: slash commands, command palette, key help and footer all come from it."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

Group = Literal["answer", "sources", "model", "chat", "library", "prompt", "app"]
Argument = Literal[
    "",
    "path",
    "words",
    "number",
    "text",
    "adapter",
    "model",
    "language",
    "theme",
    "format",
    "copy",
    "onoff",
    "quote",
    "collection",
]


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which commands make sense now."""

    streaming: bool = False
    has_chat: bool = False
    has_answer: bool = False
    has_sources: bool = False
    has_versions: bool = False
    can_undo: bool = False
    engine_failed: bool = False
    core_ready: bool = False


Available = Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do; its help is the text ``command.NAME``."""

    name: str
    """What follows the slash."""
    group: Group
    keys: tuple[str, ...] = ()
    """The first one is shown."""
    argument: Argument = ""
    when: Available = lambda _: True

    @property
    def priority(self) -> bool:
        """Whether its keys come before those of the widget that has the focus; Esc closes a menu first."""
        return "escape" not in self.keys


def _ready(now: Situation) -> bool:
    return now.core_ready


def _idle(now: Situation) -> bool:
    return now.core_ready and not now.streaming


COMMANDS: Final = (
    Command("stop", "answer", ("escape",), when=lambda now: now.streaming),
    Command("again", "answer", ("f5", "alt+r"), when=lambda now: now.has_answer and not now.streaming),
    Command("edit", "answer", ("f6", "alt+q"), when=lambda now: now.has_answer and not now.streaming),
    Command("previous-version", "answer", ("alt+left",), when=lambda now: now.has_versions),
    Command("next-version", "answer", ("alt+right",), when=lambda now: now.has_versions),
    Command("previous-answer", "answer", ("alt+up",), when=lambda now: now.has_answer),
    Command("next-answer", "answer", ("alt+down",), when=lambda now: now.has_answer),
    Command("copy", "answer", ("f8",), argument="copy", when=lambda now: now.has_answer),
    Command("code", "answer", ("alt+c",), argument="number", when=lambda now: now.has_answer),
    Command("compare", "answer", ("f7",), argument="text", when=_idle),
    Command("sidebar", "sources", ("f2",)),
    Command("rag", "sources", ("f4",), argument="onoff"),
    Command("source", "sources", ("ctrl+s",), argument="number", when=lambda now: now.has_sources),
    Command("citation", "sources", ("alt+s",), when=lambda now: now.has_sources),
    Command("collection", "sources", ("alt+o",), argument="collection", when=_ready),
    Command("adapter", "model", ("ctrl+t",), argument="adapter", when=_idle),
    Command("model", "model", ("ctrl+o",), argument="model", when=_idle),
    Command("quote", "model", ("alt+k",), argument="quote", when=_ready),
    Command("restart", "model", ("alt+z",), when=lambda now: now.engine_failed),
    Command("train", "model", ("alt+y",), argument="words", when=_ready),
    Command("new", "chat", ("ctrl+n",), when=_ready),
    Command("chats", "chat", ("ctrl+r",), argument="text", when=_idle),
    Command("resume", "chat", ("alt+j",), when=lambda now: now.core_ready and not now.has_chat),
    Command("rename", "chat", ("alt+n",), argument="text", when=lambda now: now.has_chat),
    Command("delete", "chat", ("alt+d",), when=lambda now: now.has_chat and not now.streaming),
    Command("undo", "chat", ("alt+u",), when=lambda now: now.can_undo),
    Command("export", "chat", ("alt+x",), argument="format", when=lambda now: now.has_chat and not now.streaming),
    Command("library", "library", ("ctrl+l",), when=_ready),
    Command("add", "library", ("alt+a",), argument="path", when=_ready),
    Command("sync", "library", ("f9",), when=_ready),
    Command("paste", "prompt", ("alt+w",)),
    Command("editor", "prompt", ("f12",)),
    Command("theme", "app", ("alt+m",), argument="theme"),
    Command("lang", "app", ("alt+l",), argument="language"),
    Command("commands", "app", ("ctrl+p", "alt+p")),
    Command("help", "app", ("f1", "ctrl+g")),
    Command("quit", "app", ("ctrl+q",)),
)

FOOTER: Final = ("stop", "help", "commands", "sidebar", "rag", "adapter", "model", "chats", "library")
"""Whose keys are shown below the chat, as many as fit."""

BY_NAME: Final = {command.name: command for command in COMMANDS}

KEY_NAMES: Final = {"escape": "Esc", "ctrl": "Ctrl", "alt": "Alt", "left": "←", "right": "→", "up": "↑", "down": "↓"}


def obstacle(command: Command, now: Situation) -> str:
    """Return the text that says why a command cannot be used now, empty when it can.

    That it only has to wait is told of a key, too: what is typed after it would go into the prompt.
    """
    if command.when(now):
        return ""
    return "command.waits" if command.when(replace(now, streaming=False)) else "command.unavailable"


def key_label(key: str) -> str:
    """Return a key as it is printed on a keyboard."""
    return "+".join(KEY_NAMES.get(part, part.upper()) for part in key.split("+"))


@dataclass(frozen=True, slots=True)
class Typed:
    """A slash command as it was typed."""

    name: str
    argument: str


def parse(prompt: str) -> Typed | None:
    """Return the command in a prompt, None when it is a question; ``//`` and ``/usr/bin`` begin questions."""
    if not prompt.startswith("/") or "\n" in prompt.strip():
        return None
    name, _, argument = prompt[1:].strip().partition(" ")
    if not name or not name.replace("-", "").isalpha():
        return None
    return Typed(name.lower(), argument.strip())


def nearest(name: str) -> str | None:
    """Return the command that was probably meant."""
    found = difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.6)
    return found[0] if found else None
