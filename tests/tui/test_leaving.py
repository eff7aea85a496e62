"""Ctrl+C has one meaning at a time, and the end is quick and loses nothing whatever is going on."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable

import psutil
import pytest
from textual.css.query import NoMatches
from textual.worker import Worker, WorkerState

from lorag.engine.api import LoadedModel, LoadProgress, LoadRequest
from lorag.tui.picker import Picker
from lorag.tui.prompt import PromptArea
from tests.fakes_engine import FakeEngine
from tests.tui.support import SIZE, World, answering, ask, messages, ready, send, text_of, wait_until
from tests.tui.test_library import READING, stand_in


async def test_ctrl_c_stops_the_answer_and_keeps_the_draft(world: World) -> None:
    world.engine.hold_after = 3
    async with world.app().run_test(size=SIZE) as pilot:
        app = await answering(world, pilot, "one?")
        await pilot.press("x", "ctrl+c")
        await wait_until(pilot, lambda: not app.streaming)
        assert (messages(app)[1].status, app.query_one(PromptArea).text) == ("stopped", "x")


async def test_what_still_draws_while_the_app_closes_is_no_fault(world: World) -> None:
    async def draw() -> None:
        raise NoMatches("no sidebar any more")

    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        worker = app.run_worker(draw(), exit_on_error=False)
        await wait_until(pilot, lambda: app.faults)
        assert "no sidebar any more" in [*app._notifications][-1].message
        app.faults.clear()

    app.on_worker_state_changed(Worker.StateChanged(worker, WorkerState.ERROR))
    assert app.faults == []


async def test_ctrl_c_puts_a_draft_into_the_history_and_then_asks_to_quit(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press(*"draft", "ctrl+c")
        assert app.query_one(PromptArea).text == ""
        await pilot.press("up")
        assert app.query_one(PromptArea).text == "draft"
        await pilot.press("ctrl+c", "ctrl+c")
        assert [n.message for n in app._notifications] == ["Press Ctrl+C again to quit."]
        assert app.is_running
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: app.closing)


async def test_ctrl_c_copies_a_selection_and_closes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "here")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        app.query_one(PromptArea).put("copy me")
        app.query_one(PromptArea).select_all()
        await pilot.press("ctrl+c")
        assert app.query_one(PromptArea).text == "copy me"
        assert len(app._notifications) == 1


async def test_ctrl_c_closes_what_lies_over_the_chat(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, Picker)
        await pilot.press("ctrl+c")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("keys", [("ctrl+q",), ("ctrl+d",), ("slash", *"quit", "enter")])
async def test_there_are_several_ways_out(world: World, keys: tuple[str, ...]) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press(*keys)
        await wait_until(pilot, lambda: app.closing)
    assert not app.is_running


async def test_quitting_while_an_answer_streams_keeps_what_there_is(world: World) -> None:
    world.engine.answers, world.engine.hold_after = ["A long answer."], 6
    async with world.app().run_test(size=SIZE) as pilot:
        app = await answering(world, pilot, "one?")
        await pilot.press("ctrl+q")
        await wait_until(pilot, lambda: not app.is_running)
    [chat] = world.chats().recent()
    assert [(m.text, m.status) for m in world.chats().messages(chat.id)] == [
        ("one?", "complete"),
        ("A long", "stopped"),
    ]


class SlowToLoad(FakeEngine):
    """A model that is being loaded until the engine is closed."""

    async def load(
        self, request: LoadRequest, on_progress: Callable[[LoadProgress], None] | None = None
    ) -> LoadedModel:
        if on_progress:
            on_progress(LoadProgress(0.25))
        await asyncio.Event().wait()
        raise AssertionError


async def test_quitting_while_the_model_loads_does_not_wait_for_it(world: World) -> None:
    world.engine = SlowToLoad()
    async with world.app().run_test(size=SIZE) as pilot:
        app = world.apps[0]
        await wait_until(pilot, lambda: any("loading 25%" in part for part in app.status_parts()))
        await pilot.press("h", "i")
        assert app.query_one(PromptArea).text == "hi"
        await pilot.press("ctrl+q")
        await wait_until(pilot, lambda: not app.is_running, seconds=20.0)
    assert app.places.draft.read_text() == "hi"


async def test_quitting_while_documents_are_read_ends_the_reading(world: World) -> None:
    world.lorag = tuple(stand_in(world.folder, [READING], waits_for=world.folder / "never"))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("f9")
        await wait_until(pilot, lambda: app.job_text == "reading 3/9: a.md")
        [reading] = [child for child in psutil.Process().children() if _has_argument(child, world.lorag[-1])]
        await pilot.press("ctrl+q")
        await wait_until(pilot, lambda: not app.is_running, seconds=20.0)
    assert not reading.is_running()


def _has_argument(process: psutil.Process, argument: str) -> bool:
    # Another test of the same process may have left a helper of the interpreter beside it, which may end meanwhile.
    with contextlib.suppress(psutil.NoSuchProcess):
        return argument in process.cmdline()
    return False


HOLDS_THE_LIBRARY = f"""
import json, signal, sqlite3, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print({json.dumps(READING)!r}, flush=True)
while True:
    signal.pause()
"""


async def test_quitting_does_not_wait_for_a_reading_that_holds_the_library(library: World) -> None:
    library.lorag = (sys.executable, "-c", HOLDS_THE_LIBRARY, str(library.library))
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("f9")
        await wait_until(pilot, lambda: app.job_text == "reading 3/9: a.md")
        await send(pilot, "one?")
        began = time.monotonic()
        await pilot.press("ctrl+q")
        await wait_until(pilot, lambda: not app.is_running)
    # The library may be waited for half a minute.
    assert time.monotonic() - began < 10


async def test_an_answer_that_a_killed_process_left_is_shown_as_stopped(world: World) -> None:
    chats = world.chats()
    chat_id = chats.create()
    asked = chats.add_user(chat_id, "one?")
    chats.append_answer(chats.start_answer(chat_id, asked, "fake", ()), "Half of")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("alt+j")
        await wait_until(pilot, lambda: messages(app))
        assert (messages(app)[1].text, messages(app)[1].status) == ("Half of", "stopped")
        assert (text_of(app, "AnswerView .message-header"), text_of(app, ".answer-footer")) == ("fake", "stopped")


async def test_a_chat_goes_on_in_the_next_run(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        await ask(pilot, "one?")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/resume")
        await wait_until(pilot, lambda: len(messages(app)) == 2)
        assert [message.text for message in messages(app)] == ["one?", "Hello."]
