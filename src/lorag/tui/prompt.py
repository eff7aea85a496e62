"""Where questions are typed."""

import unicodedata
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widgets import OptionList, TextArea
from textual.widgets.option_list import Option

from lorag.tui.completion import Completion
from lorag.tui.folding import PasteFolder
from lorag.tui.prompt_store import PromptHistory
from lorag.tui.texts import Translated, texts_of

NEWLINE_KEYS = frozenset({"ctrl+j", "shift+enter", "alt+enter", "ctrl+enter"})


class CompletionMenu(OptionList):
    """Suggestions above the prompt; the prompt keeps the focus."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="completions", markup=False, compact=True)
        self.display = False
        self.completions: Sequence[Completion] = ()
        self.navigated = False

    def offer(self, completions: Sequence[Completion]) -> None:
        """Show other suggestions, or nothing."""
        texts = texts_of(self)
        self.completions = completions
        self.navigated = False
        self.display = bool(completions)
        self.set_options(
            Option(f"{item.label:<18} {texts(item.detail)}" if item.detail else item.label) for item in completions
        )
        if completions:
            self.highlighted = 0

    def move(self, step: int) -> None:
        """Highlight another suggestion."""
        self.navigated = True
        self.highlighted = ((self.highlighted or 0) + step) % len(self.completions)

    @property
    def chosen(self) -> Completion | None:
        """The highlighted suggestion."""
        return self.completions[self.highlighted] if self.display and self.highlighted is not None else None


class PromptArea(TextArea, Translated):
    """A multi-line input: Enter sends, Ctrl+J begins a new line."""

    class Sent(Message):
        """A question or a command was sent."""

        def __init__(self, text: str, shown: str) -> None:
            super().__init__()
            self.text = text
            """With pastes written out."""
            self.shown = shown
            """As it stood in the prompt."""

    class Entered(Message):
        """Enter was pressed where nothing is typed."""

    class Left(Message):
        """Ctrl+D where there is nothing to delete: the end of the input."""

    def __init__(self, history: PromptHistory, complete: Callable[[str], Sequence[Completion]]) -> None:
        super().__init__(
            id="prompt", compact=True, tab_behavior="focus", highlight_cursor_line=False, soft_wrap=True, placeholder=""
        )
        self._history = history
        self._complete = complete
        self._recalling = False
        self._offered_for = ""
        self.folder = PasteFolder("[#{number} +{lines}]")

    def on_mount(self) -> None:
        """Fill in what depends on the language."""
        self.retranslate()

    def on_resize(self) -> None:
        """Keep the terminal's caret where the text is typed: an input method opens its window there."""
        self.retranslate()
        self.call_after_refresh(self.place_caret)

    def render_line(self, y: int) -> Strip:
        """Return a line; Textual cannot wrap the placeholder to no width at all, and fails on the whole app."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    def place_caret(self) -> None:
        """Tell the terminal where the caret is; Textual does so only when the caret moves within the text."""
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset

    def retranslate(self) -> None:
        """Draw the placeholder anew, a short one where the long one would be cut off."""
        texts = texts_of(self)
        whole, room = texts("prompt.placeholder"), self.content_size.width
        self.placeholder = whole if not room or cell_len(whole) <= room else texts("prompt.placeholder_short")
        self.folder.label = texts("prompt.pasted")

    @property
    def menu(self) -> CompletionMenu:
        """The suggestions above."""
        return self.screen.query_one(CompletionMenu)

    def put(self, text: str) -> None:
        """Replace what is typed, the caret at the end."""
        self.text = text
        self.move_cursor(self.document.end)

    def begin(self, text: str) -> None:
        """Let other text stand in the prompt; up brings back what was typed."""
        if self.text != text:
            self._history.add(self.folder.unfold(self.text))
            self.put(text)
        self.focus()

    def clear_to_history(self) -> None:
        """Empty the prompt; up brings the text back."""
        self._history.add(self.folder.unfold(self.text))
        self.put("")

    async def _on_key(self, event: events.Key) -> None:
        handled = self._menu_key(event.key) or self._prompt_key(event.key)
        if handled:
            event.stop()
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        # A paste never sends, whatever line ends it holds.
        event.stop()
        event.prevent_default()
        result = self.replace(self.folder.fold(event.text), *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def on_text_area_changed(self) -> None:
        """Offer what could come next."""
        if self._recalling:
            self._recalling = False
            self.menu.offer(())
            return
        self._offer()

    def _offer(self) -> None:
        self._offered_for = self.get_text_range((0, 0), self.cursor_location)
        self.menu.offer(self._complete(self._offered_for))

    def _menu_key(self, key: str) -> bool:
        menu = self.menu
        if menu.display and self._offered_for != self.get_text_range((0, 0), self.cursor_location):
            # Keys that come fast overtake the suggestions for what they typed; an older one would replace it all.
            self._offer()
        if not menu.display:
            return False
        if key in ("up", "down"):
            menu.move(-1 if key == "up" else 1)
        elif key == "escape":
            menu.offer(())
        elif key == "tab":
            self._accept(menu.chosen)
        else:
            return key == "enter" and self._enter_accepts(menu)
        return True

    def _enter_accepts(self, menu: CompletionMenu) -> bool:
        """Take the suggestion where Enter can only mean that; a whole command goes on to be sent."""
        chosen = menu.chosen
        if chosen is None:
            return False
        naming = chosen.start == 0 and chosen.insert.startswith("/")
        typed = self.text.strip()
        if naming and typed == chosen.insert.strip():
            menu.offer(())
            return False
        if not naming and not menu.navigated:
            menu.offer(())
            return False
        self._accept(chosen)
        if naming and not chosen.goes_on:
            self._send()
        return True

    def _accept(self, completion: Completion | None) -> None:
        if completion is None:
            return
        row, _ = self.cursor_location
        before = self.get_text_range((0, 0), self.cursor_location)
        line_start = before.rfind("\n") + 1
        start = (row, completion.start - line_start)
        result = self.replace(completion.insert, start, self.cursor_location, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def _prompt_key(self, key: str) -> bool:
        if key in NEWLINE_KEYS:
            self._newline()
        elif key == "ctrl+d" and not self.text:
            self.post_message(self.Left())
        elif key == "enter":
            self._enter()
        elif key.startswith("alt+") and len(key) == len("alt+x"):
            # The key of a command that cannot be used now must not type its letter.
            return True
        elif key == "up" and self.navigator.is_first_wrapped_line(self.cursor_location):
            self._recall(self._history.older(self.text))
        elif key == "down" and self.navigator.is_last_wrapped_line(self.cursor_location):
            self._recall(self._history.newer())
        else:
            return False
        return True

    def _newline(self) -> None:
        result = self.replace("\n", *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def _enter(self) -> None:
        row, column = self.cursor_location
        if column and self.document[row][column - 1] == "\\":
            # For terminals in which no key for a new line arrives: a backslash before Enter.
            self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
            self.move_cursor((row + 1, 0))
        else:
            self._send()

    def _recall(self, text: str | None) -> None:
        if text is not None and text != self.text:
            self._recalling = True
            self.put(text)

    def _send(self) -> None:
        shown = self.text.strip()
        if not shown:
            self.post_message(self.Entered())
            return
        # Hangul may come in parts, from a file name or some input methods; the documents are searched composed.
        text = unicodedata.normalize("NFC", self.folder.unfold(shown))
        self._history.add(text)
        self.folder.clear()
        self.put("")
        self.post_message(self.Sent(text, shown))
