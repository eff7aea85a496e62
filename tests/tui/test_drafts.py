"""What was typed is never lost: another text takes its place, and up brings it back."""

import pytest

from lorag.tui.prompt import PromptArea
from tests.tui.support import SIZE, World, ask, messages, text_of, wait_until


@pytest.mark.parametrize(("key", "put"), [("alt+a", "/add "), ("alt+y", "/train "), ("f6", "one?")])
async def test_up_brings_back_what_a_command_took_out_of_the_prompt(world: World, key: str, put: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        prompt = app.query_one(PromptArea)
        prompt.put("half a question")
        await pilot.press(key)
        assert prompt.text == put
        await pilot.press("escape", "up")
        assert prompt.text == "half a question"


async def test_a_question_that_failed_stands_above_what_was_typed_meanwhile(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        world.chats().delete(world.chats().recent()[0].id)
        app.query_one(PromptArea).put("half a question")
        app.submit("two?")
        await wait_until(pilot, lambda: not messages(app) and not app.streaming)
        assert app.query_one(PromptArea).text == "two?\n\nhalf a question"


async def test_asking_again_ends_the_change_of_a_question(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await pilot.press("f6", "x", "f5", "enter")
        await wait_until(pilot, lambda: messages(app)[1].versions == 2 and not app.streaming)
        assert app.editing is None
        assert "editing" not in text_of(app, "#status")
        await pilot.press("up")
        assert app.query_one(PromptArea).text == "one?x"
