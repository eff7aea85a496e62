"""What can be typed in the plain chat instead of a question."""

import difflib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from lorag.chat.events import TurnDone
from lorag.commands.session import Session
from lorag.commands.terminal import harmless, harmless_line, place_of
from lorag.commands.words import Words

_COMMAND = re.compile(r"/(\w*)(?:\s+(.*))?\Z", re.DOTALL)
_LEAVE: Final = "quit"


class SlashCommands:
    """Commands that look at or change the conversation; each prints what came of it."""

    def __init__(self, session: Session, words: Words) -> None:
        self.last: TurnDone | None = None
        """The turn whose sources are shown."""
        self._session = session
        self._say = words.say
        self._words = words
        self._actions: dict[str, Callable[[str], None]] = {
            "rag": self._rag,
            "sources": self._sources,
            "adapter": self._adapter,
            "model": self._model,
            "new": self._new,
            "help": self._help,
            _LEAVE: self._help,
        }

    def knows(self, line: str) -> bool:
        """Tell whether a line is a command and not a question; a path such as ``/etc/hosts`` is not one."""
        return _COMMAND.match(line) is not None

    def leaves(self, line: str) -> bool:
        """Tell whether a line ends the conversation."""
        return line.lower().split()[:1] == [f"/{_LEAVE}"]

    def obey(self, line: str) -> None:
        """Carry out a command, or name the nearest one."""
        match = _COMMAND.match(line)
        name, argument = (match.group(1).lower(), (match.group(2) or "").strip()) if match else ("", "")
        action = self._actions.get(name)
        if action is None:
            nearest = difflib.get_close_matches(name, self._actions, n=1, cutoff=0.0)[0]
            print(self._say("unknown_command", command=f"/{harmless_line(name)}", nearest=f"/{nearest}"))
            return
        action(argument)

    def _rag(self, argument: str) -> None:
        conversation = self._session.conversation
        if argument not in ("", "on", "off"):
            print(self._say("unknown_argument", command="/rag", choices="on, off"))
            return
        if argument:
            conversation.options = replace(conversation.options, rag=argument == "on")
        print(self._say("rag_on" if conversation.options.rag else "rag_off"))

    def _sources(self, argument: str) -> None:
        search = self.last.search if self.last else None
        if search is None or not search.passages:
            print(self._say("no_sources"))
            return
        print(self._say("searched", query=harmless_line(search.query)))
        for passage in search.passages:
            print(f"\n{place_of(passage, passage.line_start, passage.line_end, self._words)}")
            print(harmless(passage.text))

    def _adapter(self, argument: str) -> None:
        if argument:
            self._session.use_adapters(() if argument == "off" else argument.split())
        adapters = self._session.conversation.choice.adapter_strengths
        if adapters:
            shown = ", ".join(f"{harmless_line(name)}={strength:g}" for name, strength in adapters)
            print(self._say("adapter_in_use", adapters=shown))
        else:
            print(self._say("no_adapter"))
        self._choices(self._session.adapter_names(), argument)

    def _model(self, argument: str) -> None:
        if argument:
            self._session.use_model(argument)
        print(self._say("model_in_use", model=harmless_line(self._session.conversation.choice.name)))
        self._choices(self._session.model_names(), argument)

    def _choices(self, names: list[str], argument: str) -> None:
        if names and not argument:
            print(self._say("choices", names=", ".join(map(harmless_line, names))))

    def _new(self, argument: str) -> None:
        self._session.conversation.begin_anew()
        self.last = None
        print(self._say("new_chat"))

    def _help(self, argument: str) -> None:
        for name in self._actions:
            print(self._say(f"help_{name}"))
