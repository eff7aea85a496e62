"""The sidebar, language and theme, the prompt's own commands, and the way out."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.content import Content
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.widget import Widget

from lorag.errors import LoragError, UsageError
from lorag.tui.compare_screen import CompareScreen
from lorag.tui.dialogs import Reader
from lorag.tui.editor import editor_command
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar
from lorag.tui.texts import NAMES, TABLES, Texts, Translated
from lorag.tui.transcript import Transcript
from lorag.tui.visible import visible

_QUIT_AGAIN_SECONDS = 2.0


class InterfaceActions(AppPart):
    """The part of the app that is about the app."""

    _quit_asked_at = 0.0

    # --- look and language ---------------------------------------------------------------------------------------------

    def set_sidebar(self, shown: bool) -> None:
        """Show or hide the sidebar beside the chat."""
        self.query_one(Sidebar).set_class(not shown, "-off")

    def open_sidebar(self) -> Sidebar:
        """Have the sidebar on screen; in a narrow terminal it lies over the chat."""
        sidebar = self.query_one(Sidebar)
        if self.screen.has_class("-narrow"):
            sidebar.add_class("-over")
        else:
            self.set_sidebar(True)
        return sidebar

    def keep_focus(self, focused: Widget | None) -> None:
        """Let the prompt have the keys when what had them is not on screen any more: nothing typed may vanish."""
        if focused is None and self.app_focus and len(self.screen_stack) == 1 and self.query(PromptArea):
            self.query_one(PromptArea).focus()

    async def do_sidebar(self, argument: str) -> None:
        """Show or hide the sidebar."""
        sidebar = self.query_one(Sidebar)
        narrow = self.screen.has_class("-narrow")
        if narrow:
            sidebar.toggle_class("-over")
            sidebar.scroll_home(animate=False)
            if not sidebar.has_class("-over"):
                self.query_one(PromptArea).focus()
            return
        shown = sidebar.has_class("-off")
        self.set_sidebar(shown)
        self.ui.preferences.change(sidebar=shown)
        if not shown:
            self.query_one(PromptArea).focus()

    async def do_lang(self, argument: str) -> None:
        """Speak another language from now on."""
        app = self.ui
        others = [name for name in TABLES if name != app.texts.language]
        chosen = argument or others[0]
        if chosen not in TABLES:
            raise UsageError(app.texts("command.choices", choices=", ".join(TABLES)))
        app.texts = Texts("ko" if chosen == "ko" else "en")
        app.preferences.change(language=chosen)
        for widget in self.screen_stack[0].walk_children():
            if isinstance(widget, Translated):
                widget.retranslate()
        app.refresh_library()
        if app.session is not None and app.session.chat_id is None and not app.streaming:
            await app.greet()
        app.say("lang.now", name=NAMES[app.texts.language])

    async def do_theme(self, argument: str) -> None:
        """Change the colours."""
        app = self.ui
        if argument:
            if argument not in self.available_themes:
                raise UsageError(app.texts("theme.unknown", name=argument))
            self._use_theme(argument)
            return
        items = [Item(name, name, current=name == self.theme) for name in sorted(self.available_themes)]
        self.show_screen(Picker(Choice.of(app.texts("theme.title"), items)), self._use_theme)

    def _use_theme(self, name: str | None) -> None:
        if name is not None:
            self.theme = name
            self.ui.preferences.change(theme=name)

    def time(self, seconds: float) -> str:
        """Return a time as it is shown."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))

    # --- the prompt ----------------------------------------------------------------------------------------------------

    async def do_paste(self, argument: str) -> None:
        """Show the long pastes that stand in the prompt as tokens."""
        app, prompt = self.ui, self.query_one(PromptArea)
        pastes = prompt.folder.tokens_in(prompt.text)
        if not pastes:
            app.say("paste.none")
            return
        text = "\n\n".join(f"{token}\n{visible(paste)}" for token, paste in pastes)
        self.show_screen(Reader(app.texts("paste.title"), Content(text), app.texts("reader.hint")))

    async def do_editor(self, argument: str) -> None:
        """Write the question in an editor."""
        app, prompt = self.ui, self.query_one(PromptArea)
        command = editor_command()
        if not command:
            app.say("editor.none", error=True)
            return
        written = self._written_outside(command, prompt.folder.unfold(prompt.text))
        if written is not None:
            prompt.put(written)
        prompt.focus()

    def _written_outside(self, command: Sequence[str], text: str) -> str | None:
        """Return the text as a program left it, None when that failed."""
        with tempfile.TemporaryDirectory(prefix="lorag-") as folder:
            path = Path(folder, "question.md")
            path.write_text(text, encoding="utf-8")
            if not self.ui.run_outside([*command, str(path)]):
                return None
            return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")

    async def do_stop(self, argument: str) -> None:
        """Stop the answer."""
        await self.ui.stop_turn()

    def action_scroll_transcript(self, pages: int) -> None:
        """Read on in the chat while the prompt keeps the focus."""
        transcript = self.query_one(Transcript)
        transcript.scroll_relative(y=pages * max(transcript.size.height - 2, 1), animate=False)

    @on(Driver.SignalResume)
    def _resumed(self) -> None:
        # The shell has had the screen since Ctrl+Z; Textual draws only what has changed since.
        self.refresh(layout=True)

    # --- leaving -------------------------------------------------------------------------------------------------------

    async def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop the answer, else put the draft away, else ask before leaving."""
        app = self.ui
        selected = self._selected_text()
        if selected:
            await self.ui.copy_text(selected)
            self.screen.clear_selection()
        elif isinstance(self.screen, CompareScreen):
            await self.screen.action_stop_or_close()
        elif len(self.screen_stack) > 1:
            _ = self.screen.dismiss(None)
        elif app.streaming:
            await app.stop_turn()
        elif self.query_one(PromptArea).text:
            self.query_one(PromptArea).clear_to_history()
            app.editing = None
            app.refresh_state()
            app.save_draft()
        elif time.monotonic() - self._quit_asked_at < _QUIT_AGAIN_SECONDS:
            await app.leave()
        else:
            self._quit_asked_at = time.monotonic()
            app.say("quit.again")

    def _selected_text(self) -> str:
        focused = self.focused
        if isinstance(focused, PromptArea) and focused.selected_text:
            return focused.selected_text
        try:
            return self.screen.get_selected_text() or ""
        except (NoMatches, LoragError):
            return ""

    @on(PromptArea.Left)
    async def _prompt_left(self) -> None:
        await self.ui.leave()

    async def do_quit(self, argument: str) -> None:
        """Leave."""
        await self.ui.leave()
