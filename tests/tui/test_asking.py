"""Questions and their answers: asked, stopped, failed, asked again, asked differently."""

import re

from textual.widgets import Static

from lorag.chat.turn import TurnOptions
from lorag.tui.messages import AnswerView, QuestionView
from lorag.tui.prompt import PromptArea
from lorag.tui.transcript import Transcript
from tests.tui.support import SIZE, World, answering, ask, messages, ready, send, text_of, wait_until

ANSWER = "You have 25 days of annual leave [2]."


async def test_an_answer_with_its_sources_is_shown_and_saved(library: World) -> None:
    library.engine.answers = [ANSWER]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        [asked, answer] = messages(app)
        assert (asked.text, answer.text, answer.status) == ("How many days of annual leave?", ANSWER, "complete")
        assert [source.n for source in answer.sources if source.n] == [2]
        assert "Searched: How many days of annual leave?" in text_of(app, "#query")
    [chat] = library.chats().recent()
    assert (chat.title, chat.n_messages) == ("How many days of annual leave?", 2)


async def test_every_answer_names_the_model_and_adapters_that_wrote_it(world: World) -> None:
    world.adapters = {"refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/adapter refunds=0.5")
        app = await ask(pilot, "hello")
        assert text_of(app, "AnswerView .message-header") == "fake + refunds=0.5"


async def test_what_is_typed_while_an_answer_streams_is_asked_next(world: World) -> None:
    world.engine.answers = ["First answer.", "Second answer."]
    world.engine.hold_after = 5
    async with world.app().run_test(size=SIZE) as pilot:
        app = await answering(world, pilot, "one?", "two?")
        assert app.queued == ["two?"]
        assert text_of(app, "#queued") == "next: two?"
        world.engine.release()
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
        assert [m.text for m in messages(app)] == ["one?", "First answer.", "two?", "Second answer."]


async def test_a_question_typed_before_the_library_is_open_is_asked_when_it_is(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = world.apps[0]
        app.query_one(PromptArea).put("early?")
        await pilot.press("enter")
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        assert messages(app)[1].text == "Hello."


async def test_stop_keeps_the_partial_answer_and_gives_waiting_questions_back(world: World) -> None:
    world.engine.answers = ["A long answer that is stopped."]
    world.engine.hold_after = 13
    async with world.app().run_test(size=SIZE) as pilot:
        app = await answering(world, pilot, "one?", "two?")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not app.streaming)
        assert (messages(app)[1].text, messages(app)[1].status) == ("A long answer", "stopped")
        assert app.query_one(PromptArea).text == "two?"
        assert "stopped" in text_of(app, "AnswerView .answer-footer")
    [chat] = world.chats().recent()
    assert [m.status for m in world.chats().messages(chat.id)] == ["complete", "stopped"]


async def test_a_dead_engine_is_a_message_and_restart_brings_it_back(world: World) -> None:
    world.engine.answers = ["Never heard.", "Back again."]
    world.engine.dies_after = 5
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        assert (messages(app)[1].text, messages(app)[1].status) == ("Never", "failed")
        assert "the engine process ended" in text_of(app, "AnswerView .answer-footer")
        assert "/restart" in text_of(app, "#status")
        [told] = [notification.message for notification in app._notifications]
        assert "Alt+Z" in told
        assert "the engine process ended" not in told
        await pilot.press("alt+z")
        await wait_until(pilot, lambda: not app.engine_problem)
        await send(pilot, "two?")
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
        assert messages(app)[3].text == "Back again."


async def test_asking_again_makes_a_version_that_can_be_stepped_to(world: World) -> None:
    world.engine.answers = ["First.", "Second."]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await pilot.press("f5")
        await pilot.press("enter")
        await wait_until(pilot, lambda: messages(app)[1].text == "Second." and not app.streaming)
        assert (messages(app)[1].version, messages(app)[1].versions) == (2, 2)
        assert "‹ 2/2 ›" in text_of(app, "AnswerView .message-header")
        await pilot.press("alt+left")
        assert [m.text for m in messages(app)] == ["one?", "First."]
        await pilot.press("alt+right")
        assert [m.text for m in messages(app)] == ["one?", "Second."]


