"""The prompt: new lines, pastes, history, completion, the editor, Korean input."""

import sys
import unicodedata
from pathlib import Path

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.widgets import Static

from lorag.tui.compare_screen import CompareScreen
from lorag.tui.dialogs import Reader
from lorag.tui.keyboard import allow_long_commits, prepare_environment
from lorag.tui.prompt import CompletionMenu, PromptArea
from lorag.tui.training import training_command
from tests.tui.support import SIZE, World, messages, ready, send, text_of, wait_until


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_a_new_line_can_be_begun_where_the_terminal_knows_no_shift_enter(world: World, key: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("a", key, "b")
        assert app.query_one(PromptArea).text == "a\nb"
        assert messages(app) == []


async def test_a_backslash_before_enter_begins_a_new_line(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("a", "backslash", "enter", "b")
        assert app.query_one(PromptArea).text == "a\nb"


async def test_a_paste_never_sends(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        app.query_one(PromptArea).post_message(events.Paste("one\r\ntwo\n"))
        await pilot.pause()
        assert app.query_one(PromptArea).text == "one\ntwo\n"
        assert messages(app) == []


async def test_a_long_paste_is_a_token_that_can_be_looked_into_and_is_sent_whole(world: World) -> None:
    pasted = "\n".join(f"줄 {number}" for number in range(30))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        prompt = app.query_one(PromptArea)
        prompt.post_message(events.Paste(pasted))
        await pilot.pause()
        assert prompt.text == "[pasted #1, 30 lines]"
        await pilot.press("alt+w")
        assert isinstance(app.screen, Reader)
        assert "줄 29" in text_of(app, ".reader-body Static")
        await pilot.press("escape", "enter")
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        assert messages(app)[0].text == pasted


async def test_history_is_kept_over_restarts_and_the_draft_comes_back_below_it(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "first?", "둘째?")
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
    async with world.app().run_test(size=SIZE) as pilot:
        prompt = (await ready(pilot)).query_one(PromptArea)
        await pilot.press("d", "up")
        assert prompt.text == "둘째?"
        await pilot.press("up")
        assert prompt.text == "first?"
        await pilot.press("down", "down")
        assert prompt.text == "d"


async def test_up_moves_within_a_long_line_before_it_recalls_history(world: World) -> None:
    async with world.app().run_test(size=(80, 24)) as pilot:
        app = await ready(pilot)
        await send(pilot, "earlier?")
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        prompt = app.query_one(PromptArea)
        prompt.put("가" * 60)
        await pilot.pause()
        await pilot.press("up")
        assert prompt.text == "가" * 60
        await pilot.press("up")
        assert prompt.text == "earlier?"


async def test_a_draft_survives_the_end_of_the_app(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press(*"half a")
        await wait_until(pilot, lambda: app.places.draft.exists() and app.places.draft.read_text() == "half a")
    async with world.app().run_test(size=SIZE) as pilot:
        assert (await ready(pilot)).query_one(PromptArea).text == "half a"


async def test_a_slash_lists_commands_and_tab_completes_them(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        menu = app.query_one(CompletionMenu)
        await pilot.press(*"/the")
        await wait_until(pilot, lambda: menu.display)
        assert [item.label for item in menu.completions] == ["/theme"]
        await pilot.press("tab")
        assert app.query_one(PromptArea).text == "/theme "
        await pilot.press(*"nor")
        await wait_until(pilot, lambda: menu.display and menu.completions[0].label == "nord")
        await pilot.press("tab", "enter")
        await wait_until(pilot, lambda: app.theme == "nord")


async def test_keys_that_overtake_the_completions_lose_nothing(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        prompt = app.query_one(PromptArea)
        await pilot.press("slash", "c", "o", "m")
        await wait_until(pilot, lambda: prompt.menu.display)

        # Nothing is awaited in between: what is offered is still what was for "/com".
        prompt.insert("pare What leave is there?")
        await prompt._on_key(events.Key("enter", None))

        await wait_until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert app.screen.query_one(".dialog-title", Static).content == "What leave is there?"


async def test_paths_are_completed_after_add_and_after_an_at_sign(world: World) -> None:
    (world.folder / "계약 문서").mkdir()
    (world.folder / "계약 문서" / "임대.md").write_text("x", encoding="utf-8")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        prompt, menu = app.query_one(PromptArea), app.query_one(CompletionMenu)
        await pilot.press("alt+a")
        assert prompt.text == "/add "
        prompt.put("/add 계")
        await wait_until(pilot, lambda: [item.label for item in menu.completions] == ["계약 문서/"])
        prompt.put("@계")
        await wait_until(pilot, lambda: [item.insert for item in menu.completions] == ['"계약 문서/'])
        await pilot.press("tab")
        await wait_until(pilot, lambda: [item.label for item in menu.completions] == ["임대.md"])
        await pilot.press("tab")
        assert prompt.text == '@"계약 문서/임대.md"'


@pytest.mark.parametrize(("typed", "name"), [("내", "내 예시.jsonl"), ("mom", "mom's.jsonl")])
async def test_a_completed_path_of_examples_is_one_word_of_the_training(world: World, typed: str, name: str) -> None:
    (world.folder / name).write_text("{}\n", encoding="utf-8")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        prompt, menu = app.query_one(PromptArea), app.query_one(CompletionMenu)
        prompt.put(f"/train more.jsonl {typed}")
        await wait_until(pilot, lambda: [item.label for item in menu.completions] == [name])
        await pilot.press("tab")
        assert prompt.text == f'/train more.jsonl "{name}"'
        command = training_command(prompt.text.removeprefix("/train "), Path("base.gguf"), world.folder)
        assert str(world.folder / name) in command


async def test_escape_closes_the_completions_and_keeps_the_text(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("slash")
        await wait_until(pilot, lambda: app.query_one(CompletionMenu).display)
        await pilot.press("escape")
        assert not app.query_one(CompletionMenu).display
        assert app.query_one(PromptArea).text == "/"


async def test_a_path_at_the_start_is_a_question_and_not_a_command(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/usr/bin/env: what is it?")
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        assert messages(app)[0].text == "/usr/bin/env: what is it?"


async def test_an_unknown_command_names_the_one_that_was_meant(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/modl")
        await pilot.pause()
        assert [notice.message for notice in app._notifications] == ["There is no command /modl. Did you mean /model?"]


@pytest.mark.parametrize("name", ["도움말", "frobnicate", "über"])
async def test_a_command_that_is_like_none_is_not_asked(world: World, name: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, f"/{name}")
        await pilot.pause()
        [notice] = app._notifications
        assert notice.message.startswith(f"There is no command /{name}. F1 or /help lists all")
        assert messages(app) == []


async def test_the_key_of_a_command_that_cannot_be_used_now_types_nothing(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("alt+u", "alt+x", "alt+z")
        assert app.query_one(PromptArea).text == ""


async def test_the_editor_is_asked_only_where_there_is_a_terminal_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", f"{sys.executable} -c pass")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("x", "f12")
        await pilot.pause()
        assert [notice.message for notice in app._notifications] == ["Programs cannot be opened from here."]
        assert app.query_one(PromptArea).text == "x"


def test_a_commit_of_many_hangul_syllables_arrives_whole() -> None:
    allow_long_commits()
    text = "안녕하세요반갑습니다"
    sequence = "\x1b[0;;" + ":".join(str(ord(character)) for character in text) + "u"
    keys = [event for event in XTermParser().feed(sequence) if isinstance(event, events.Key)]
    assert "".join(key.character or "" for key in keys) == text


def test_the_kitty_protocol_is_off_only_where_it_loses_composed_text() -> None:
    iterm, kitty, asked = {"TERM_PROGRAM": "iTerm.app"}, {"TERM": "xterm-kitty"}, {
        "TERM_PROGRAM": "iTerm.app", "TEXTUAL_DISABLE_KITTY_KEY": "0",
    }  # fmt: skip
    for environment in (iterm, kitty, asked):
        prepare_environment(environment)
    assert iterm["TEXTUAL_DISABLE_KITTY_KEY"] == "1"
    assert "TEXTUAL_DISABLE_KITTY_KEY" not in kitty
    assert asked["TEXTUAL_DISABLE_KITTY_KEY"] == "0"


async def test_the_caret_is_reported_after_wide_characters_for_the_input_method(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        prompt = app.query_one(PromptArea)
        await pilot.press("한", "글", "a")
        await pilot.pause()
        assert app.cursor_position == prompt.cursor_screen_offset
        assert prompt.cursor_screen_offset.x - prompt.content_region.x == 5


async def test_the_caret_is_in_the_prompt_before_anything_is_typed(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.query_one(PromptArea).region.contains_point(app.cursor_position)


async def test_text_is_stored_in_composed_form(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, unicodedata.normalize("NFD", "한글"))
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        assert messages(app)[0].text == unicodedata.normalize("NFC", "한글")


def test_what_a_killed_process_left_in_the_history_file_is_skipped(tmp_path: Path) -> None:
    from lorag.tui.prompt_store import PromptHistory

    path = tmp_path / "history.jsonl"
    path.write_text('"one"\n{"x": 1}\n"tw', encoding="utf-8")
    assert PromptHistory(path).entries == ["one"]
