"""The chat in the terminal."""

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.filter import LineFilter
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from lorag.errors import LoragError
from lorag.tui import commands
from lorag.tui.branch_actions import BranchActions
from lorag.tui.chat_actions import ChatActions
from lorag.tui.colourless import Colourless
from lorag.tui.commands import BY_NAME, COMMANDS, Situation
from lorag.tui.compare_actions import CompareActions
from lorag.tui.completion import Completion, complete
from lorag.tui.copy_actions import CopyActions
from lorag.tui.core import Core, Places
from lorag.tui.engine_actions import EngineActions
from lorag.tui.export_actions import ExportActions
from lorag.tui.interface_actions import InterfaceActions
from lorag.tui.jobs import SHOW_EVERY_SECONDS
from lorag.tui.keyboard import allow_long_commits
from lorag.tui.library_actions import LibraryActions
from lorag.tui.messages import AnswerView
from lorag.tui.palette_actions import PaletteActions
from lorag.tui.preferences import PreferencesFile
from lorag.tui.prompt import CompletionMenu, PromptArea
from lorag.tui.prompt_store import Draft, PromptHistory
from lorag.tui.session import Session
from lorag.tui.sidebar import Sidebar
from lorag.tui.source_actions import SourceActions
from lorag.tui.status import KeyLine, StatusLine, TitleBar
from lorag.tui.texts import Texts, language_from
from lorag.tui.train_actions import TrainActions
from lorag.tui.transcript import Transcript
from lorag.tui.turns import Turns

_log = logging.getLogger(__name__)
DEFAULT_THEME = "textual-dark"
_DRAFT_SECONDS = 0.3
_CLOSE_SECONDS = 0.7
TOLD_SECONDS = 4.0
"""How long what a person is told stays on the screen."""
ERROR_TOLD_SECONDS = 8.0
_COLOURLESS = Colourless()


