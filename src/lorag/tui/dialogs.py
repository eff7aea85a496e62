"""Small questions over the chat, and long texts to read."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input, Static

_READER_LIMIT = 110
_READER_FRAME = 6
"""Cells of border, padding and scrollbar."""
_DIALOG_LIMIT = 100
_DIALOG_FRAME = 4
"""Cells of border and padding."""


class Dialog(ModalScreen[ScreenResultType]):
    """A screen over the chat that ends with a result."""

    def close_with(self, result: ScreenResultType) -> None:
        """Go back to the chat; waiting for that from within the screen would never end."""
        _ = self.dismiss(result)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, and the answer that stands there at first."""

    question: str
    text: str = ""


class AskText(Dialog[str | None]):
    """Returns one line of text, None when nothing is to be changed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask

    def compose(self) -> ComposeResult:
        """Show the question over an input."""
        with Vertical(classes="dialog ask"):
            yield Static(self._ask.question, classes="dialog-title", markup=False)
            yield Input(self._ask.text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return what was typed."""
        self.close_with(event.value.strip())

    def action_cancel(self) -> None:
        """Return nothing."""
        self.close_with(None)


def reader_width(screen_width: int) -> int:
    """Return how many cells of text a reader shows in a line; app.tcss says how wide it is."""
    return min(screen_width * 9 // 10, _READER_LIMIT) - _READER_FRAME


def dialog_width(screen_width: int) -> int:
    """Return how many cells of text any other dialog shows in a line; app.tcss says how wide it is."""
    return min(screen_width * 9 // 10, _DIALOG_LIMIT) - _DIALOG_FRAME


class Reader(Dialog[None]):
    """A long text over the chat."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,ctrl+q", "close", show=False),
        Binding("down", "scroll_text(1)", show=False),
        Binding("up", "scroll_text(-1)", show=False),
        Binding("pagedown", "scroll_text(10)", show=False),
        Binding("pageup", "scroll_text(-10)", show=False),
    ]

    def __init__(self, title: str, text: Content, hint: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Show the text in a frame that scrolls."""
        with Vertical(classes="dialog reader"):
            yield Static(self._title, classes="dialog-title", markup=False)
            with VerticalScroll(classes="reader-body"):
                yield Static(self._text, markup=False)
            yield Static(self._hint, classes="dialog-hint", markup=False)

    def action_scroll_text(self, lines: int) -> None:
        """Read on."""
        self.query_one(".reader-body").scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Return to the chat."""
        self.close_with(None)
