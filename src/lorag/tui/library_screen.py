"""The documents of the library: find, look into, remove."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from lorag.tui.dialogs import Dialog, Reader
from lorag.tui.texts import texts_of
from lorag.tui.visible import one_line, short_path, visible

if TYPE_CHECKING:
    from lorag.library.browse import LibraryBrowser
    from lorag.library.documents import StoredDocument

_SHOWN = 500


class LibraryScreen(Dialog[None]):
    """A list narrowed by typing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+q", "close", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("f4", "failed_only", show=False, priority=True),
        Binding("ctrl+d", "remove", show=False, priority=True),
    ]

    def __init__(self, library: "LibraryBrowser", query: str = "") -> None:
        super().__init__()
        self._query = query
        self._library = library
        self._documents: list[StoredDocument] = []
        self._failed_only = False
        self._sure: int | None = None

    def compose(self) -> ComposeResult:
        """Show an input over the list."""
        texts = texts_of(self)
        with Vertical(classes="dialog library"):
            yield Static(classes="dialog-title", markup=False)
            yield Input(self._query, placeholder=texts("documents.find"), compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static(classes="library-detail", markup=False)
            yield Static(texts("documents.hint"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Begin with every document."""
        self._list()

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._list()

    def on_input_submitted(self) -> None:
        """Look into the highlighted document."""
        document = self._highlighted()
        if document is None:
            return
        texts = texts_of(self)
        chunks = self._library.chunks(document.id)
        parts: list[Content] = []
        if document.reason:
            parts.append(Content(one_line(texts.of(document.reason))).stylize("$error"))
        for chunk in chunks:
            place = " › ".join([one_line(part) for part in chunk.heading])
            page = texts("source.page", page=chunk.page) if chunk.page is not None else ""
            parts.append(Content(f"── {chunk.ordinal + 1}  {page}  {place}".rstrip()).stylize("bold $accent"))
            parts.append(Content(visible(chunk.text)))
        title = f"{one_line(document.title or document.path)}  ·  {texts('documents.chunks', count=len(chunks))}"
        _ = self.app.push_screen(Reader(title, Content("\n").join(parts), texts("reader.hint")))

    def on_option_list_option_highlighted(self) -> None:
        """Say more about the document."""
        self._sure = None
        self._detail()

    def on_option_list_option_selected(self) -> None:
        """Look into the document that was clicked."""
        self.on_input_submitted()

    def action_close(self) -> None:
        """Return to the chat."""
        self.close_with(None)

    def action_move(self, step: int) -> None:
        """Highlight another document."""
        options = self.query_one(OptionList)
        if self._documents:
            options.highlighted = max(0, min((options.highlighted or 0) + step, len(self._documents) - 1))

    def action_failed_only(self) -> None:
        """Show only what could not be read, or everything again."""
        self._failed_only = not self._failed_only
        self._list()

    def action_remove(self) -> None:
        """Take the document out of the library; the second press does it."""
        document = self._highlighted()
        if document is None:
            return
        if self._sure != document.id:
            self._sure = document.id
            self.query_one(".library-detail", Static).update(texts_of(self)("documents.sure"))
            return
        at = self.query_one(OptionList).highlighted or 0
        self._library.remove([document.id])
        self._list()
        if self._documents:
            self.query_one(OptionList).highlighted = min(at, len(self._documents) - 1)

    def _highlighted(self) -> "StoredDocument | None":
        at = self.query_one(OptionList).highlighted
        return self._documents[at] if at is not None and at < len(self._documents) else None

    def _list(self) -> None:
        texts = texts_of(self)
        query = self.query_one(Input).value
        self._documents = self._library.find(query, failed_only=self._failed_only, limit=_SHOWN)
        self._sure = None
        state = self._library.state()
        shown = texts("documents.title", count=len(self._documents), total=state.documents, failed=state.failed)
        self.query_one(".dialog-title", Static).update(shown)
        options = self.query_one(OptionList)
        options.set_options(Option(self._line(document)) for document in self._documents)
        options.highlighted = 0 if self._documents else None
        self._detail()

    def _line(self, document: "StoredDocument") -> Content:
        name = one_line(document.title or document.path.rsplit("/", 1)[-1])
        mark = {"ready": "  ", "failed": "! "}.get(document.state, "~ ")
        line = Content(f"{mark}{name}  ({one_line(document.collection)})")
        return line.stylize("$error") if document.state == "failed" else line

    def _detail(self) -> None:
        texts, document = texts_of(self), self._highlighted()
        if document is None:
            text = texts("documents.none")
        else:
            facts = [
                short_path(Path(document.path)),
                texts.of(document.reason or "") or texts("documents.chunks", count=document.n_chunks),
            ]
            text = "\n".join(map(one_line, facts))
        self.query_one(".library-detail", Static).update(text)
