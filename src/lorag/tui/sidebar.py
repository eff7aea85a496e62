"""The column beside the chat: what is searched, the sources of the chosen answer, the state of the library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, SelectionList, Static, Switch
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from lorag.retrieval.passages import SearchResult
from lorag.tui.chat_list import ChatList
from lorag.tui.texts import Texts, Translated, texts_of
from lorag.tui.view import MessageShown, SearchShown, Source
from lorag.tui.visible import one_line

_HEADING_PARTS = 3
_TITLE_CELLS = 76
"""Of a title, about two lines; the passage itself has all of it."""


@dataclass(frozen=True, slots=True)
class LibraryShown:
    """The state of the library."""

    documents: int = 0
    failed: int = 0
    waiting: int = 0
    last_change: str = ""
    """When a document last changed, as it is shown."""
    job: str = ""
    """What is being read now."""


class Sidebar(VerticalScroll, Translated):
    """Draws what it is told and says what was chosen."""

    can_focus = False

    class RagSwitched(Message):
        """Answers are to come from the library, or not."""

        def __init__(self, on: bool) -> None:
            super().__init__()
            self.on = on

    class CollectionsChosen(Message):
        """Only these collections are to be searched; none is all."""

        def __init__(self, names: tuple[str, ...]) -> None:
            super().__init__()
            self.names = names

    class SourceOpened(Message):
        """A passage is to be shown in its context."""

        def __init__(self, source: Source) -> None:
            super().__init__()
            self.source = source

    def __init__(self) -> None:
        super().__init__(id="sidebar")
        self._answer: MessageShown | None = None
        self._library = LibraryShown()
        self._sources: tuple[Source, ...] = ()
        self._collections: tuple[str, ...] = ()
        self._collections_shown: tuple[dict[str, int], tuple[str, ...]] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the three parts."""
        with Horizontal(id="rag-row"):
            yield Static(id="rag-label", markup=False)
            yield Switch(id="rag")
        yield Static(id="collections-title", classes="sidebar-title", markup=False)
        yield SelectionList[str](id="collections", compact=True)
        yield Static(id="sources-title", classes="sidebar-title", markup=False)
        yield Static(id="query", markup=False)
        yield OptionList(id="sources", markup=False, compact=True)
        yield Static(id="library-title", classes="sidebar-title", markup=False)
        yield Static(id="library-state", markup=False)
        yield Static(id="training", markup=False)
        yield ChatList()

    def on_mount(self) -> None:
        """Fill in what depends on the language."""
        self.show_collections({}, ())
        self.show_training("")
        self.retranslate()

    def retranslate(self) -> None:
        """Draw every text anew."""
        texts = texts_of(self)
        self.query_one("#rag-label", Static).update(texts("sidebar.rag"))
        self.query_one("#collections-title", Static).update(texts("sidebar.collections"))
        self.query_one("#library-title", Static).update(texts("sidebar.library"))
        self.show_answer(self._answer)
        self.show_library(self._library)

    def show_rag(self, on: bool) -> None:
        """Set the switch without saying so again."""
        switch = self.query_one("#rag", Switch)
        with switch.prevent(Switch.Changed):
            switch.value = on

    def show_collections(self, counts: Mapping[str, int], chosen: Sequence[str]) -> None:
        """List the collections with how many documents each holds."""
        shown = (dict(counts), tuple(chosen))
        if shown == self._collections_shown:
            return
        self._collections_shown = shown
        self._collections = tuple(counts)
        choices = self.query_one("#collections", SelectionList)
        choices.display = self.query_one("#collections-title").display = len(counts) > 1
        with choices.prevent(SelectionList.SelectedChanged):
            choices.clear_options()
            choices.add_options(
                Selection(Content(f"{one_line(name)} ({count})"), name, not chosen or name in chosen)
                for name, count in counts.items()
            )

    def show_answer(self, answer: MessageShown | None) -> None:
        """List the sources of an answer."""
        texts = texts_of(self)
        is_other = (answer and answer.id) != (self._answer and self._answer.id)
        if is_other:
            # What another answer was read down to says nothing of this one.
            self.scroll_home(animate=False)
        self._answer = answer
        self._sources = answer.sources if answer else ()
        cited = sum(source.n is not None for source in self._sources)
        title = texts("sidebar.sources", count=cited) if cited else texts("sidebar.sources_none")
        self.query_one("#sources-title", Static).update(title)
        about = texts("sidebar.no_search") if answer and answer.status != "streaming" else ""
        self.query_one("#query", Static).update(
            _about_search(answer.search, texts) if answer and answer.search else about
        )
        sources = self.query_one("#sources", OptionList)
        sources.display = bool(self._sources)
        place = None if is_other else sources.highlighted
        sources.set_options(Option(describe_source(source, texts)) for source in self._sources)
        if place is not None and place < sources.option_count:
            # Drawn again, the list must not take the keys off the source they were on.
            sources.highlighted = place

    def show_search(self, result: SearchResult) -> None:
        """Say what was searched, before there is an answer to list sources of."""
        shown = SearchShown(result.query, len(result.passages), result.below_threshold, result.notes)
        self.query_one("#query", Static).update(_about_search(shown, texts_of(self)))

    def show_library(self, library: LibraryShown) -> None:
        """Say how the library is."""
        texts = texts_of(self)
        self._library = library
        lines = [texts("library.documents", count=library.documents) if library.documents else texts("library.empty")]
        lines += [texts("library.failed", count=library.failed)] if library.failed else []
        lines += [texts("library.waiting", count=library.waiting)] if library.waiting and not library.job else []
        lines += [texts("library.changed", when=library.last_change)] if library.last_change else []
        lines += [library.job] if library.job else []
        self.query_one("#library-state", Static).update("\n".join(map(one_line, lines)))

    def show_training(self, text: str) -> None:
        """Say how far the training is, or nothing."""
        training = self.query_one("#training", Static)
        training.display = bool(text)
        training.update(one_line(text))

    def focus_sources(self) -> None:
        """Let the keys choose among the sources."""
        sources = self.query_one("#sources", OptionList)
        if sources.option_count:
            sources.focus()
            sources.highlighted = sources.highlighted or 0

    def focused_source(self) -> Source | None:
        """Return the source that the keys are on, None when they are elsewhere."""
        sources = self.query_one("#sources", OptionList)
        return self._sources[sources.highlighted] if sources.has_focus and sources.highlighted is not None else None

    def on_switch_changed(self, event: Switch.Changed) -> None:
        """Pass the switch on."""
        event.stop()
        self.post_message(self.RagSwitched(event.value))

    def on_selection_list_selected_changed(self, event: SelectionList.SelectedChanged[str]) -> None:
        """Pass the choice on; all and none are the same: everything."""
        event.stop()
        chosen = tuple(event.selection_list.selected)
        self._collections_shown = None
        self.post_message(self.CollectionsChosen(() if len(chosen) == len(self._collections) else chosen))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open a source."""
        event.stop()
        self.post_message(self.SourceOpened(self._sources[event.option_index]))


def _about_search(search: SearchShown, texts: Texts) -> str:
    lines = [texts("sidebar.query", query=one_line(search.query))]
    if not search.passages:
        lines.append(texts("sidebar.nothing_relevant", count=search.below_threshold))
    return "\n".join([*lines, *(one_line(texts.of(note)) for note in search.notes)])


def describe_source(source: Source, texts: Texts) -> Content:
    """Return a source as it stands in the list."""
    number = f"[{source.n}]" if source.n is not None else " · "
    title = Content(f"{number} {one_line(source.title or source.path.name)}").truncate(_TITLE_CELLS, ellipsis=True)
    lines = [title if source.n is None else title.stylize("bold")]
    lines.append(
        Content("    " + "  ".join([*place_of(source, texts), texts("source.score", score=f"{source.score:.3f}")]))
    )
    if source.heading:
        lines.append(Content("    " + " › ".join(one_line(part) for part in source.heading[-_HEADING_PARTS:])))
    if source.verified is not None:
        mark = texts("source.verified" if source.verified else "source.unverified")
        lines.append(Content("    " + mark).stylize("$success" if source.verified else "$warning"))
    return Content("\n").join(lines)


def place_of(source: Source, texts: Texts) -> list[str]:
    """Return the page and lines of a source."""
    place = []
    if source.page is not None:
        place.append(texts("source.page", page=source.page))
    if source.line_start is not None:
        same = source.line_end in (None, source.line_start)
        lines = f"{source.line_start}" if same else f"{source.line_start}–{source.line_end}"
        place.append(texts("source.line" if same else "source.lines", lines=lines))
    return place
