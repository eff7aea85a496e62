"""Chats and the branches of the one on screen."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from lorag.errors import LoragError, UsageError
from lorag.tui.dialogs import Ask, AskText
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown

if TYPE_CHECKING:
    from lorag.tui.app import LoragApp


class ChatActions(App[None]):
    """The part of the app that opens, names, deletes and exports chats."""

    @property
    def _ui(self) -> "LoragApp":
        return self  # type: ignore[return-value]

    async def show_branch(self, messages: Sequence[MessageShown], *, select: int | None = None) -> None:
        """Show the messages of a chat."""
        transcript = self.query_one(Transcript)
        await transcript.show(messages)
        if select is not None:
            await transcript.select(select)
        self.query_one(Sidebar).show_answer(transcript.selected)
        self._ui.refresh_state()

    async def greet(self) -> None:
        """Say what can be done here, in three lines, when there is nothing else to show."""
        app = self._ui
        if app.session is None or app.session.chat_id is not None:
            return
        documents = app.session.core.library.state().documents
        key = "greeting.ready" if documents else "greeting.first"
        await self.query_one(Transcript).show((), greeting=app.texts(key, count=documents))

    async def do_new(self, argument: str) -> None:
        """Begin a new chat."""
        app = self._ui
        assert app.session is not None
        if app.streaming:
            await app.stop_turn()
            await app.wait_for_turn()
        app.session.new_chat()
        await self.show_branch(())
        await self.greet()

    async def do_chats(self, argument: str) -> None:
        """List the chats; what is typed is looked for in all that was said."""
        app = self._ui
        choice = Choice(
            app.texts("chats.title"),
            self._chat_items,
            app.texts("chats.hint"),
            verbs={"ctrl+d": self._delete_listed},
            empty=app.texts("chats.none"),
        )
        self.push_screen(Picker(choice, argument), self._chat_chosen)

    def _chat_items(self, query: str) -> list[Item]:
        app = self._ui
        session = app.session
        assert session is not None
        gone = session.deleted_chat
        if query.strip():
            hits = [hit for hit in session.core.chats.search(query) if hit.chat_id != gone]
            return [Item(f"{hit.chat_id}:{hit.message_id}", hit.title, hit.excerpt) for hit in hits]
        return [
            Item(
                str(chat.id),
                chat.title,
                app.texts("chats.detail", count=chat.n_messages, when=app.time(chat.updated_at)),
                current=chat.id == session.chat_id,
            )
            for chat in session.core.chats.list(limit=200)
            if chat.id != gone
        ]

    async def _chat_chosen(self, chosen: str | None) -> None:
        app = self._ui
        if chosen is None or app.session is None:
            return
        chat, _, message = chosen.partition(":")
        leaf = app.session.newest_below(int(chat), int(message)) if message else None
        branch = app.session.open_chat(int(chat), leaf)
        answers = [shown.id for shown in branch if shown.role == "assistant"]
        await self.show_branch(branch, select=int(message) if message and int(message) in answers else None)

    def _delete_listed(self, chosen: str) -> None:
        app = self._ui
        session = app.session
        if session is None:
            return
        chat_id = int(chosen.partition(":")[0])
        if session.delete(chat_id):
            self.run_worker(self._show_empty(), exit_on_error=False)
        app.say("chats.deleted")
        app.refresh_state()

    async def _show_empty(self) -> None:
        await self.show_branch(())
        await self.greet()

    async def do_delete(self, argument: str) -> None:
        """Delete the chat; it can be brought back until another is deleted or the app ends."""
        app = self._ui
        if app.session is not None and app.session.chat_id is not None:
            self._delete_listed(str(app.session.chat_id))

    async def do_undo(self, argument: str) -> None:
        """Bring back the chat that was deleted."""
        assert self._ui.session is not None
        await self.show_branch(self._ui.session.undo_delete())

    async def do_rename(self, argument: str) -> None:
        """Give the chat another title."""
        app = self._ui
        assert app.session is not None
        if argument:
            app.session.rename(argument)
        else:
            self.push_screen(AskText(Ask(app.texts("chats.rename"), app.session.title)), self._renamed)

    def _renamed(self, title: str | None) -> None:
        if title and self._ui.session is not None:
            self._ui.session.rename(title)
            self._ui.refresh_state()

    async def do_export(self, argument: str) -> None:
        """Write the chat to a file: Markdown, JSON, or rows to train on."""
        app = self._ui
        assert app.session is not None
        form, _, place = (argument or "md").partition(" ")
        try:
            path = app.session.export(form, Path(place).expanduser() if place else None, app.places.working)
        except OSError as error:
            raise UsageError(app.texts("export.failed", reason=str(error))) from error
        app.say("export.done", path=path)

    # --- branches --------------------------------------------------------------------------------------------------

    def versions_of(self, answer: MessageShown) -> MessageShown | None:
        """Return the answer or its question, whichever has versions to step through."""
        if answer.versions > 1:
            return answer
        asked = [message for message in self.query_one(Transcript).messages if message.id == answer.parent_id]
        return asked[0] if asked and asked[0].versions > 1 else None

    async def do_previous_version(self, argument: str) -> None:
        """Show the version before."""
        await self._turn_to(-1)

    async def do_next_version(self, argument: str) -> None:
        """Show the version after."""
        await self._turn_to(1)

    async def _turn_to(self, step: int) -> None:
        app = self._ui
        answer = self.query_one(Transcript).selected
        versioned = self.versions_of(answer) if answer else None
        if versioned is None or app.session is None or app.streaming:
            return
        branch = app.session.turn_to(versioned.id, step)
        if branch is None:
            return
        at = next(i for i, m in enumerate(self.query_one(Transcript).messages) if m.id == versioned.id)
        below = [message.id for message in branch[at:] if message.role == "assistant"]
        await self.show_branch(branch, select=below[0] if below else None)

    async def do_edit(self, argument: str) -> None:
        """Put the question of the chosen answer into the prompt; sending it begins another branch."""
        app = self._ui
        answer = self.query_one(Transcript).selected
        asked = [m for m in self.query_one(Transcript).messages if answer and m.id == answer.parent_id]
        if asked:
            app.editing = asked[0].id
            prompt = self.query_one(PromptArea)
            prompt.put(asked[0].text)
            prompt.focus()
            app.say("edit.begun")

    async def do_again(self, argument: str) -> None:
        """Answer the question of the chosen answer once more, with a model and adapter that are asked for."""
        app = self._ui
        assert app.session is not None
        session = app.session
        items = [Item("same", app.texts("again.same"), current=True)]
        items += [
            Item(f"adapter:{e.name}", app.texts("again.adapter", name=e.name), e.detail, not e.problem)
            for e in session.adapter_entries()
        ]
        if session.adapters:
            items.append(Item("adapter:", app.texts("adapter.off")))
        items += [
            Item(f"model:{e.name}", app.texts("again.model", name=e.name), e.detail, not e.problem)
            for e in session.core.models()
            if e.name != session.model_name
        ]
        items.append(Item("rag", app.texts("again.without_rag" if session.rag else "again.with_rag")))
        self.push_screen(Picker(Choice.of(app.texts("again.title"), items)), self._again)

    async def _again(self, chosen: str | None) -> None:
        app = self._ui
        answer = self.query_one(Transcript).selected
        if chosen is None or app.session is None or answer is None or answer.parent_id is None:
            return
        kind, _, name = chosen.partition(":")
        try:
            if kind == "adapter":
                app.session.choose_adapters({name: 1.0} if name else {})
            elif kind == "model":
                app.session.choose_model(name)
            elif kind == "rag":
                app.set_rag(not app.session.rag)
        except LoragError as error:
            app.tell(str(error), error=True)
            return
        asked_id = answer.parent_id
        question = next((m.text for m in self.query_one(Transcript).messages if m.id == asked_id), "")
        app.run_turn(question, lambda session: session.answer_again(asked_id), replacing=asked_id)