class LoragApp(
    InterfaceActions,
    PaletteActions,
    CopyActions,
    CompareActions,
    ChatActions,
    BranchActions,
    ExportActions,
    EngineActions,
    LibraryActions,
    TrainActions,
    SourceActions,
    Turns,
    App[None],
    inherit_bindings=False,
):
    """One screen: title, transcript and sidebar, prompt, status, keys."""

    CSS_PATH = "app.tcss"
    TITLE = "lorag"
    ENABLE_COMMAND_PALETTE = False
    PAUSE_GC_ON_SCROLL = True
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                ",".join(command.keys),
                f"command('{command.name}')",
                id=command.name,
                show=False,
                priority=command.priority,
            )
            for command in COMMANDS
        ),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("pageup", "scroll_transcript(-1)", show=False, priority=True),
        Binding("pagedown", "scroll_transcript(1)", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, open_core: Callable[[], Core], places: Places) -> None:
        allow_long_commits()
        super().__init__()
        self.places = places
        self.preferences = PreferencesFile(places.preferences)
        self.texts = Texts(language_from(self.preferences.current.language))
        self.session: Session | None = None
        self._open_core = open_core
        self._history = PromptHistory(places.history)
        self._draft = Draft(places.draft)
        self.closing = False
        self.fatal: LoragError | None = None
        """Why there can be no chat at all; told when the terminal is as it was."""
        self.faults: list[BaseException] = []
        """What went wrong in lorag itself, for the tests; a person reads it in the log."""
        self.theme = (
            self.preferences.current.theme if self.preferences.current.theme in self.available_themes else DEFAULT_THEME
        )

    def compose(self) -> ComposeResult:
        """Lay out the one screen."""
        yield TitleBar()
        with Horizontal(id="main"):
            with Vertical(id="chat"):
                yield Transcript(id="transcript")
                yield CompletionMenu()
                yield Static(id="queued", markup=False)
                yield PromptArea(self._history, self._completions)
            yield Sidebar()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Accept text at once; everything heavy comes after the first frame."""
        prompt = self.query_one(PromptArea)
        prompt.put(self._draft.read())
        prompt.focus()
        self.query_one("#queued").display = False
        self.watch(self.screen, "focused", self.keep_focus, init=False)
        self.set_sidebar(self.preferences.current.sidebar)
        self.refresh_state()
        self.set_interval(_DRAFT_SECONDS, self.save_draft)
        self.set_interval(SHOW_EVERY_SECONDS, self.show_reading)
        self.set_interval(SHOW_EVERY_SECONDS, self.show_training)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._open(), group="open", exit_on_error=False)

    async def _open(self) -> None:
        try:
            core = await asyncio.to_thread(self._open_core)
        except LoragError as error:
            self.fatal = error
            self.exit()
            return
        if self.closing:
            await core.close()
            return
        self.session = Session(core, self.places.working)
        gc.collect()
        gc.freeze()
        self.query_one(Sidebar).show_rag(self.session.rag)
        self.refresh_library()
        self.refresh_chats()
        await self.greet()
        self._place_caret()
        self.refresh_state()
        self.start_queued()
        await self.load_model()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what is done to every line before it is drawn."""
        return (_COLOURLESS,) if self.no_color else super().get_line_filters()

    # --- commands --------------------------------------------------------------------------------------------------

    @property
    def situation(self) -> Situation:
        """What decides which commands make sense now."""
        answer = self.query_one(Transcript).selected
        return Situation(
            streaming=self.streaming,
            has_chat=self.session is not None and self.session.chat_id is not None,
            has_answer=answer is not None,
            has_sources=bool(answer and answer.sources),
            has_versions=bool(answer and self.versions_of(answer)),
            can_undo=self.session is not None and self.session.deleted_chat is not None,
            engine_failed=self.engine_problem != "",
            core_ready=self.session is not None,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a command's key act only when the command makes sense or has to wait, and never below another screen."""
        if action in ("command", "scroll_transcript") and len(self.screen_stack) > 1:
            return False
        if action == "command":
            try:
                return commands.obstacle(BY_NAME[str(parameters[0])], self.situation) != "command.unavailable"
            except NoMatches:
                return False
        return True

    async def action_command(self, name: str) -> None:
        """Run the command of a key."""
        await self.run_command(name, "")

    async def run_command(self, name: str, argument: str) -> None:
        """Run a command from a key, the palette or the prompt; what a person can cause is told in one line."""
        command = BY_NAME.get(name)
        if command is None:
            meant = commands.nearest(name)
            self.say("command.unknown" if meant else "command.none_near", name=name, meant=f"/{meant}")
        elif why := commands.obstacle(command, self.situation):
            self.say(why, name=name)
        else:
            try:
                await getattr(self, f"do_{name.replace('-', '_')}")(argument)
            except LoragError as error:
                self.tell(self.texts.of(error), error=True)
            self.refresh_state()

    def _completions(self, before: str) -> Sequence[Completion]:
        return complete(before, self.situation, self.argument_values, self.places.working)

    @on(PromptArea.Sent)
    async def _sent(self, event: PromptArea.Sent) -> None:
        typed = commands.parse(event.text)
        if typed is not None:
            await self.run_command(typed.name, typed.argument)
        else:
            self.submit(event.text.removeprefix("/") if event.text.startswith("//") else event.text)
        self.save_draft()

    # --- drawing ---------------------------------------------------------------------------------------------------

    def refresh_state(self) -> None:
        """Draw the title, the status line and the keys anew."""
        if not self.is_running or not self.query(KeyLine):
            return
        self.query_one(TitleBar).show(self.shown_title())
        self.query_one(StatusLine).show(self.status_parts())
        self.query_one(KeyLine).show(self.situation)

    def say(self, key: str, *, error: bool = False, **values: object) -> None:
        """Tell a person something in their language."""
        self.tell(self.texts(key, **values), error=error)

    def tell(self, text: str, *, error: bool = False) -> None:
        """Tell a person something; the text may be foreign. A narrow terminal has room for one text at a time."""
        if self.screen.has_class("-narrow"):
            self.clear_notifications()
        seconds = ERROR_TOLD_SECONDS if error else TOLD_SECONDS
        self.notify(text, severity="error" if error else "information", markup=False, timeout=seconds)

    @on(AnswerView.Selected)
    async def _answer_selected(self, event: AnswerView.Selected) -> None:
        await self.select_answer(event.view.message.id)

    def on_resize(self) -> None:
        """Let the caret follow the prompt."""
        self.call_after_refresh(self._place_caret)

    def _place_caret(self) -> None:
        with suppress(NoMatches):
            self.query_one(PromptArea).place_caret()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell of a fault in lorag itself; the chat goes on."""
        error = event.worker.error
        # What still draws while the app closes finds nothing left to draw on: that is no fault.
        if self.is_running and event.state is WorkerState.ERROR and error is not None:
            self.faults.append(error)
            _log.error("a fault in %s", event.worker.name, exc_info=error)
            self.say("fault", error=True, problem=repr(error))

    @property
    def crash(self) -> Exception | None:
        """What ended the app, when that was no wish of the person; Textual prints it where the log is."""
        return self._exception

    # --- leaving ---------------------------------------------------------------------------------------------------

    def save_draft(self) -> None:
        """Keep what is being typed."""
        with suppress(NoMatches):
            prompt = self.query_one(PromptArea)
            self._draft.save(prompt.folder.unfold(prompt.text))

    async def leave(self) -> None:
        """End the app within a second; what is on its way is saved."""
        if self.closing:
            return
        self.closing = True
        self.save_draft()
        self.stop_jobs()
        self.stop_training()
        self.workers.cancel_all()
        if self.session is not None:
            self.session.finish_delete()
            with suppress(TimeoutError, LoragError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    # What was cancelled saves what it has before it ends.
                    await asyncio.gather(*(worker.wait() for worker in self.workers), return_exceptions=True)
                    await self.session.core.close()
        self.exit()
