"""A source where it stands: the passage in its document, the quoted words marked."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lorag.tui.dialogs import Dialog
from lorag.tui.texts import texts_of
from lorag.tui.visible import one_line, visible

Wish = Literal["editor", "pager", "copy"]


@dataclass(frozen=True, slots=True)
class PassageShown:
    """A stretch of text with a marked part."""

    title: str
    place: str
    text: str
    mark_start: int
    """Offset of the marked part in ``text``."""
    mark_end: int
    sent_start: int
    """Offset of the passage that was sent."""
    sent_end: int
    note: str = ""


class PassageScreen(Dialog[Wish | None]):
    """Returns what is to be done with the document."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+q", "wish('')", show=False),
        Binding("enter,f12", "wish('editor')", show=False),
        Binding("tab", "wish('pager')", show=False, priority=True),
        Binding("f8", "wish('copy')", show=False),
        Binding("down", "scroll_text(1)", show=False),
        Binding("up", "scroll_text(-1)", show=False),
        Binding("pagedown", "scroll_text(10)", show=False),
        Binding("pageup", "scroll_text(-10)", show=False),
    ]

    def __init__(self, passage: PassageShown) -> None:
        super().__init__()
        self._passage = passage

    def compose(self) -> ComposeResult:
        """Split the text at the mark, so that the screen can scroll to it."""
        passage, texts = self._passage, texts_of(self)
        before, marked, after = marked_text(passage)
        with Vertical(classes="dialog reader"):
            yield Static(one_line(passage.title), classes="dialog-title", markup=False)
            yield Static(one_line(passage.place), classes="passage-place", markup=False)
            if passage.note:
                yield Static(passage.note, classes="passage-note", markup=False)
            with VerticalScroll(classes="reader-body"):
                yield Static(Content.assemble(before, marked, after), id="passage", markup=False)
            yield Static(texts("passage.hint"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Begin at the marked words."""
        self.call_after_refresh(self._scroll_to_mark)

    def _scroll_to_mark(self) -> None:
        body = self.query_one(".reader-body")
        width = max(self.query_one("#passage").content_size.width, 1)
        before, _, _ = marked_text(self._passage)
        lines = len(before.wrap(width)) if before.plain else 0
        body.scroll_to(y=max(lines - body.size.height // 3, 0), animate=False)

    def action_scroll_text(self, lines: int) -> None:
        """Read on."""
        self.query_one(".reader-body").scroll_relative(y=lines, animate=False)

    def action_wish(self, wish: Wish | Literal[""]) -> None:
        """Return what is to be done."""
        self.close_with(wish or None)


def marked_text(passage: PassageShown) -> tuple[Content, Content, Content]:
    """Return the text before the quote, the quote, and the text after; what was not sent is dimmed."""
    text = passage.text
    parts = (
        (visible(text[: passage.sent_start]), "$text-muted"),
        (visible(text[passage.sent_start : passage.mark_start]), ""),
        (visible(text[passage.mark_start : passage.mark_end]), "bold reverse"),
        (visible(text[passage.mark_end : passage.sent_end]), ""),
        (visible(text[max(passage.sent_end, passage.mark_end) :]), "$text-muted"),
    )
    contents = [Content(part).stylize(style) if style else Content(part) for part, style in parts]
    return contents[0] + contents[1], contents[2], contents[3] + contents[4]
