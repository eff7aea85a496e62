"""The chats in the sidebar: the last ones, or those that hold what is typed."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from lorag.tui.picker import Item
from lorag.tui.texts import Translated, texts_of
from lorag.tui.visible import one_line

LISTED = 6


class ChatList(Vertical, Translated):
    """Asks for chats and lists what it is given."""

    class Wanted(Message):
        """Chats with these words are wanted."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Opened(Message):
        """A chat was chosen."""

        def __init__(self, chosen: str) -> None:
            super().__init__()
            self.chosen = chosen

    def __init__(self) -> None:
        super().__init__(id="chat-list")
        self._items: Sequence[Item] = ()

    @property
    def query_text(self) -> str:
        """What is looked for now."""
        return self.query_one(Input).value

    def compose(self) -> ComposeResult:
        """Show a field over the list."""
        yield Static(id="chats-title", classes="sidebar-title", markup=False)
        yield Input(compact=True)
        yield OptionList(id="chat-hits", markup=False, compact=True)

    def on_mount(self) -> None:
        """Fill in what depends on the language."""
        self.retranslate()
        self.show(())

    def retranslate(self) -> None:
        """Draw title and placeholder anew."""
        texts = texts_of(self)
        self.query_one("#chats-title", Static).update(texts("chats.title"))
        self.query_one(Input).placeholder = texts("sidebar.find_chats")

    def show(self, items: Sequence[Item]) -> None:
        """List these chats."""
        self._items = items[:LISTED]
        hits = self.query_one("#chat-hits", OptionList)
        hits.display = bool(self._items)
        hits.set_options(
            Option(("● " if item.current else "  ") + one_line(item.label), id=item.id) for item in self._items
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for other words."""
        event.stop()
        self.post_message(self.Wanted(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the first chat found."""
        event.stop()
        if self._items:
            self.post_message(self.Opened(self._items[0].id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the chat that was chosen."""
        event.stop()
        self.post_message(self.Opened(self._items[event.option_index].id))
