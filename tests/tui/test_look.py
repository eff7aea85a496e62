"""Language, themes, colours, size: what the screen looks like and how it is kept."""

import json

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.widgets import OptionList
from textual.widgets._toast import Toast

from lorag.tui.app import LoragApp
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar
from lorag.tui.texts import language_from
from tests.tui.support import SIZE, World, answering, ask, messages, ready, send, text_of, wait_until


@pytest.mark.parametrize(
    ("environment", "language"),
    [({"LANG": "ko_KR.UTF-8"}, "ko"), ({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, "en"), ({"LANG": "en_US.UTF-8"}, "en")],
)
def test_the_language_follows_the_locale_until_one_is_chosen(environment: dict[str, str], language: str) -> None:
    assert language_from("", environment) == language
    assert language_from("ko", environment) == "ko"


async def test_the_whole_interface_changes_its_language_at_once_and_keeps_it(library: World) -> None:
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        await send(pilot, "/lang ko")
        assert text_of(app, "#library-title") == "라이브러리"
        assert text_of(app, "QuestionView .message-header") == "나"
        assert "문서로 답하기" in text_of(app, "#rag-label")
        assert "어댑터" in text_of(app, "#status")
        assert "도움말" in text_of(app, "#keys")
        assert "찾은 말" in text_of(app, "#query")
        await pilot.press("alt+l")
        assert text_of(app, "#library-title") == "Library"
        await send(pilot, "/lang ko")
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.texts.language == "ko"
        assert "문서 1개" in text_of(app, "#greeting")


async def test_a_theme_is_kept_over_restarts(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("alt+m")
        await pilot.press(*"gruvbox", "enter")
        await wait_until(pilot, lambda: world.apps[0].theme == "gruvbox")
    async with world.app().run_test(size=SIZE) as pilot:
        assert (await ready(pilot)).theme == "gruvbox"


async def test_an_unknown_theme_in_the_preferences_costs_only_the_theme(world: World) -> None:
    places = world.app().places
    places.preferences.write_text(json.dumps({"language": "ko", "theme": "gone", "sidebar": "yes"}))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert (app.theme, app.texts.language) == ("textual-dark", "ko")


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-light"])
async def test_the_terminals_own_colours_and_a_light_theme_can_be_used(world: World, theme: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, f"/theme {theme}")
        await ask(pilot, "hello")
        assert app.theme == theme


@pytest.mark.parametrize("theme", ["textual-dark", "ansi-light"])
async def test_without_colours_what_is_chosen_is_still_told_apart(
    library: World, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        await send(pilot, f"/theme {theme}")
        await ask(pilot, "And sick leave?")
        edges = [line.strip()[:1] for line in _rendered(app) if "fake" in line]
        assert edges[0] != edges[1]
        await pilot.click(app.query("AnswerView MarkdownParagraph").first(), offset=(33, 0))
        await wait_until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape", "ctrl+p")
        await pilot.pause()
        [highlighted] = {line for line in _rendered(app, only_reversed=True) if "/" in line}
        assert "/again" in highlighted
        assert not [
            segment for segment in _segments(app) if segment.style and (segment.style.color or segment.style.bgcolor)
        ]


def _segments(app: LoragApp) -> list[Segment]:
    return [segment for line in app.screen._compositor.render_strips() for segment in line]


def _rendered(app: LoragApp, *, only_reversed: bool = False) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(s.text for s in strip if not only_reversed or (s.style and s.style.reverse)) for strip in strips]


async def test_the_terminal_can_be_resized_at_any_moment(library: World) -> None:
    library.engine.answers, library.engine.hold_after = ["한글 대답입니다. " * 30], 60
    async with library.app().run_test(size=SIZE) as pilot:
        app = await answering(library, pilot, "How many days of annual leave?")
        for width, height in ((20, 5), (200, 60), (1, 1), (80, 24)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        library.engine.release()
        await wait_until(pilot, lambda: not app.streaming)
        assert messages(app)[1].status == "complete"
        assert app.query_one(Sidebar).size.width == 0


@pytest.mark.parametrize("side", [(46, 20), (40, 12), (20, 5), (1, 1)])
async def test_an_empty_prompt_survives_every_jump_in_size(world: World, side: tuple[int, int]) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        for _ in range(3):
            await pilot.resize_terminal(*side)
            await pilot.resize_terminal(*SIZE)
        assert app.query_one(PromptArea).text == ""
        app.query_one(PromptArea).styles.width = 0
        app.query_one("#chat").styles.min_width = 0
        await pilot.resize_terminal(*side)
        await pilot.pause()
        assert app.is_running


async def test_a_narrow_terminal_shows_one_short_message_at_a_time_at_its_end(library: World) -> None:
    async with library.app().run_test(size=(80, 24), notifications=True) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+l")
        app.say("quote.on")
        await wait_until(pilot, lambda: app.screen.query(Toast))
        app.say("quote.off")
        await wait_until(pilot, lambda: [toast.region.height for toast in app.screen.query(Toast)] == [1])
        assert app.screen.query_one(Toast).region.y == 23


@pytest.mark.parametrize("command", ["/theme", "/export", "/collection", "/again"])
async def test_every_list_says_how_it_is_used(library: World, command: str) -> None:
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "hello")
        await app.run_command(command.removeprefix("/"), "")
        await wait_until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.pause()
        assert "Enter chooses · Esc closes" in text_of(app, ".dialog-hint")


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_an_empty_prompt_says_what_can_be_typed_in_one_line_beside_the_sidebar(
    world: World, language: str
) -> None:
    async with world.app(language=language).run_test(size=(80, 24)) as pilot:
        app = await ready(pilot)
        prompt = app.query_one(PromptArea)
        assert "Ctrl+J" in str(prompt.placeholder)
        await pilot.resize_terminal(100, 24)
        await wait_until(pilot, lambda: app.query_one(Sidebar).size.width > 0)
        await wait_until(pilot, lambda: cell_len(str(prompt.placeholder)) <= prompt.content_size.width)


@pytest.mark.parametrize("size", [(80, 24), (40, 14)])
async def test_a_long_list_leaves_its_keys_and_what_is_highlighted_in_sight(
    world: World, size: tuple[int, int]
) -> None:
    async with world.app().run_test(size=size) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+p", "up")
        options, hint = app.screen.query_one(OptionList), app.screen.query_one(".dialog-hint")
        await wait_until(pilot, lambda: options.scroll_y == options.max_scroll_y > 0)
        dialog = app.screen.query_one(".dialog").content_region
        assert dialog.contains_region(hint.region)
        assert dialog.contains_region(options.region)
        assert options.region.bottom <= hint.region.y


async def test_a_long_title_takes_one_line_of_the_library(world: World) -> None:
    world.add("long.md", "# " + "A title without an end. " * 20 + "\n\nText.\n")
    async with world.app().run_test(size=(80, 24)) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+l")
        await wait_until(pilot, lambda: len(app.screen_stack) == 2)
        assert app.screen.query_one(OptionList).virtual_size.height == 1
