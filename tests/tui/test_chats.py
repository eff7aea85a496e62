"""Chats: saved as they happen, found again, named, deleted, brought back, written to files."""

import json

import pytest
from textual.widgets import Input, OptionList, SelectionList

from lorag.library.chats import Chats
from lorag.tui.chat_list import ChatList
from lorag.tui.dialogs import AskText
from lorag.tui.export_actions import TurnsScreen
from lorag.tui.picker import Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.transcript import Transcript
from lorag.tui.window import MOST, OPENED
from tests.tui.support import SIZE, World, ask, messages, ready, send, text_of, wait_until


def chat(world: World, *turns: tuple[str, str]) -> int:
    """Save a chat and return its number."""
    database = world.database()
    chats = Chats(database)
    # In one go: a thousand commits take longer than all the rest.
    with database.atomic():
        chat_id, parent = chats.create(), None
        for question, answer in turns:
            asked = chats.add_user(chat_id, question, parent)
            parent = chats.start_answer(chat_id, asked, "fake", ())
            chats.finish_answer(parent, answer, "complete")
    return chat_id


async def test_a_chat_is_found_by_words_of_its_answers_and_opened_there(world: World) -> None:
    chat(world, ("What is the capital?", "Seoul is the capital."), ("And the river?", "The Han river."))
    chat(world, ("Something else?", "Yes."))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+r")
        assert isinstance(app.screen, Picker)
        assert app.screen.query_one(OptionList).option_count == 2
        await pilot.press(*"seoul", "enter")
        await wait_until(pilot, lambda: messages(app))
        assert [m.text for m in messages(app)][1] == "Seoul is the capital."
        selected = app.query_one(Transcript).selected
        assert selected is not None
        assert selected.text == "Seoul is the capital."
        assert "What is the capital?" in text_of(app, "#title")


async def test_the_sidebar_searches_all_chats_and_opens_one(world: World) -> None:
    chat(world, ("날씨가 어때?", "오늘은 맑습니다."))
    chat(world, ("Something else?", "Yes."))
    async with world.app(language="ko").run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        hits = app.query_one("#chat-hits", OptionList)
        assert hits.option_count == 2
        field = app.query_one(ChatList).query_one(Input)
        field.focus()
        field.value = "맑습"
        await wait_until(pilot, lambda: hits.option_count == 1)
        await pilot.press("enter")
        await wait_until(pilot, lambda: messages(app))
        assert messages(app)[1].text == "오늘은 맑습니다."


async def test_the_palette_finds_chats_too(world: World) -> None:
    chat(world, ("What is the capital?", "Seoul is the capital."))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+p")
        await pilot.press(*"seoul", "enter")
        await wait_until(pilot, lambda: messages(app))
        assert messages(app)[1].text == "Seoul is the capital."


async def test_resume_goes_on_with_the_last_chat(world: World) -> None:
    chat(world, ("one?", "First."))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("alt+j")
        await wait_until(pilot, lambda: messages(app))
        await send(pilot, "two?")
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
        assert "First." in world.engine.prompt
    [only] = world.chats().recent()
    assert only.n_messages == 4


