"""One question answered in several ways, side by side; side by side becomes one behind the other where it is narrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lorag.tui.dialogs import Dialog
from lorag.tui.messages import AnswerView
from lorag.tui.session import Way
from lorag.tui.sidebar import describe_source
from lorag.tui.stream import WRITE_EVERY_SECONDS
from lorag.tui.texts import texts_of
from lorag.tui.view import MessageShown
from lorag.tui.visible import one_line

_NEEDED_COLUMN = 38
"""Cells that an answer needs to be read beside others."""


@dataclass(frozen=True, slots=True)
class Column:
    """One of the ways to answer."""

    label: str
    way: Way


class CompareColumn(Vertical):
    """One answer with its sources."""

    def __init__(self, column: Column) -> None:
        super().__init__(classes="compare-column")
        self.column = column
        self.answer: MessageShown | None = None
        self.closed = False
        """Whether nobody sees it any more; what still arrives is not drawn."""
        self._following = False
        self._view: AnswerView | None = None

    def compose(self) -> ComposeResult:
        """Show the name over the answer."""
        yield Static(one_line(self.column.label), classes="compare-label", markup=False)
        yield VerticalScroll(can_focus=False)

    async def begin(self, answer: MessageShown) -> None:
        """Show an answer that is about to stream."""
        self.answer = answer
        if self.closed:
            return
        self._view = AnswerView(answer)
        await self.query_one(VerticalScroll).mount(self._view)

    def add(self, text: str) -> None:
        """Take a piece of the answer."""
        if self._view is not None and not self.closed:
            self._view.add(text)

    def progress(self, text: str) -> None:
        """Say what is happening before the answer begins."""
        if self._view is not None and not self.closed:
            self._view.progress(text)

    async def flush(self) -> None:
        """Write what has arrived."""
        if self._view is not None and not self.closed and self.answer is not None and self.answer.status == "streaming":
            await self._view.flush()
            self._follow()

    def _follow(self) -> None:
        body = self.query_one(VerticalScroll)
        # An anchor from the beginning would let a short answer hang at the bottom of its column.
        if not self._following and body.max_scroll_y > 0:
            self._following = True
            body.anchor()

    async def finish(self, answer: MessageShown) -> None:
        """Show the final answer with what it cites."""
        self.answer = answer
        if self._view is not None and not self.closed:
            texts = texts_of(self)
            cited = [describe_source(source, texts) for source in answer.sources if source.n is not None]
            await self._view.finish(answer)
            await self.query_one(VerticalScroll).mount(
                Static(Content("\n").join(cited), classes="compare-sources", markup=False)
            )


class CompareScreen(Dialog[int | None]):
    """Returns the number of the answer to keep."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", show=False),
        Binding("enter", "keep", show=False),
        Binding("left,shift+tab", "choose(-1)", show=False),
        Binding("right,tab", "choose(1)", show=False, priority=True),
        Binding("up", "scroll_answer(-1)", show=False),
        Binding("down", "scroll_answer(1)", show=False),
        Binding("pageup", "scroll_answer(-10)", show=False),
        Binding("pagedown", "scroll_answer(10)", show=False),
    ]

    def __init__(self, question: str, columns: Sequence[Column]) -> None:
        super().__init__()
        self._question = question
        self._columns = [CompareColumn(column) for column in columns]
        self._chosen = 0
        self._touched = False
        self._stop_asked = False
        self.running = True

    @property
    def closed(self) -> bool:
        """Whether the reader has gone back to the chat."""
        return self._columns[0].closed

    def close_with(self, result: int | None) -> None:
        """Go back to the chat; what is still on its way is not drawn."""
        for column in self._columns:
            column.closed = True
        super().close_with(result)

    @property
    def columns(self) -> Sequence[CompareColumn]:
        """The answers, in the order in which they are given."""
        return self._columns

    def compose(self) -> ComposeResult:
        """Show the question over the columns."""
        with Vertical(classes="dialog compare"):
            yield Static(one_line(self._question), classes="dialog-title", markup=False)
            yield Static(id="compare-tabs", markup=False)
            with Horizontal(id="compare-columns"):
                yield from self._columns
            yield Static(texts_of(self)("compare.hint"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Write what has streamed in at a steady pace."""
        self.set_interval(WRITE_EVERY_SECONDS, self._flush)
        self._mark()

    def on_resize(self) -> None:
        """Show the columns side by side where there is room."""
        self.set_class(self.size.width < len(self._columns) * _NEEDED_COLUMN, "-tabs")

    def answering(self, at: int) -> None:
        """Let the reader see the answer that is being written, unless another was chosen."""
        if not self._touched and not self.closed:
            self._chosen = at
            self._mark()

    def action_choose(self, step: int) -> None:
        """Choose the column beside."""
        self._touched = True
        self._chosen = (self._chosen + step) % len(self._columns)
        self._mark()

    def action_scroll_answer(self, lines: int) -> None:
        """Read on in the chosen answer."""
        body = self._columns[self._chosen].query_one(VerticalScroll)
        body.scroll_relative(y=lines, animate=False)

    def action_keep(self) -> None:
        """Go on with the chosen answer."""
        answer = self._columns[self._chosen].answer
        if not self.running and answer is not None:
            self.close_with(answer.id)

    async def action_stop_or_close(self) -> None:
        """Stop the answers, or, when there is nothing to stop or that was asked before, go back."""
        if self.running and not self._stop_asked:
            self._stop_asked = True
            await self.app.run_action("stop_compare")
        else:
            self.close_with(None)

    async def _flush(self) -> None:
        for column in self._columns:
            await column.flush()

    def _mark(self) -> None:
        tabs = []
        for at, column in enumerate(self._columns):
            column.set_class(at == self._chosen, "-chosen")
            label = f" {one_line(column.column.label)} "
            tabs.append(Content(label).stylize("reverse") if at == self._chosen else Content(label))
        self.query_one("#compare-tabs", Static).update(Content(" ").join(tabs))
