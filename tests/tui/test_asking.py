from textual.widgets import Static

from lorag.tui.prompt import PromptArea
from lorag.tui.transcript import Transcript
from tests.tui.support import World, ask, ready, wait_until

SIZE = (160, 48)
ANSWER = "You have 25 days of annual leave [2]."


async def test_an_answer_with_its_sources_is_shown_and_saved(library: World) -> None:
    library.engine.answers = [ANSWER]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        [asked, answer] = app.query_one(Transcript).messages
        assert (asked.text, answer.text, answer.status) == ("How many days of annual leave?", ANSWER, "complete")
        assert [source.n for source in answer.sources if source.n] == [2]
        assert "Searched: How many days of annual leave?" in str(app.query_one("#query", Static).content)
    [chat] = library.chats().recent()
    assert (chat.title, chat.n_messages) == ("How many days of annual leave?", 2)


async def test_what_is_typed_while_an_answer_streams_is_asked_next(world: World) -> None:
    world.engine.answers = ["First answer.", "Second answer."]
    world.engine.hold_after = 5
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        for question in ("one?", "two?"):
            app.query_one(PromptArea).put(question)
            await pilot.press("enter")
        await wait_until(pilot, world.engine.held.is_set)
        assert app.queued == ["two?"]
        assert "two?" in str(app.query_one("#queued", Static).content)
        world.engine.release()
        await wait_until(pilot, lambda: len(app.query_one(Transcript).messages) == 4 and not app.streaming)
        assert [m.text for m in app.query_one(Transcript).messages] == [
            "one?", "First answer.", "two?", "Second answer.",
        ]  # fmt: skip
