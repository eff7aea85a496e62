"""Help, palette, language, theme, copying, and the prompt's own commands."""

import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.content import Content
from textual.css.query import NoMatches

from lorag.errors import LoragError, UsageError
from lorag.tui.clipboard import copy_with, installed_tools, osc52
from lorag.tui.commands import COMMANDS, key_label
from lorag.tui.dialogs import Reader
from lorag.tui.editor import editor_command
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar
from lorag.tui.texts import NAMES, TABLES, Texts, Translated
from lorag.tui.transcript import Transcript
from lorag.tui.visible import visible

if TYPE_CHECKING:
    from lorag.tui.app import LoragApp

_CODE_BLOCK = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)(?:^ {0,3}\1|\Z)", re.DOTALL | re.MULTILINE)
_QUIT_AGAIN_SECONDS = 2.0


class InterfaceActions(App[None]):
    """The part of the app that is about the app."""

    _quit_asked_at = 0.0

    @property
    def _own(self) -> "LoragApp":
        return self  # type: ignore[return-value]

    # --- finding out what can be done ----------------------------------------------------------------------------------

    async def do_help(self, argument: str) -> None:
        """Show every command with its keys."""
        texts = self._own.texts
        lines: list[Content] = [Content(texts("help.intro")), Content("")]
        group = ""
        for command in COMMANDS:
            if command.group != group:
                group = command.group
                lines += [Content(texts(f"group.{group}")).stylize("bold $accent")]
            keys = ", ".join(map(key_label, command.keys))
            lines.append(
                Content.assemble((f"  /{command.name:<18}", "bold"), f"{keys:<18} ", texts(f"command.{command.name}"))
            )
        lines += [Content(""), Content(texts("help.prompt"))]
        self.push_screen(Reader(texts("help.title"), Content("\n").join(lines), texts("reader.hint")))

    async def do_commands(self, argument: str) -> None:
        """List what can be done now."""
        app = self._own
        now, texts = app.situation, app.texts
        items = [
            Item(
                command.name,
                f"/{command.name:<18}{', '.join(map(key_label, command.keys))}",
                texts(f"command.{command.name}"),
            )
            for command in COMMANDS
            if command.when(now)
        ]
        self.push_screen(Picker(Choice.of(texts("commands.title"), items)), self._command_chosen)

    async def _command_chosen(self, name: str | None) -> None:
        if name is not None:
            await self._own.run_command(name, "")

    def argument_values(self) -> Mapping[str, Sequence[str]]:
        """Return what can follow each kind of command."""
        session = self._own.session
        values: dict[str, Sequence[str]] = {
            "language": tuple(TABLES),
            "theme": sorted(self.available_themes),
            "format": ("md", "json", "jsonl"),
            "copy": ("answer", "code", "source"),
            "onoff": ("on", "off"),
            "quote": ("auto", "on", "off"),
        }
        if session is not None:
            values["model"] = [entry.name for entry in session.core.models()]
            values["adapter"] = ["off", *(entry.name for entry in session.adapter_entries())]
            values["collection"] = list(session.core.library.state().collections)
            answer = self.query_one(Transcript).selected
            values["number"] = [str(source.n) for source in (answer.sources if answer else ()) if source.n is not None]
        return values

    # --- look and language ---------------------------------------------------------------------------------------------

    def set_sidebar(self, shown: bool) -> None:
        """Show or hide the sidebar; in a narrow terminal it lies over the chat."""
        sidebar = self.query_one(Sidebar)
        sidebar.set_class(not shown, "-off")

    async def do_sidebar(self, argument: str) -> None:
        """Show or hide the sidebar."""
        sidebar = self.query_one(Sidebar)
        narrow = self.screen.has_class("-narrow")
        if narrow:
            sidebar.toggle_class("-over")
            if not sidebar.has_class("-over"):
                self.query_one(PromptArea).focus()
            return
        shown = sidebar.has_class("-off")
        self.set_sidebar(shown)
        self._own.preferences.change(sidebar=shown)
        if not shown:
            self.query_one(PromptArea).focus()

    async def do_lang(self, argument: str) -> None:
        """Speak another language from now on."""
        app = self._own
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
        app = self._own
        if argument:
            if argument not in self.available_themes:
                raise UsageError(app.texts("theme.unknown", name=argument))
            self._use_theme(argument)
            return
        items = [Item(name, name, current=name == self.theme) for name in sorted(self.available_themes)]
        self.push_screen(Picker(Choice.of(app.texts("theme.title"), items)), self._use_theme)

    def _use_theme(self, name: str | None) -> None:
        if name is not None:
            self.theme = name
            self._own.preferences.change(theme=name)

    def time(self, seconds: float) -> str:
        """Return a time as it is shown."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))

    # --- copying -------------------------------------------------------------------------------------------------------

    async def do_copy(self, argument: str) -> None:
        """Copy the chosen answer, its last code block, or one of its sources."""
        app = self._own
        answer = self.query_one(Transcript).selected
        if answer is None:
            return
        what, _, number = (argument or "answer").partition(" ")
        if what == "code":
            blocks = [found.group(2) for found in _CODE_BLOCK.finditer(answer.text)]
            text = blocks[int(number or 0) - 1 if number.isdigit() else -1] if blocks else ""
        elif what == "source":
            quotes = [s.quote or s.passage_text for s in answer.sources if not number or str(s.n) == number]
            text = quotes[0] if quotes else ""
        else:
            text = answer.text
        if text:
            await self.copy_text(text)
        else:
            app.say("copy.nothing", error=True)

    async def copy_text(self, text: str) -> None:
        """Copy a text and say how sure that is."""
        app = self._own
        if await copy_with(installed_tools(), text):
            app.say("copy.done")
            return
        sequence = osc52(text)
        if sequence is None or self._driver is None or self.is_headless:
            app.say("copy.failed", error=True)
            return
        self._driver.write(sequence)
        app.say("copy.sent")

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what Textual's own selection wants copied."""
        self._clipboard = text
        self.run_worker(self.copy_text(text), exit_on_error=False)

    # --- the prompt ----------------------------------------------------------------------------------------------------

    async def do_paste(self, argument: str) -> None:
        """Show the long pastes that stand in the prompt as tokens."""
        app, prompt = self._own, self.query_one(PromptArea)
        pastes = prompt.folder.tokens_in(prompt.text) or prompt.folder.tokens_in(self._own.last_sent)
        if not pastes:
            app.say("paste.none")
            return
        text = "\n\n".join(f"{token}\n{visible(paste)}" for token, paste in pastes)
        self.push_screen(Reader(app.texts("paste.title"), Content(text), app.texts("reader.hint")))

    async def do_editor(self, argument: str) -> None:
        """Write the question in an editor."""
        app, prompt = self._own, self.query_one(PromptArea)
        command = editor_command()
        if not command:
            app.say("editor.none", error=True)
            return
        with tempfile.TemporaryDirectory(prefix="lorag-") as folder:
            path = Path(folder, "question.md")
            path.write_text(prompt.folder.unfold(prompt.text), encoding="utf-8")
            if app.run_outside([*command, str(path)]):
                prompt.put(path.read_text(encoding="utf-8", errors="replace").rstrip("\n"))
        prompt.focus()

    async def do_stop(self, argument: str) -> None:
        """Stop the answer."""
        await self._own.stop_turn()

    def action_scroll_transcript(self, pages: int) -> None:
        """Read on in the chat while the prompt keeps the focus."""
        transcript = self.query_one(Transcript)
        transcript.scroll_relative(y=pages * max(transcript.size.height - 2, 1), animate=False)

    # --- leaving -------------------------------------------------------------------------------------------------------

    async def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop the answer, else put the draft away, else ask before leaving."""
        app = self._own
        selected = self._selected_text()
        if selected:
            await self.copy_text(selected)
            self.screen.clear_selection()
        elif len(self.screen_stack) > 1:
            self.pop_screen()
        elif app.streaming:
            await app.stop_turn()
        elif self.query_one(PromptArea).text:
            self.query_one(PromptArea).clear_to_history()
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

    async def action_leave(self) -> None:
        """Ctrl+D on an empty prompt leaves."""
        if not self.query_one(PromptArea).text:
            await self._own.leave()

    async def do_quit(self, argument: str) -> None:
        """Leave."""
        await self._own.leave()
