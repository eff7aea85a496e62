"""Writing a chat to a file, whole or as rows of chosen turns to train on."""

import itertools
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from lorag.errors import LoragError
from lorag.tui.dialogs import Dialog
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.texts import texts_of
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown
from lorag.tui.visible import one_line

_FORMATS = ("md", "json", "jsonl")


class TurnsScreen(Dialog[tuple[int, ...] | None]):
    """Returns the numbers of the answers whose turns were chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("enter", "write", show=False, priority=True),
    ]

    def __init__(self, turns: Sequence[tuple[MessageShown, MessageShown]]) -> None:
        super().__init__()
        self._turns = turns

    def compose(self) -> ComposeResult:
        """List every turn, all of them chosen."""
        texts = texts_of(self)
        with Vertical(classes="dialog picker"):
            yield Static(texts("export.turns"), classes="dialog-title dialog-head", markup=False)
            yield SelectionList[int](
                *(
                    Selection(Content(f"{one_line(asked.text)[:60]} → {one_line(answer.text)[:60]}"), answer.id, True)
                    for asked, answer in self._turns
                ),
                compact=True,
            )
            yield Static(texts("export.turns_hint"), classes="dialog-hint", markup=False)

    def action_write(self) -> None:
        """Return what is chosen."""
        self.close_with(tuple(self.query_one(SelectionList).selected))

    def action_cancel(self) -> None:
        """Write nothing."""
        self.close_with(None)


class ExportActions(AppPart):
    """The part of the app that writes chats to files."""

    async def do_export(self, argument: str) -> None:
        """Write the chat to a file: Markdown, JSON, or rows to train on."""
        texts = self.ui.texts
        form, _, place = argument.partition(" ")
        if not form:
            items = [Item(name, texts(f"export.{name}")) for name in _FORMATS]
            self.show_screen(Picker(Choice.of(texts("export.title"), items)), self._form_chosen)
        elif form == "jsonl":
            self._choose_turns(place)
        else:
            self._export(form, place)

    async def _form_chosen(self, form: str | None) -> None:
        if form is not None:
            await self.ui.run_command("export", form)

    def _choose_turns(self, place: str) -> None:
        messages = self.query_one(Transcript).messages
        turns = [
            (asked, answer)
            for asked, answer in itertools.pairwise(messages)
            if answer.role == "assistant" and answer.status == "complete" and answer.text.strip()
        ]
        if not turns:
            self.ui.say("export.no_turns", error=True)
            return

        def chosen(answers: tuple[int, ...] | None) -> None:
            if answers:
                self._export("jsonl", place, answers)

        self.show_screen(TurnsScreen(turns), chosen)

    def _export(self, form: str, place: str, answers: Sequence[int] | None = None) -> None:
        app = self.ui
        assert app.session is not None
        try:
            path = app.session.export(form, place, app.places.working, answers)
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename else error
            app.say("export.failed", error=True, reason=app.texts.of(reason))
        except LoragError as error:
            app.tell(app.texts.of(error), error=True)
        else:
            app.say("export.done", path=path)