async def test_asking_again_with_an_adapter_does_not_switch_it_on(world: World) -> None:
    world.adapters = {"refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await pilot.press("f5")
        await pilot.press(*"refunds", "enter")
        await wait_until(pilot, lambda: messages(app)[1].versions == 2 and not app.streaming)
        assert messages(app)[1].adapters == (("refunds", 1.0),)
        assert app.session is not None
        assert app.session.adapters == {}


async def test_an_edited_question_begins_a_branch_and_the_old_one_stays(world: World) -> None:
    world.engine.answers = ["First.", "Second.", "Third."]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "one?")
        await send(pilot, "two?")
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
        await pilot.press("alt+up")
        await pilot.press("f6")
        assert app.query_one(PromptArea).text == "one?"
        await send(pilot, "ONE?")
        await wait_until(pilot, lambda: not app.streaming and len(messages(app)) == 2)
        assert [m.text for m in messages(app)] == ["ONE?", "Third."]
        assert "‹ 2/2 ›" in text_of(app, "QuestionView .message-header")
        await pilot.press("alt+left")
        assert [m.text for m in messages(app)] == ["one?", "First.", "two?", "Second."]


async def test_an_attached_file_answers_one_question_only(world: World) -> None:
    (world.folder / "rent.txt").write_text("Rent is due on the third day of each month.", encoding="utf-8")
    world.engine.answers = ["On the third day [1].", "I do not know."]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "@rent.txt When is rent due?")
        assert "Rent is due on the third day" in world.engine.prompt
        assert messages(app)[1].sources[0].path.name == "rent.txt"
        await send(pilot, "And now?")
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
        assert messages(app)[3].search is None


async def test_a_missing_attachment_is_named_and_the_question_stays_in_the_prompt(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "@notes/none.txt what?")
        await pilot.pause()
        assert messages(app) == []
        assert app.query_one(PromptArea).text == "@notes/none.txt what?"


async def test_without_documents_or_models_the_chat_says_in_three_lines_what_it_can_do(world: World) -> None:
    async with world.app(language="ko").run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        greeting = text_of(app, "#greeting")
        assert len(greeting.splitlines()) == 3
        assert "/add" in greeting
        assert "무엇이든 물어보세요" in greeting


async def test_what_was_left_out_of_the_prompt_stands_in_the_status_line(world: World) -> None:
    world.engine.context_tokens = 700
    world.engine.answers = ["x" * 150]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        for number in range(5):
            await ask(pilot, f"Question {number}?")
        assert "messages left out: " in text_of(app, "#status")
        await send(pilot, "/lang ko")
        await wait_until(pilot, lambda: re.search(r"오래된 메시지 \d+개 빠짐", text_of(app, "#status")))
        await pilot.press("ctrl+n")
        await wait_until(pilot, lambda: not messages(app))
        assert "빠짐" not in text_of(app, "#status")


async def test_text_that_looks_like_markup_is_shown_as_it_is(world: World) -> None:
    strange = "[/bold] [red]x[/] [b] \x1b[31mred\x1b[0m 한글 🙂"
    world.engine.answers = [strange]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, strange)
        assert text_of(app, ".question-text") == "[/bold] [red]x[/] [b] red 한글 🙂"
        assert messages(app)[1].text == strange
        assert app.query_one(AnswerView).query_one("MarkdownParagraph", Static) is not None


async def test_a_long_question_is_folded_until_it_is_clicked(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "\n".join(f"line {number}" for number in range(60)))
        assert "line 59" not in text_of(app, ".question-text")
        await pilot.click(QuestionView)
        assert "line 59" in text_of(app, ".question-text")


async def test_strict_quoting_and_rag_can_be_switched(world: World) -> None:
    world.options = TurnOptions(rag=True)
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.session is not None
        await pilot.press("f4")
        assert app.session.rag is False
        assert "RAG off" in text_of(app, "#status")
        await send(pilot, "/rag on", "/quote on")
        await pilot.pause()
        assert (app.session.rag, app.session.quote) == (True, "on")
        await pilot.press("alt+k")
        assert app.session.quote == "off"


async def test_the_transcript_follows_the_answer_until_the_reader_scrolls_away(world: World) -> None:
    world.engine.answers = ["\n\n".join(f"paragraph {number}" for number in range(80))]
    world.engine.hold_after = 400
    async with world.app().run_test(size=(100, 24)) as pilot:
        app = await answering(world, pilot, "tell me")
        transcript = app.query_one(Transcript)
        await wait_until(pilot, lambda: transcript.max_scroll_y > 0 and transcript.scroll_y == transcript.max_scroll_y)
        await pilot.press("pageup")
        await pilot.pause()
        held = transcript.scroll_y
        world.engine.release()
        await wait_until(pilot, lambda: not app.streaming)
        await pilot.pause()
        assert transcript.scroll_y == held
