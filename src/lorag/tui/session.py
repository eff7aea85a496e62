"""The chat as the app drives it: which chat and branch, which model, what is searched. It draws nothing."""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lorag.chat.events import TurnEvent
from lorag.chat.mentions import mentioned_files
from lorag.errors import UsageError
from lorag.paths import typed_path
from lorag.tui.core import AdapterEntry, Core
from lorag.tui.view import MessageShown, stored

if TYPE_CHECKING:
    from lorag.chat.branches import ChatTree
    from lorag.engine.api import LoadedModel, LoadProgress

Quote = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class Way:
    """How one question is answered."""

    model: str
    adapters: tuple[tuple[str, float], ...]
    rag: bool


class Session:
    """One person's chat over one library."""

    def __init__(self, core: Core, folder: Path) -> None:
        """Take the parts and the folder where the paths of attached files begin."""
        self.core = core
        self._folder = folder
        self.model: LoadedModel | None = None
        self.deleted_chat: int | None = None
        self._conversation = core.conversation
        self._tree: ChatTree | None = None

    # --- model ---------------------------------------------------------------------------------------------------

    @property
    def model_name(self) -> str:
        """The model that answers."""
        return self._conversation.choice.name

    @property
    def model_path(self) -> Path:
        """Its file."""
        return self._conversation.choice.load.model

    @property
    def adapters(self) -> dict[str, float]:
        """The adapters in use with their strengths."""
        return dict(self._conversation.choice.adapter_strengths)

    async def load_model(self, on_progress: "Callable[[LoadProgress], None]") -> "LoadedModel":
        """Have the chosen model in memory."""
        self._conversation.on_load = on_progress
        self.model = await self._conversation.load_model()
        return self.model

    def choose_model(self, name: str) -> None:
        """Answer with another model, without adapters: they belong to the model they were trained on."""
        self._conversation.choice = self.core.choose(name, {})

    def choose_adapters(self, strengths: Mapping[str, float]) -> None:
        """Answer with these adapters; no others."""
        self._conversation.choice = self.core.choose(self.model_name, strengths)

    def adapter_entries(self) -> Sequence[AdapterEntry]:
        """Return every adapter, checked against the model in use."""
        return self.core.adapters(self._conversation.choice)

    # --- what is searched ----------------------------------------------------------------------------------------

    @property
    def rag(self) -> bool:
        """Whether answers come from the library."""
        return self._conversation.options.rag

    @rag.setter
    def rag(self, on: bool) -> None:
        self._conversation.options = replace(self._conversation.options, rag=on)

    @property
    def quote(self) -> Quote:
        """Whether answers are quotes only."""
        return self._conversation.options.quote

    @quote.setter
    def quote(self, quote: Quote) -> None:
        self._conversation.options = replace(self._conversation.options, quote=quote)

    @property
    def collections(self) -> tuple[str, ...]:
        """The collections searched; none is all."""
        return self._conversation.options.filter.collections

    @collections.setter
    def collections(self, names: Sequence[str]) -> None:
        options = self._conversation.options
        self._conversation.options = replace(options, filter=replace(options.filter, collections=tuple(names)))

    # --- chats ---------------------------------------------------------------------------------------------------

    @property
    def chat_id(self) -> int | None:
        """The chat on screen, None before its first question."""
        return self._conversation.chat_id

    @property
    def title(self) -> str:
        """The name of the chat on screen."""
        return "" if self.chat_id is None else self.core.chats.get(self.chat_id).title

    @property
    def gone(self) -> bool:
        """Whether the chat on screen was deleted by another window."""
        return self.chat_id is not None and next(self.core.chats.messages(self.chat_id), None) is None

    def new_chat(self) -> None:
        """Let the next question begin a chat."""
        self._conversation.begin_anew()
        self._tree = None

    def open_chat(self, chat_id: int, leaf_id: int | None = None) -> list[MessageShown]:
        """Go on with a saved chat and return its branch."""
        from lorag.chat.branches import ChatTree  # noqa: PLC0415 - the library is loaded after the first frame

        self._tree = ChatTree(self.core.chats.messages(chat_id), leaf_id)
        self._conversation.resume(chat_id, self._tree.leaf_id)
        return self.branch()

    def reread(self) -> list[MessageShown]:
        """Read the chat again after a turn, on the branch it has reached."""
        return [] if self.chat_id is None else self.open_chat(self.chat_id, self._conversation.leaf_id)

    def branch(self) -> list[MessageShown]:
        """Return the messages on screen, oldest first."""
        if self._tree is None:
            return []
        return [stored(message, self._tree.place(message.id)) for message in self._tree.branch()]

    def turn_to(self, message_id: int, step: int) -> list[MessageShown] | None:
        """Go to the version of a message ``step`` places further and return that branch, None at an end."""
        leaf = self._tree.beside(message_id, step) if self._tree else None
        return None if leaf is None or self.chat_id is None else self.open_chat(self.chat_id, leaf)

    def newest_below(self, chat_id: int, message_id: int) -> int:
        """Return the end of the branch that goes on from a message."""
        from lorag.chat.branches import ChatTree  # noqa: PLC0415 - the library is loaded after the first frame

        return ChatTree(self.core.chats.messages(chat_id)).newest_below(message_id)

    def rename(self, title: str) -> None:
        """Give the chat another title."""
        if self.chat_id is not None:
            self.core.chats.rename(self.chat_id, title)

    def export(self, form: str, place: str, folder: Path, answers: Sequence[int] | None = None) -> Path:
        """Write the branch on screen, or of training rows only the turns of these answers, and return the new file."""
        from lorag.chat.export import chosen_turns, export_chat  # noqa: PLC0415 - the library is loaded after the first frame

        messages = self._tree.branch() if self._tree else []
        if answers is not None:
            messages = chosen_turns(messages, answers)
        path = typed_path(place) if place else None
        return export_chat(self.title, messages, form=form, path=path, folder=folder)

    def delete(self, chat_id: int) -> bool:
        """Take a chat out of the list and return whether it was on screen; ``undo_delete`` brings it back."""
        self.finish_delete()
        self.deleted_chat = chat_id
        if self.chat_id != chat_id:
            return False
        self.new_chat()
        return True

    def undo_delete(self) -> list[MessageShown]:
        """Bring the chat deleted last back."""
        chat_id, self.deleted_chat = self.deleted_chat, None
        return [] if chat_id is None else self.open_chat(chat_id)

    def finish_delete(self) -> None:
        """Delete for good what was deleted last."""
        if self.deleted_chat is not None:
            self.core.chats.delete(self.deleted_chat)
            self.deleted_chat = None

    # --- turns ---------------------------------------------------------------------------------------------------

    async def ask(self, question: str, files: Sequence[Path] = ()) -> AsyncGenerator[TurnEvent]:
        """Ask a question at the end of the branch."""
        with self._attached(files):
            async with aclosing(self._conversation.reply(question)) as events:
                async for event in events:
                    yield event

    async def ask_instead(
        self, message_id: int, question: str, files: Sequence[Path] = ()
    ) -> AsyncGenerator[TurnEvent]:
        """Ask another question in place of an earlier one; the earlier one stays as a sibling."""
        with self._attached(files):
            async with aclosing(self._conversation.reply_instead(message_id, question)) as events:
                async for event in events:
                    yield event

    async def answer_again(self, message_id: int, way: Way) -> AsyncGenerator[TurnEvent]:
        """Answer the question ``message_id`` once more in another way, as a sibling of its answers."""
        asked = self.core.chats.history(self.chat_id or 0, message_id)
        files = self.files_of(asked[-1].text) if asked and way.rag else ()
        with self._in(way), self._attached(files):
            async with aclosing(self._conversation.reply_again(message_id)) as events:
                async for event in events:
                    yield event

    async def ask_in(self, question: str, way: Way) -> AsyncGenerator[TurnEvent]:
        """Ask a question at the end of the branch and have it answered in another way."""
        with self._in(way), self._attached(self.files_of(question) if way.rag else ()):
            async with aclosing(self._conversation.reply(question)) as events:
                async for event in events:
                    yield event

    def files_of(self, question: str) -> tuple[Path, ...]:
        """Return the files attached to a question.

        Raises:
            UsageError: One of them is not there any more.
        """
        mentions = mentioned_files(question, self._folder)
        if mentions.missing:
            raise UsageError(f"the attached file {mentions.missing[0]} is not there any more")
        return mentions.found

    async def stop(self) -> None:
        """End the turn under way; what there is of its answer is kept."""
        await self._conversation.stop()

    @property
    def way(self) -> Way:
        """How questions are answered now."""
        return Way(self.model_name, tuple(self.adapters.items()), self.rag)

    @contextmanager
    def _in(self, way: Way) -> Generator[None]:
        """Answer in this way for one turn."""
        conversation = self._conversation
        choice, rag = conversation.choice, self.rag
        if way != self.way:
            conversation.choice = self.core.choose(way.model, dict(way.adapters))
        self.rag = way.rag
        try:
            yield
        finally:
            conversation.choice, self.rag = choice, rag

    @contextmanager
    def _attached(self, files: Sequence[Path]) -> Generator[None]:
        """Answer from these files alone for one question."""
        if not files:
            yield
            return
        conversation = self._conversation
        documents, options = conversation.documents, conversation.options
        attached = self.core.attach(files)
        conversation.documents = attached.documents
        conversation.options = replace(options, rag=True, filter=replace(options.filter, collections=(), paths=()))
        try:
            yield
        finally:
            conversation.documents, conversation.options = documents, options
