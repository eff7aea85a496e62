"""What whole screens look like, in both languages and two sizes.

Each screen is compared with a text file in ``snapshots/``. After a change that is wanted, look at the difference and
write them anew: ``UPDATE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py``.
"""

import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lorag.tui.app import LoragApp
from lorag.tui.prompt import PromptArea
from tests.tui.support import LEAVE, World, answering, ask, compared, ready, screen_lines, send, wait_until

FOLDER = Path(__file__).with_name("snapshots")
SMALL, LARGE = (80, 24), (160, 48)
LEAVE_KO = """# 휴가 규정

## 연차

모든 직원은 일 년에 15일의 연차를 쓸 수 있습니다. 남은 연차는 다음 해 3월 말까지 쓸 수 있습니다.

## 병가

병가는 6주 동안 급여가 나옵니다. 사흘이 지나면 진단서가 필요합니다.
"""
MARKDOWN = (
    "You have **25 days** of annual leave [2]. Unused days move on [3].\n\n```python\ndays = [25]\n```\n\n"
    "| kind | days |\n|---|---|\n| annual | 25 |\n| 병가 | 42 |\n\n- one\n- two\n"
)
ASKED = {"en": "How many days of annual leave?", "ko": "연차는 일 년에 며칠인가요?"}
ANSWERED = {"en": MARKDOWN, "ko": "일 년에 **15일**의 연차를 쓸 수 있습니다 [2]. 🙂"}
_CHANGING = re.compile(
    r"[\d-]+ \d\d:\d\d|\d*:\d\d\b|\d\.\d{3}\b|\d+\.\d (?:s|tokens/s)|\d+\.\d초|초당 \d+\.\d|score \d\.\d+|점수 \d\.\d+"
)

Scene = Callable[[World, Pilot[None], str], Awaitable[object]]


async def greeting(world: World, pilot: Pilot[None], language: str) -> None:
    await ready(pilot)


async def answer(world: World, pilot: Pilot[None], language: str) -> LoragApp:
    world.engine.answers = [ANSWERED[language]]
    return await ask(pilot, ASKED[language])


async def streaming(world: World, pilot: Pilot[None], language: str) -> None:
    world.engine.answers, world.engine.hold_after = [ANSWERED[language]], 30
    app = await answering(world, pilot, ASKED[language], "next?")
    app.query_one(PromptArea).put("draft\nwith two lines")


async def failed(world: World, pilot: Pilot[None], language: str) -> None:
    world.engine.answers, world.engine.dies_after = [ANSWERED[language]], 12
    await ask(pilot, ASKED[language])


async def passage(world: World, pilot: Pilot[None], language: str) -> None:
    app = await answer(world, pilot, language)
    await send(pilot, "/source 2")
    await wait_until(pilot, lambda: len(app.screen_stack) == 2)


async def palette(world: World, pilot: Pilot[None], language: str) -> None:
    await answer(world, pilot, language)
    await pilot.press("ctrl+p")


async def help_page(world: World, pilot: Pilot[None], language: str) -> None:
    await ready(pilot)
    await pilot.press("f1")


async def compare(world: World, pilot: Pilot[None], language: str) -> None:
    world.adapters = {"polite": ""}
    world.engine.answers = ["From nowhere.", "In style.", ANSWERED[language], ANSWERED[language]]
    await compared(pilot, ASKED[language])


async def library(world: World, pilot: Pilot[None], language: str) -> None:
    world.add("broken.pdf", "%PDF-1.7\n1 0 obj\n")
    await ready(pilot)
    await pilot.press("ctrl+l")


async def adapters(world: World, pilot: Pilot[None], language: str) -> None:
    world.adapters = {"polite": "", "환불": "made for another model"}
    await ready(pilot)
    await send(pilot, "/adapter polite=0.8")
    await pilot.press("ctrl+t")


async def sidebar(world: World, pilot: Pilot[None], language: str) -> None:
    await answer(world, pilot, language)
    await pilot.press("f2")


async def completions(world: World, pilot: Pilot[None], language: str) -> None:
    await ready(pilot)
    await pilot.press("slash", "c")


@pytest.mark.parametrize("scene", [answer, passage, palette, compare, library], ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_large_screen_looks_as_it_did(
    world: World, scene: Scene, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _compare(world, scene, language, LARGE, monkeypatch)


@pytest.mark.parametrize(
    ("scene", "language"),
    [
        (greeting, "en"), (greeting, "ko"), (answer, "en"), (answer, "ko"), (streaming, "en"), (failed, "ko"),
        (help_page, "en"), (compare, "ko"), (adapters, "ko"), (sidebar, "ko"), (completions, "en"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)  # fmt: skip
async def test_a_small_screen_looks_as_it_did(
    world: World, scene: Scene, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _compare(world, scene, language, SMALL, monkeypatch)


async def _compare(
    world: World, scene: Scene, language: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(world.folder))
    if scene is not greeting:
        world.add("handbook.md", LEAVE if language == "en" else LEAVE_KO)
    async with world.app(language=language).run_test(size=size) as pilot:
        await scene(world, pilot, language)
        app = world.apps[0]
        app.clear_notifications()
        await wait_until(pilot, lambda: not app._notifications)
        path = FOLDER / f"{getattr(scene, '__name__', '')}-{language}-{size[0]}x{size[1]}.txt"
        seen = await _settled(pilot, app, path)
        if app.streaming:
            await app.leave()
    _same(path, seen)


async def _settled(pilot: Pilot[None], app: LoragApp, path: Path) -> str:
    """Return the screen once it is the expected one, or once it has long been the same."""
    expected = _expected(path)
    seen, same_for = "", 0
    # Streams are written ten times a second, and a busy machine is late with the last of them.
    while (now := _text(app)) != expected and same_for < 12:
        seen, same_for = now, same_for + 1 if seen == now else 0
        await pilot.pause(0.25)
    return now


def _expected(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _text(app: LoragApp) -> str:
    """Return the screen as text, with what changes from run to run as zeros."""
    text = "\n".join(line.rstrip() for line in screen_lines(app))
    return _CHANGING.sub(lambda found: re.sub(r"\d", "0", found.group()), text) + "\n"


def _same(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} is not there; the module's first lines say how to write it"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} has changed"
