"""One question answered side by side."""

import pytest

from tests.tui.support import SIZE, World, compared, comparison, messages, ready, send, text_of, turn_ended, wait_until

QUESTION = "How many days of annual leave?"
ANSWERS = ["From nowhere.", "In style.", "You have 25 days [2].", "25 days, in style [2]."]


async def test_four_ways_are_answered_one_after_another_and_the_chosen_one_is_kept(library: World) -> None:
    library.adapters, library.engine.answers = {"polite": ""}, list(ANSWERS)
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        screen = await compared(pilot, QUESTION)
        answers = [column.answer for column in screen.columns]
        assert [answer.text for answer in answers if answer] == ANSWERS
        assert [bool(answer.adapters) for answer in answers if answer] == [False, True, False, True]
        assert [bool(answer.search) for answer in answers if answer] == [False, False, True, True]
        assert "handbook.md" in text_of(app, ".compare-sources") or "Handbook" in text_of(app, ".compare-sources")
        await pilot.press("left", "enter")
        await wait_until(pilot, lambda: len(app.screen_stack) == 1 and len(messages(app)) == 2)
        assert (messages(app)[1].text, messages(app)[1].version, messages(app)[1].versions) == (ANSWERS[2], 3, 4)
        assert app.session is not None
        assert (app.session.adapters, app.session.rag) == ({}, True)


async def test_without_an_adapter_the_model_is_compared_with_the_documents(library: World) -> None:
    library.engine.answers = ["From nowhere.", "You have 25 days [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        screen = await compared(pilot, QUESTION)
        assert len(screen.columns) == 2


async def test_an_earlier_question_is_compared_with_a_key_and_stopped_with_another(library: World) -> None:
    library.adapters = {"polite": ""}
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, QUESTION)
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        library.engine.hold_after = 3
        await pilot.press("f7")
        await wait_until(pilot, library.engine.held.is_set)
        screen = comparison(app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: not screen.running)
        assert [column.answer is not None for column in screen.columns] == [True, False, False, False]
        await pilot.press("escape")
        await wait_until(pilot, lambda: len(app.screen_stack) == 1 and messages(app)[1].versions == 2)
        assert messages(app)[1].status == "stopped"


async def test_columns_become_tabs_where_it_is_narrow(library: World) -> None:
    library.adapters, library.engine.answers = {"polite": ""}, list(ANSWERS)
    async with library.app().run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot, QUESTION)
        assert [column.size.width > 0 for column in screen.columns] == [False, False, False, True]
        await pilot.press("right")
        await wait_until(pilot, lambda: screen.columns[0].size.width > 0)
        assert screen.columns[3].size.width == 0
        await pilot.resize_terminal(160, 48)
        await wait_until(pilot, lambda: all(column.size.width > 0 for column in screen.columns))


async def test_a_failure_in_one_column_does_not_end_the_others(library: World) -> None:
    library.engine.answers, library.engine.dies_after = ["From nowhere.", "You have 25 days [2]."], 4
    async with library.app().run_test(size=SIZE) as pilot:
        screen = await compared(pilot, QUESTION)
        assert [column.answer.status for column in screen.columns if column.answer] == ["failed", "complete"]


@pytest.mark.parametrize("close_at_once", [False, True], ids=["stopped then closed", "closed while it stops"])
async def test_ctrl_c_stops_the_answers_and_then_closes_them(library: World, close_at_once: bool) -> None:
    library.adapters, library.engine.answers = {"polite": ""}, ["From nowhere.", "Second."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        library.engine.hold_after = 4
        await send(pilot, f"/compare {QUESTION}")
        screen = comparison(app)
        await wait_until(pilot, library.engine.held.is_set)
        if close_at_once:
            # Both before the engine has had a chance to stop.
            await app.action_interrupt()
            await app.action_interrupt()
        else:
            await pilot.press("ctrl+c")
            await wait_until(pilot, lambda: not screen.running)
            assert app.screen is screen
            await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: len(app.screen_stack) == 1 and not app.streaming and len(messages(app)) == 2)
        await turn_ended(pilot)
        assert (messages(app)[1].text, messages(app)[1].status) == ("From", "stopped")
        assert not app._notifications


async def test_an_answer_stopped_before_its_first_word_does_not_stay_beside_others(library: World) -> None:
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, QUESTION)
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        library.engine.hold_after = 0
        await pilot.press("f7")
        await wait_until(pilot, library.engine.held.is_set)
        screen = comparison(app)
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: not screen.running)
        await pilot.press("enter")
        assert app.screen is screen
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: len(app.screen_stack) == 1)
        assert (messages(app)[1].text, messages(app)[1].versions) == ("Hello.", 1)
