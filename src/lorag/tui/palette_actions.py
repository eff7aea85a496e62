"""Finding out what can be done: the help, the palette, and what can follow a command."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from textual.content import Content

from lorag.tui.commands import COMMANDS, Argument, key_label
from lorag.tui.dialogs import Reader, reader_width
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker, filtered
from lorag.tui.texts import TABLES
from lorag.tui.transcript import Transcript
from lorag.tui.visible import one_line

_HELP_COLUMN: Final = 37
"""Cells before what a command does, in the help."""
_HELP_NARROWEST: Final = 20
_HITS: Final = 6
"""Things of one kind that the palette lists below the commands."""


class PaletteActions(AppPart):
    """The part of the app that shows what it can do."""

    async def do_help(self, argument: str) -> None:
        """Show every command with its keys."""
        texts = self.ui.texts
        lines: list[Content] = [Content(texts("help.intro")), Content("")]
        group = ""
        for command in COMMANDS:
            if command.group != group:
                group = command.group
                lines += [Content(texts(f"group.{group}")).stylize("bold $accent")]
            keys = ", ".join(map(key_label, command.keys))
            told = self._beside_keys(texts(f"command.{command.name}"))
            lines.append(Content.assemble((f"  /{command.name:<18}", "bold"), f"{keys:<15} ", told))
        lines += [Content(""), Content(texts("help.prompt"))]
        self.show_screen(Reader(texts("help.title"), Content("\n").join(lines), texts("reader.hint")))

    def _beside_keys(self, text: str) -> Content:
        """Return a text in lines that all begin in the column beside the keys."""
        room = reader_width(self.size.width) - _HELP_COLUMN
        return Content("\n" + " " * _HELP_COLUMN).join(Content(text).wrap(max(room, _HELP_NARROWEST)))

    async def do_commands(self, argument: str) -> None:
        """List what can be done now; what is typed also finds chats, models, adapters and documents."""
        app = self.ui
        now, texts = app.situation, app.texts
        commands = [
            Item(
                f"command:{command.name}",
                f"/{command.name}",
                texts(f"command.{command.name}"),
                keys=", ".join(map(key_label, command.keys)),
            )
            for command in COMMANDS
            if command.when(now)
        ]
        matching = filtered(commands)
        choice = Choice(
            texts("commands.title"),
            lambda query: [*matching(query), *(self._found_things(query) if query.strip() else ())],
            texts("commands.hint"),
            empty=texts("picker.none"),
        )
        self.show_screen(Picker(choice, argument), self._palette_chosen)

    def _found_things(self, query: str) -> list[Item]:
        app = self.ui
        session = app.session
        if session is None or app.streaming:
            return []
        texts = app.texts
        named = [Item(f"adapter:{e.name}", texts("again.adapter", name=e.name)) for e in session.adapter_entries()]
        named += [Item(f"model:{e.name}", texts("again.model", name=e.name)) for e in session.core.models()]
        chats = app.chat_items(query)[:_HITS]
        documents = session.core.library.find(query, limit=_HITS)
        return [
            *filtered(named)(query),
            *(Item(f"chat:{item.id}", f"{texts('chats.title')}: {item.label}", item.detail) for item in chats),
            *(
                Item(f"document:{document.path}", f"{texts('sidebar.library')}: {one_line(document.title)}")
                for document in documents
            ),
        ]

    async def _palette_chosen(self, chosen: str | None) -> None:
        kind, _, name = (chosen or "").partition(":")
        if kind == "command":
            await self.ui.run_command(name, "")
        elif kind in ("adapter", "model"):
            await self.ui.run_command(kind, name)
        elif kind == "chat":
            await self.ui.chat_chosen(name)
        elif kind == "document":
            await self.ui.run_command("library", name)

    def argument_values(self, kind: Argument) -> Sequence[str]:
        """Return what can follow a command that takes this kind of argument."""
        fixed: Mapping[str, Sequence[str]] = {
            "language": tuple(TABLES),
            "format": ("md", "json", "jsonl"),
            "copy": ("answer", "code", "source"),
            "onoff": ("on", "off"),
            "quote": ("auto", "on", "off"),
        }
        found: Mapping[str, Callable[[], Sequence[str]]] = {
            "theme": lambda: sorted(self.available_themes),
            "model": self._model_names,
            "adapter": self._adapter_names,
            "collection": self._collection_names,
            "number": self._source_numbers,
        }
        return found[kind]() if kind in found else fixed.get(kind, ())

    def _model_names(self) -> Sequence[str]:
        session = self.ui.session
        return [entry.name for entry in session.core.models()] if session else ()

    def _adapter_names(self) -> Sequence[str]:
        session = self.ui.session
        return ["off", *(entry.name for entry in session.adapter_entries())] if session else ()

    def _collection_names(self) -> Sequence[str]:
        session = self.ui.session
        return list(session.core.library.state().collections) if session else ()

    def _source_numbers(self) -> Sequence[str]:
        answer = self.query_one(Transcript).selected
        return [str(source.n) for source in (answer.sources if answer else ()) if source.n is not None]
