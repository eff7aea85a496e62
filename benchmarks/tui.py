"""What the chat in the terminal costs: the time to its first frame, and the work per streamed piece in chats of any length."""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pexpect

from benchmarks.report import Figure
from benchmarks.startup import seconds
from lorag.chat.conversation import Conversation
from lorag.chat.turn import ModelChoice, TurnOptions
from lorag.engine.api import Finished, GenerateRequest, GenerationEvent, LoadRequest, PromptProgress, TextDelta, Usage
from lorag.library.browse import LibraryBrowser
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.tui.app import LoragApp
from lorag.tui.core import Core, Places
from tests.fakes_engine import FakeEngine

FIRST_FRAME_SECONDS: Final = 0.5
PIECE_MILLISECONDS: Final = 5.0
_RUNS: Final = 7
_LENGTHS: Final = (10, 150, 500)
_PIECES: Final = 300
_PIECE: Final = "word "
FIRST_FRAME_RATIO: Final = 40.0
"""To `python -c pass`, which takes about 12 ms on an idle machine; a busy one slows both."""
_PACE_SECONDS: Final = 0.01
"""A model that writes a hundred tokens a second."""
_READY: Final = b"Ctrl+J"
"""A part of the prompt's hint: with it, the frame is drawn and text can be typed."""


class PacedEngine(FakeEngine):
    """Writes pieces at the pace of a fast model, and knows what the process worked meanwhile."""

    cpu_seconds = 0.0
    written: asyncio.Event

    async def generate(self, request: GenerateRequest) -> AsyncIterator[GenerationEvent]:
        """Yield the same number of pieces for every chat."""
        yield PromptProgress(1, 1)
        started = time.process_time()
        for _ in range(_PIECES):
            await asyncio.sleep(_PACE_SECONDS)
            yield TextDelta(_PIECE)
        self.cpu_seconds = time.process_time() - started
        self.written.set()
        yield Finished("end", Usage(1, 0, _PIECES, 0.001, 1.0))


def figures() -> list[Figure]:
    """Measure."""
    empty = [sys.executable, "-c", "pass"]
    pairs = [(first_frame(), seconds(empty)) for _ in range(_RUNS + 1)][1:]
    frame = statistics.median(ours for ours, _ in pairs)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    found = [
        Figure("first frame of the chat", frame, "s", f"≤ {FIRST_FRAME_SECONDS:g} s idle", None,
               "from the start of the process until text can be typed; the model loads behind it"),
        Figure("the same against `python -c pass`", ratio, "×", f"≤ {FIRST_FRAME_RATIO:g} ×", ratio <= FIRST_FRAME_RATIO),
    ]  # fmt: skip
    costs = {length: asyncio.run(cost_per_piece(length)) for length in _LENGTHS}
    for length, (milliseconds, opening) in costs.items():
        met = milliseconds <= PIECE_MILLISECONDS
        detail = (
            f"CPU time of the process over {_PIECES} pieces at 100 a second; the chat was opened in {opening:.2f} s"
        )
        found.append(
            Figure(
                f"streamed piece, {length} messages", milliseconds, "ms", f"≤ {PIECE_MILLISECONDS:g} ms", met, detail
            )
        )
    shortest, longest = costs[_LENGTHS[0]][0], costs[_LENGTHS[-1]][0]
    growth = longest / shortest
    found.append(Figure("the same, longest against shortest chat", growth, "×", "≤ 2 ×", growth <= 2.0, ""))
    return found


def first_frame() -> float:
    """Return the seconds from the start of ``lorag`` in a terminal to its first whole frame."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LORAG_DATA_DIR": folder, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        started = time.perf_counter()
        process = pexpect.spawn(
            str(Path(sys.executable).with_name("lorag")), env=environment, dimensions=(40, 120), timeout=60
        )
        process.expect_exact(_READY)
        took = time.perf_counter() - started
        process.kill(signal.SIGKILL)
        process.wait()
    return took


async def cost_per_piece(length: int) -> tuple[float, float]:
    """Return the milliseconds of CPU that one streamed piece costs in a chat of ``length`` messages, and the seconds
    in which that chat was opened.
    """  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database.open(folder / "library.db")
        _fill(Chats(database), length)
        places = Places(folder / "interface.json", folder / "history", folder / "draft", folder)
        engine = PacedEngine()
        app = LoragApp(lambda: _core(database, engine), places)
        async with app.run_test(size=(120, 40)) as pilot:
            while app.session is None or app.session.model is None:
                await pilot.pause(0.01)
            started = time.perf_counter()
            await app.run_command("resume", "")
            await pilot.pause()
            opening = time.perf_counter() - started
            engine.written = asyncio.Event()
            app.submit("and?")
            await engine.written.wait()
            await app.leave()
    return engine.cpu_seconds * 1000 / _PIECES, opening


def _fill(chats: Chats, length: int) -> None:
    chat_id, parent = chats.create("long"), None
    for number in range(length // 2):
        asked = chats.add_user(chat_id, f"Question {number}?", parent)
        parent = chats.start_answer(chat_id, asked, "model", ())
        chats.finish_answer(parent, f"**Answer** {number} with `code`.\n\n- one\n- two\n\nAnd more words.", "complete")


def _core(database: Database, engine: PacedEngine) -> Core:
    chats = Chats(database)
    choice = ModelChoice("model", LoadRequest(Path("model.gguf")))

    async def close() -> None:
        await engine.close()

    def attach(files: object) -> object:
        raise NotImplementedError

    return Core(
        conversation=Conversation(engine, None, chats, choice, TurnOptions(rag=False)),
        chats=chats,
        library=LibraryBrowser(database),
        models=list,
        adapters=lambda _: [],
        choose=lambda model, strengths: choice,
        attach=attach,  # type: ignore[arg-type]
        lorag=lambda arguments: [],
        close=close,
    )
