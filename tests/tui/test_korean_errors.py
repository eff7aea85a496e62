"""What goes wrong below the app is told in the app's language."""

from textual.widgets import OptionList

from tests.tui.support import SIZE, World, ask, ready, send, text_of, wait_until
from tests.tui.test_library import stand_in


async def test_a_command_that_fails_is_told_in_korean(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await send(pilot, "/lang ko")
        await send(pilot, "/export pdf")
        assert [n.message for n in app._notifications][-1] == "pdf: 없는 형식입니다. 고를 수 있는 것: md, json, jsonl"


async def test_a_dead_engine_is_told_in_the_language_chosen_last(world: World) -> None:
    world.engine.answers, world.engine.dies_after = ["Never heard."], 5
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        assert "the engine process ended" in text_of(app, "AnswerView .answer-footer")
        await send(pilot, "/lang ko")
        await wait_until(pilot, lambda: "엔진 프로세스가 끝났습니다" in text_of(app, "AnswerView .answer-footer"))


async def test_why_an_adapter_or_a_document_cannot_be_used_is_korean(world: World) -> None:
    world.adapters = {"refunds": "/a/refunds.gguf holds no LoRA tensors"}
    world.add("empty.md", "")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/lang ko")
        await pilot.press("ctrl+t")
        assert "LoRA 텐서가 없습니다" in str(app.screen.query_one(OptionList).options[1].prompt)
        await pilot.press("escape", "ctrl+l", "f4")
        await wait_until(pilot, lambda: "빈 파일입니다" in text_of(app, ".library-detail"))


async def test_a_run_that_failed_beside_the_chat_is_told_in_korean(world: World) -> None:
    complaint = "lorag: the disk that holds /a/library.db is full: free some space and run the command again\n"
    world.lorag = tuple(stand_in(world.folder, [], code=1, complaint=complaint))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/lang ko")
        await pilot.press("f9")
        await wait_until(
            pilot, lambda: any("디스크가 가득 찼습니다" in notice.message for notice in app._notifications)
        )
        assert not any("free some space" in notice.message for notice in app._notifications)
