"""What the screen costs, counted: widgets, writes, modules; and streams cut anywhere come out as they would whole."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
from textual.widgets import Markdown

from lorag.tui.app import LoragApp
from lorag.tui.citation_links import CitationLinker, link_citations
from lorag.tui.messages import AnswerView
from lorag.tui.stream import StreamBuffer
from lorag.tui.visible import one_line, visible
from lorag.tui.window import MOST, OPENED, Window
from tests.tui.support import SIZE, World, ask, messages, ready, send, wait_until
from tests.tui.test_chats import chat

STRANGE = "Yes [2, 3]. `code [4]` and [5–7].\n\n```\nlist[1] = [2]\n```\n\nEnd [8]. [link](https://x.y) \x1b[31mred\x1b[0m 한글🙂"
HEAVY = ("llama_cpp", "torch", "transformers", "numpy", "apsw", "sqlite_vec", "pydantic", "openpyxl", "rank_bm25")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 1000])
def test_an_answer_cut_anywhere_is_linked_as_it_would_be_whole(size: int) -> None:
    linker = CitationLinker()
    pieces = [linker.feed(STRANGE[at : at + size]) for at in range(0, len(STRANGE), size)]
    assert "".join(pieces) + linker.end() == link_citations(STRANGE)


def test_numbers_become_links_in_prose_and_stay_text_in_code() -> None:
    linked = link_citations(STRANGE)
    assert "[\\[8\\]](cite:8)" in linked
    assert "`code [4]`" in linked
    assert "list[1] = [2]" in linked
    assert "\x1b" not in linked


@pytest.mark.parametrize("cut", range(1, 20))
def test_each_quote_has_a_line_of_its_own(cut: int) -> None:
    answer = "[3] E02: The grinder is blocked.\n[13] A machine that fails is repaired.\nNo quote\n```\n[1] code\n```"
    linker = CitationLinker()
    streamed = "".join(linker.feed(answer[at : at + cut]) for at in range(0, len(answer), cut)) + linker.end()

    assert streamed == link_citations(answer)
    assert [line.endswith("  ") for line in streamed.split("\n")] == [True, True, False, False, False, False]


@pytest.mark.parametrize("size", [1, 3, 7])
async def test_a_streamed_fence_is_drawn_as_it_would_be_whole(world: World, size: int) -> None:
    world.engine.piece = size
    world.engine.answers = ["Before\n\n```python\nx = [1]\ny = 2\n```\n\nAfter\n\n| a | b |\n|---|---|\n| 가 | 나 |\n"]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "draw it")
        view = app.query_one(AnswerView)
        await wait_until(pilot, lambda: view.query("MarkdownTable"))
        streamed = [type(block).__name__ for block in view.query("MarkdownBlock")]
        assert "MarkdownFence" in streamed
        await view.query_one("Markdown").update(messages(app)[1].text)  # type: ignore[attr-defined]
        # What was drawn before goes a moment after the new text is there.
        await wait_until(pilot, lambda: [type(block).__name__ for block in view.query("MarkdownBlock")] == streamed)


async def test_an_answer_that_ends_as_it_is_first_written_is_drawn(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "draw it")
        finished = replace(messages(app)[1], text="It is there.")
        view = AnswerView(replace(finished, text="", status="streaming"))
        await app.screen.mount(view)
        await wait_until(pilot, lambda: view.query(Markdown) and view.query(".answer-footer"))

        view.add(finished.text)
        # The stream has begun and its task has not run when the answer ends: stopped then, it ended its caller as well.
        await asyncio.gather(view.flush(), view.finish(finished))

        await wait_until(pilot, lambda: view.query_one(Markdown).source == finished.text)
        assert view.message == finished


def test_what_arrives_between_two_writes_is_written_at_once() -> None:
    buffer = StreamBuffer()
    for token in ["One ", "two ", "three"]:
        buffer.add(token)
    assert buffer.take() == "One two three"
    assert buffer.take() == ""


async def test_the_screen_is_written_far_less_often_than_tokens_arrive(world: World) -> None:
    world.engine.answers = ["word " * 89 + "word."]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "hello")
        assert len(messages(app)[1].text) == 450
        assert app.query_one(AnswerView).writes <= 60


async def test_the_number_of_widgets_does_not_grow_with_the_chat(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        counts = []
        for turns in (40, 400):
            chat(world, *((f"question {number}", f"answer {number}") for number in range(turns)))
            await send(pilot, "/new", "/resume")
            await wait_until(pilot, partial(_holds, app, 2 * turns))
            await pilot.pause()
            counts.append(len(list(app.screen.walk_children())))
        assert counts[0] == counts[1]
        assert counts[0] < 300


def _holds(app: LoragApp, count: int) -> bool:
    return len(messages(app)) == count


def test_a_window_never_holds_more_than_it_may_and_never_loses_its_place() -> None:
    window = Window.tail(1000)
    assert (window.start, window.end) == (1000 - OPENED, 1000)
    while window.start:
        before, window = window, window.older()
        assert window.start < before.start
        assert window.end > before.start
        assert window.end - window.start <= MOST
    while not window.at_end:
        window = window.newer()
    assert window.end == 1000
    assert Window.tail(5).grown(2) == Window(0, 7, 7)


def test_the_first_frame_needs_no_heavy_module() -> None:
    code = "import sys, lorag.commands.chat_app, lorag.tui.app, lorag.tui.core; print(*[n for n in sys.argv[1:] if n in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True).stdout
    assert printed.split() == []


def test_foreign_text_cannot_steer_the_terminal() -> None:
    assert visible("a\x1b[2Jb\x1b]0;title\x07c\u202ed\x07\x9b31m") == "abcd31m"
    assert one_line("a\n\tb\r\nc") == "a b c"
