"""The app over a real library and an engine that says what a test tells it to say."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual._context import visible_screen_stack
from textual.app import App
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import Static

from lorag.chat.attach import AttachedFiles
from lorag.chat.conversation import Conversation
from lorag.chat.turn import Documents, ModelChoice, TurnOptions
from lorag.documents.model import Limits
from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.errors import AdapterError, ModelError
from lorag.library.browse import LibraryBrowser
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.retrieval.indexing import Indexer, IndexOptions
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.terms import BigramSplitter
from lorag.tui.app import LoragApp
from lorag.tui.compare_screen import CompareScreen
from lorag.tui.core import AdapterEntry, Core, ModelEntry, Places
from lorag.tui.prompt import CompletionMenu, PromptArea
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown
from tests.fakes_engine import FakeEngine

LIMITS = Limits(1_000_000, 100, 1_000_000, 50, 1_000_000)
SIZE = (160, 48)
LEAVE = """# Handbook

## Annual leave

Every employee has 25 days of annual leave. Unused days move to the next year.

## Sick leave

Sick leave is paid in full for six weeks. A doctor's note is due after three days.
"""


async def wait_until(pilot: Pilot[None], predicate: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Let the app work until something is so."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (_holds(predicate) and _is_composed(pilot.app)):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("what the test waits for did not happen")
        await pilot.pause(0.01)


def _holds(predicate: Callable[[], object]) -> bool:
    # A widget that the app is just replacing is not on the screen for a moment.
    with contextlib.suppress(NoMatches):
        return bool(predicate())
    return False


def _is_composed(app: App[None]) -> bool:
    """Tell whether the screen on top has its widgets: one that was just opened has none for a moment."""
    return not app.is_running or not app.screen_stack or app.screen.is_mounted


@dataclass
class World:
    """A data folder with a library in it."""

    folder: Path
    engine: FakeEngine = field(default_factory=FakeEngine)
    models: Sequence[str] = ("fake",)
    adapters: Mapping[str, str] = field(default_factory=dict)
    """Name and problem of each."""
    options: TurnOptions = field(default_factory=TurnOptions)
    lorag: tuple[str, ...] = (sys.executable, "-m", "lorag")
    apps: list[LoragApp] = field(default_factory=list)
    _opened: list[Database] = field(default_factory=list)

    def faults(self) -> list[BaseException]:
        return [fault for app in self.apps for fault in app.faults]

    @property
    def library(self) -> Path:
        return self.folder / "data" / "library.db"

    def add(self, name: str, text: str, collection: str = "default") -> Path:
        """Write a file and read it into the library."""
        path = self.folder / "documents" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        with Database.open(self.library) as database:
            options = IndexOptions(LIMITS, chunk_tokens=60, readers=1)
            list(Indexer(database, None, BigramSplitter(), options).add([path], collection))
        return path

    def database(self) -> Database:
        """Open the library; it is closed after the test."""
        self._opened.append(Database.open(self.library))
        return self._opened[-1]

    def close(self) -> None:
        for database in self._opened:
            database.close()

    def chats(self) -> Chats:
        return Chats(self.database())

    def app(self, *, language: str = "en") -> LoragApp:
        root = self.folder / "data"
        places = Places(root / "interface.json", root / "history.jsonl", root / "draft.txt", self.folder)
        if not places.preferences.exists():
            root.mkdir(exist_ok=True)
            places.preferences.write_text(f'{{"language": "{language}"}}')
        self.apps.append(LoragApp(self.core, places))
        return self.apps[-1]

    def core(self) -> Core:
        writing, searching, drawing = (self.database() for _ in range(3))
        chats = Chats(writing)
        chats.recover()
        searcher = Searcher(searching, None, BigramSplitter(), SearchOptions())
        documents = Documents(searcher, lambda: corpus_size(searching).chunks > 0)
        choice = ModelChoice("fake", LoadRequest(Path("fake.gguf")))

        async def close() -> None:
            await self.engine.close()

        return Core(
            conversation=Conversation(self.engine, documents, chats, choice, self.options),
            chats=Chats(drawing),
            library=LibraryBrowser(drawing),
            models=lambda: [ModelEntry(name, "0.10 GB") for name in self.models],
            adapters=lambda _: [
                AdapterEntry(name, "refunds", problem, verdict="keep") for name, problem in self.adapters.items()
            ],
            choose=self._choose,
            attach=lambda files: AttachedFiles(files, LIMITS, BigramSplitter(), chunk_tokens=60),
            lorag=lambda arguments: [*self.lorag, *arguments],
            close=close,
        )

    def _choose(self, model: str, strengths: Mapping[str, float]) -> ModelChoice:
        if model not in self.models:
            raise ModelError(f"there is no model {model}")
        for name in strengths:
            if name not in self.adapters:
                raise AdapterError(f"there is no adapter {name}")
        used = tuple((name, AdapterStrength(Path(f"{name}.gguf"), value)) for name, value in strengths.items())
        return replace(ModelChoice(model, LoadRequest(Path(f"{model}.gguf"))), adapters=used)


async def ready(pilot: Pilot[None]) -> LoragApp:
    """Return the app when its library is open and its model is loaded."""
    app = pilot.app
    assert isinstance(app, LoragApp)
    await wait_until(pilot, lambda: app.session is not None and app.session.model is not None)
    return app


async def send(pilot: Pilot[None], *prompts: str) -> None:
    """Type each prompt and press Enter."""
    for prompt in prompts:
        pilot.app.query_one(PromptArea).put(prompt)
        await pilot.pause()
        if pilot.app.query_one(CompletionMenu).display:
            await pilot.press("escape")
        await pilot.press("enter")


async def ask(pilot: Pilot[None], question: str) -> LoragApp:
    """Send a question and wait for the end of its answer."""
    app = await ready(pilot)
    known = len(messages(app))
    await send(pilot, question)
    await wait_until(pilot, lambda: not app.streaming and len(messages(app)) == known + 2)
    await turn_ended(pilot)
    return app


async def turn_ended(pilot: Pilot[None]) -> None:
    """Wait for what ends a turn, the list of its sources for one: it is drawn after the last word has come."""
    await wait_until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers if worker.group == "turn"))
    await pilot.pause()


async def answering(world: World, pilot: Pilot[None], *prompts: str) -> LoragApp:
    """Send prompts and wait until the engine holds the first answer in its middle."""
    app = await ready(pilot)
    await send(pilot, *prompts)
    await wait_until(pilot, world.engine.held.is_set)
    return app


def comparison(app: LoragApp) -> CompareScreen:
    """Return the comparison that is on the screen."""
    assert isinstance(app.screen, CompareScreen)
    return app.screen


async def compared(pilot: Pilot[None], question: str) -> CompareScreen:
    """Compare the answers to a question and wait for the last of them."""
    app = await ready(pilot)
    await send(pilot, f"/compare {question}")
    screen = comparison(app)
    await wait_until(pilot, lambda: not screen.running)
    return screen


def messages(app: LoragApp) -> list[MessageShown]:
    """Return the branch on screen."""
    return app.query_one(Transcript).messages


def text_of(app: LoragApp, selector: str) -> str:
    """Return what a line of the app says."""
    return str(app.screen.query(selector).last(Static).content)


def screen_lines(app: App[None]) -> list[str]:
    """Return the text of each line on screen."""
    # As the app does it: drawn without, a screen that lets the one below show keeps a blank in its place.
    visible_screen_stack.set(app._background_screens)
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
