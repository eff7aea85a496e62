"""Chats: the list, the one on screen, its name and its end."""

from collections.abc import Sequence

from textual import on

from lorag.errors import LibraryError
from lorag.tui.chat_list import ChatList
from lorag.tui.dialogs import Ask, AskText
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown

_LISTED = 200


class ChatActions(AppPart):
    """The part of the app that opens, names and deletes chats."""

    async def show_branch(self, messages: Sequence[MessageShown], *, select: int | None = None) -> None:
        """Show the messages of a chat."""
        transcript = self.query_one(Transcript)
        self.ui.editing, self.ui.trimmed = None, {}
        await transcript.show(messages)
        if select is not None:
            await transcript.select(select)
        self.query_one(Sidebar).show_answer(transcript.selected)
        self.refresh_chats()
        self.ui.refresh_state()

    def shown_title(self) -> str:
        """Return the title of the chat; one that another window deleted is told of and left."""
        session = self.ui.session
        if session is None:
            return ""
        try:
            return session.title
        except LibraryError:
            # A turn under way fails by itself, and what it was asked goes back to the prompt.
            if session.gone and not self.ui.streaming:
                session.new_chat()
                self.ui.say("chats.gone", error=True)
                self.run_worker(self._show_empty(), exit_on_error=False)
            return ""

    async def greet(self) -> None:
        """Say what can be done here, in three lines, when there is nothing else to show."""
        app = self.ui
        if app.session is None or app.session.chat_id is not None:
            return
        documents = app.session.core.library.state().documents
        key = "greeting.ready" if documents else "greeting.first"
        await self.query_one(Transcript).show((), greeting=app.texts(key, count=documents))

    async def do_new(self, argument: str) -> None:
        """Begin a new chat."""
        app = self.ui
        assert app.session is not None
        if app.streaming:
            await app.stop_turn()
            await app.wait_for_turn()
        app.session.new_chat()
        await self.show_branch(())
        await self.greet()

    async def do_chats(self, argument: str) -> None:
        """List the chats; what is typed is looked for in all that was said."""
        app = self.ui
        choice = Choice(
            app.texts("chats.title"),
            self.chat_items,
            app.texts("chats.hint"),
            verbs={"ctrl+d": self._delete_listed},
            empty=app.texts("chats.none"),
        )
        self.show_screen(Picker(choice, argument), self.chat_chosen)

    def chat_items(self, query: str) -> list[Item]:
        """Return the chats that hold all words of a query, or the last ones."""
        app = self.ui
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
            for chat in session.core.chats.recent(limit=_LISTED)
            if chat.id != gone
        ]

    async def chat_chosen(self, chosen: str | None) -> None:
        """Open ``CHAT``, or ``CHAT:MESSAGE`` on the branch and at the answer of that message."""
        app = self.ui
        if chosen is None or app.session is None:
            return
        if app.streaming:
            app.say("command.waits", name="chats")
            return
        chat, _, message = chosen.partition(":")
        leaf = app.session.newest_below(int(chat), int(message)) if message else None
        branch = app.session.open_chat(int(chat), leaf)
        found = [shown.id for shown in branch if shown.role == "assistant" and message and shown.id >= int(message)]
        await self.show_branch(branch, select=found[0] if found else None)
        self.query_one(PromptArea).focus()

    async def do_resume(self, argument: str) -> None:
        """Go on with the chat that was used last."""
        last = self.chat_items("")[:1]
        if last:
            await self.chat_chosen(last[0].id)
        else:
            self.ui.say("chats.none")

    def refresh_chats(self) -> None:
        """Draw the list of chats anew."""
        if self.ui.session is not None and not self.ui.closing:
            chats = self.query_one(ChatList)
            chats.show(self.chat_items(chats.query_text))

    @on(ChatList.Wanted)
    def _chats_wanted(self) -> None:
        self.refresh_chats()

    @on(ChatList.Opened)
    async def _chat_opened(self, event: ChatList.Opened) -> None:
        await self.chat_chosen(event.chosen)

    def _delete_listed(self, chosen: str) -> None:
        app = self.ui
        session = app.session
        if session is None:
            return
        chat_id = int(chosen.partition(":")[0])
        if session.delete(chat_id):
            self.run_worker(self._show_empty(), exit_on_error=False)
        app.say("chats.deleted")
        self.refresh_chats()
        app.refresh_state()

    async def _show_empty(self) -> None:
        await self.show_branch(())
        await self.greet()

    async def do_delete(self, argument: str) -> None:
        """Delete the chat; it can be brought back until another is deleted or the app ends."""
        app = self.ui
        if app.session is not None and app.session.chat_id is not None:
            self._delete_listed(str(app.session.chat_id))

    async def do_undo(self, argument: str) -> None:
        """Bring back the chat that was deleted."""
        assert self.ui.session is not None
        await self.show_branch(self.ui.session.undo_delete())

    async def do_rename(self, argument: str) -> None:
        """Give the chat another title."""
        app = self.ui
        assert app.session is not None
        if argument:
            self._renamed(argument)
        else:
            self.show_screen(AskText(Ask(app.texts("chats.rename"), app.session.title)), self._renamed)

    def _renamed(self, title: str | None) -> None:
        if title and self.ui.session is not None:
            self.ui.session.rename(title)
            self.refresh_chats()
            self.ui.refresh_state()
