"""Wide characters over the chat: none is lost where a widget below ends in the middle of it."""

import pytest
from textual.widgets import OptionList
from textual.widgets._toast import Toast

from lorag.tui.app import LoragApp
from lorag.tui.transcript import Transcript
from tests.tui.support import World, ask, screen_lines, wait_until

ANSWER = "\n\n".join(["연차는 일 년에 십오 일입니다."] * 40)
SIZES = [(60, 20), (80, 24), (81, 24), (100, 30), (160, 48)]


def drawn(app: LoragApp) -> list[str]:
    """Return the lines on screen without their spaces."""
    return ["".join(line.split()) for line in screen_lines(app)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("before", ["", "a"])
async def test_a_message_over_the_chat_is_whole(world: World, size: tuple[int, int], before: str) -> None:
    world.engine.answers = [ANSWER]
    async with world.app(language="ko").run_test(size=size, notifications=True) as pilot:
        app = await ask(pilot, "연차는 며칠인가요?")
        transcript = app.query_one(Transcript)
        # Anchored, it would go back to its end with what is laid out late.
        transcript.release_anchor()
        await wait_until(pilot, lambda: _height_known(transcript))
        transcript.scroll_to(y=3, animate=False, immediate=True)
        await wait_until(pilot, lambda: transcript.scroll_y == 3)
        app.tell(before + "가나다라마바사아자차카타파하" * 3)
        await wait_until(pilot, lambda: app.screen.query(Toast) and app.screen.query_one(Toast).region.height)
        shown = "".join(line.rpartition("▌")[2] for line in drawn(app) if "▌" in line)
        assert before + "가나다라마바사아자차카타파하" * 3 == shown


def _height_known(transcript: Transcript) -> bool:
    # Asked for again and again: a layout that the end of the answer asked for may be dropped while its blocks are mounted.
    transcript.refresh(layout=True)
    return transcript.max_scroll_y > 3


@pytest.mark.parametrize("size", [(60, 20), (70, 24), (80, 24), (81, 24)])
@pytest.mark.parametrize("before", ["", "a"])
async def test_the_sidebar_over_the_chat_is_whole(world: World, size: tuple[int, int], before: str) -> None:
    title = before + "가나다라마바사아자차카타파하" * 2
    world.add("long.md", f"# {title}\n\n연차는 일 년에 십오 일입니다.\n")
    world.engine.answers = [ANSWER]
    async with world.app(language="ko").run_test(size=size) as pilot:
        app = await ask(pilot, "연차는 며칠인가요?")
        await pilot.press("f2")
        await wait_until(pilot, lambda: app.query_one("#sources", OptionList).region.height)
        assert title in "".join(line.rpartition("│")[2] for line in drawn(app))