async def test_a_new_chat_leaves_the_old_one_in_the_list(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await pilot.press("ctrl+n")
        await wait_until(pilot, lambda: not messages(app))
        assert "·" not in text_of(app, "#title")
        await ask(pilot, "two?")
    assert [chat.title for chat in world.chats().recent()] == ["two?", "one?"]


async def test_a_chat_can_be_renamed(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await send(pilot, "/rename Leave days")
        assert text_of(app, "#title") == "lorag  ·  Leave days"
        await pilot.press("alt+n")
        assert isinstance(app.screen, AskText)
        app.screen.query_one(Input).value = "휴가"
        await pilot.press("enter")
        await wait_until(pilot, lambda: text_of(app, "#title") == "lorag  ·  휴가")
    assert world.chats().recent()[0].title == "휴가"


async def test_a_deleted_chat_can_be_brought_back(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await pilot.press("alt+d")
        await wait_until(pilot, lambda: not messages(app))
        assert app.query_one("#chat-hits", OptionList).option_count == 0
        await pilot.press("alt+u")
        await wait_until(pilot, lambda: len(messages(app)) == 2)
    assert len(world.chats().recent()) == 1


@pytest.mark.parametrize("keys", [("f4",), ("alt+x",), ("alt+n",), ("f1", "escape", "f2")])
async def test_a_chat_that_another_window_deleted_becomes_a_new_one(world: World, keys: tuple[str, ...]) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        world.chats().delete(world.chats().recent()[0].id)
        await pilot.press(*keys)
        await wait_until(pilot, lambda: not messages(app))
        assert "This chat was deleted in another window. A new one begins." in [n.message for n in app._notifications]
        await pilot.press("escape")
        await ask(pilot, "two?")
    assert [chat.title for chat in world.chats().recent()] == ["two?"]


async def test_a_question_asked_in_a_chat_that_is_gone_goes_back_to_the_prompt(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        world.chats().delete(world.chats().recent()[0].id)
        await send(pilot, "two?")
        await wait_until(pilot, lambda: not messages(app) and not app.streaming)
        assert app.query_one(PromptArea).text == "two?"
        await ask(pilot, "two?")


async def test_a_chat_in_the_list_that_is_gone_is_not_opened(world: World) -> None:
    chat(world, ("one?", "First."))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+r")
        world.chats().delete(world.chats().recent()[0].id)
        await pilot.press("enter")
        await wait_until(pilot, lambda: app._notifications)
        assert app.session is not None
        assert app.session.chat_id is None


async def test_a_chat_deleted_from_the_list_is_gone_after_the_app_ends(world: World) -> None:
    chat(world, ("one?", "First."))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+r", "ctrl+d", "escape")
        assert len(world.chats().recent()) == 1
        await app.leave()
    assert world.chats().recent() == []


async def test_a_chat_is_written_as_markdown_with_its_sources(library: World) -> None:
    library.engine.answers = ["You have 25 days [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        await ask(pilot, "How many days of annual leave?")
        await send(pilot, "/export md leave.md")
    text = (library.folder / "leave.md").read_text(encoding="utf-8")
    assert "> How many days of annual leave?" in text
    assert "[2] handbook.md, line" in text


async def test_an_export_never_replaces_a_file(world: World) -> None:
    (world.folder / "notes.md").write_text("mine", encoding="utf-8")
    async with world.app().run_test(size=SIZE) as pilot:
        await ask(pilot, "one?")
        await send(pilot, "/export md notes.md")
    assert (world.folder / "notes.md").read_text(encoding="utf-8") == "mine"


async def test_only_the_chosen_turns_become_training_rows(world: World) -> None:
    chat(world, ("one?", "First."), ("two?", "Second."), ("three?", "Third."))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("alt+j")
        await wait_until(pilot, lambda: messages(app))
        await pilot.press("alt+x")
        await pilot.press(*"train", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, TurnsScreen))
        assert len(app.screen.query_one(SelectionList).selected) == 3
        await pilot.press("down", "space", "enter")
        await wait_until(pilot, lambda: list(world.folder.glob("*.jsonl")))
    [path] = world.folder.glob("*.jsonl")
    rows = [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [[m["content"] for m in row] for row in rows] == [["one?", "First."], ["three?", "Third."]]


async def test_a_long_chat_is_opened_at_its_end_with_few_widgets_and_shows_the_rest_on_the_way_up(
    world: World,
) -> None:
    chat(world, *((f"question {number}", f"answer {number}") for number in range(500)))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("alt+j")
        transcript = app.query_one(Transcript)
        await wait_until(pilot, lambda: len(messages(app)) == 1000)
        assert len(transcript.views) == OPENED
        assert transcript.views[-1].message.text == "answer 499"
        for _ in range(12):
            await pilot.press("pageup")
            await pilot.pause()
        assert int(transcript.views[0].message.text.split()[1]) < 480
        assert len(transcript.views) <= MOST
