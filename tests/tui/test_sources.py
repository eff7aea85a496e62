"""Sources: listed beside the answer, opened where they stand, marked, copied, and honest when there are none."""

from pathlib import Path

from rich.cells import cell_len
from textual.widgets import OptionList, SelectionList, Switch

from lorag.tui.passage_screen import PassageScreen, marked_text
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar, describe_source
from lorag.tui.texts import Texts
from lorag.tui.view import Source
from tests.tui.support import LEAVE, SIZE, World, ask, messages, ready, send, text_of, wait_until

ANSWER = "Sick leave is paid for six weeks [3]; you have 25 days of annual leave [1]."
QUESTION = "How many days of annual leave and how is sick leave paid?"


async def test_sources_are_numbered_as_cited_with_place_score_and_verdict(library: World) -> None:
    library.engine.answers = [ANSWER]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, QUESTION)
        listed = [str(option.prompt) for option in app.query_one("#sources", OptionList).options]
        numbers = [line.split()[0] for line in listed]
        assert numbers[0].startswith("[")
        assert numbers == sorted(numbers, reverse=False) or "·" in numbers
        assert "line " in listed[0]
        assert "score" in listed[0]
        assert "›" in listed[0]
        assert "quote" in listed[0]


async def test_enter_on_a_source_opens_it_where_it_stands_with_the_quote_marked(library: World) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        await pilot.press("ctrl+s", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        assert isinstance(app.screen, PassageScreen)
        _, marked, after = marked_text(app.screen._passage)
        assert marked.plain == messages(app)[1].sources[0].quote
        assert "Sick leave" in after.plain
        assert "handbook.md" in text_of(app, ".passage-place")
        await pilot.press("escape")
        assert not isinstance(app.screen, PassageScreen)


async def test_a_number_in_the_answer_opens_its_source(library: World) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        await send(pilot, "/source 2")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        await pilot.press("escape")
        paragraph = app.query_one("AnswerView MarkdownParagraph")
        column = str(paragraph.render()).index("[2]") + 1
        await pilot.click(paragraph, offset=(column, 0))
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        assert "25 days" in text_of(app, "#passage")


async def test_a_source_that_changed_since_is_shown_as_it_was_sent(library: World) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        library.add("handbook.md", "# Handbook\n\nNothing of that is left here.\n")
        await pilot.press("ctrl+s", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        assert "changed or is gone" in text_of(app, ".passage-note")
        assert "25 days" in text_of(app, "#passage")


async def test_the_keys_stay_on_a_source_when_the_answer_is_drawn_again(library: World) -> None:
    library.engine.answers = [ANSWER]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, QUESTION)
        await pilot.press("ctrl+s", "down")
        sidebar = app.query_one(Sidebar)
        before = sidebar.focused_source()
        sidebar.show_answer(messages(app)[1])
        assert sidebar.focused_source() == before == messages(app)[1].sources[1]
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))


async def test_a_source_opens_in_the_editor_at_its_line(library: World) -> None:
    from lorag.tui.editor import at_line, editor_command

    source = library.folder / "documents" / "handbook.md"
    assert at_line(editor_command({"EDITOR": "vim -R"}), source, 5) == ["vim", "-R", "+5", str(source)]
    assert at_line(["code"], source, 5) == ["code", "--wait", "--goto", f"{source}:5"]
    assert at_line(["hx"], source, 5) == ["hx", f"{source}:5"]
    assert at_line(["unknown"], source, 5) == ["unknown", str(source)]
    assert LEAVE.splitlines()[4].startswith("Every employee")


async def test_when_nothing_was_relevant_the_sidebar_says_so(library: World) -> None:
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "When does the ferry to Jeju sail?")
        assert "No passage was relevant enough" in text_of(app, "#query")
        assert not app.query_one("#sources").display


async def test_an_answer_without_documents_says_so(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "hello")
        assert text_of(app, "#query") == "Answered without documents."


async def test_choosing_an_earlier_answer_shows_its_sources(library: World) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2].", "Paid for six weeks [1]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        await ask(pilot, "How is sick leave paid?")
        assert "sick leave" in text_of(app, "#query")
        await pilot.press("alt+up")
        assert "annual leave" in text_of(app, "#query")
        await pilot.press("alt+down")
        assert "sick leave" in text_of(app, "#query")


async def test_only_the_chosen_collections_are_searched(library: World) -> None:
    library.add("other.md", "# Ferry\n\nThe ferry to Jeju sails at nine.\n", collection="travel")
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.session is not None
        choices = app.query_one("#collections", SelectionList)
        assert choices.option_count == 2
        choices.deselect("default")
        await wait_until(pilot, lambda: app.session is not None and app.session.collections == ("travel",))
        await send(pilot, "/collection default")
        assert app.session.collections == ("default",)
        await pilot.press("alt+o", "up", "enter")
        await wait_until(pilot, lambda: app.session is not None and app.session.collections == ())


async def test_the_switch_in_the_sidebar_turns_retrieval_off(library: World) -> None:
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.session is not None
        app.query_one("#rag", Switch).toggle()
        await wait_until(pilot, lambda: app.session is not None and not app.session.rag)
        assert "RAG off" in text_of(app, "#status")


async def test_the_sidebar_hides_itself_where_it_is_narrow_and_comes_over_the_chat_when_asked(world: World) -> None:
    async with world.app().run_test(size=(80, 24)) as pilot:
        app = await ready(pilot)
        sidebar = app.query_one(Sidebar)
        assert not sidebar.is_on_screen or sidebar.size.width == 0
        await pilot.press("f2")
        await wait_until(pilot, lambda: sidebar.size.width > 0)
        await pilot.press("f2")
        await wait_until(pilot, lambda: sidebar.size.width == 0)
        await pilot.resize_terminal(160, 48)
        await wait_until(pilot, lambda: sidebar.size.width > 0)


async def test_the_sidebar_shows_the_sources_of_another_answer_from_the_first_on(library: World) -> None:
    async with library.app().run_test(size=(80, 14)) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        sidebar = app.query_one(Sidebar)
        await pilot.press("f2")
        await wait_until(pilot, lambda: sidebar.max_scroll_y > 0)
        sidebar.scroll_end(animate=False)
        await wait_until(pilot, lambda: sidebar.scroll_y > 0)
        await ask(pilot, "How long is sick leave paid?")
        await wait_until(pilot, lambda: sidebar.scroll_y == 0)
        assert sidebar.max_scroll_y > 0


def test_a_long_title_leaves_room_for_where_it_stands() -> None:
    source = Source(
        1, Path("long.md"), "제목 " * 60, "default", ("A",), None, 3, 3, 0, 4, "word", verified=True, score=0.5,
        passage_text="word", passage_start=0,
    )  # fmt: skip
    title, place, *_ = describe_source(source, Texts("en")).plain.split("\n")
    assert cell_len(title) <= 80
    assert title.endswith("…")
    assert place == "    line 3  score 0.500"


async def test_the_sidebar_stays_hidden_after_a_restart(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("f2")
    async with world.app().run_test(size=SIZE) as pilot:
        assert (await ready(pilot)).query_one(Sidebar).size.width == 0


async def test_the_passage_of_a_document_that_is_gone_is_still_there(library: World) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        assert app.session is not None
        [document] = app.session.core.library.find("handbook")
        app.session.core.library.remove([document.id])
        await pilot.press("ctrl+s", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        assert "25 days" in text_of(app, "#passage")


async def test_the_list_of_sources_has_the_keys_only_while_it_is_on_screen(library: World) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=(80, 24)) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        prompt, sources = app.query_one(PromptArea), app.query_one("#sources")
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: sources.has_focus and sources.region.width > 0)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        await pilot.press("escape", "f2", "x")
        await wait_until(pilot, lambda: prompt.text == "x" and app.query_one(Sidebar).size.width == 0)
        await pilot.resize_terminal(*SIZE)
        await wait_until(pilot, lambda: app.query_one(Sidebar).size.width > 0)
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: sources.has_focus)
        await pilot.resize_terminal(80, 24)
        await wait_until(pilot, lambda: prompt.has_focus)
        await pilot.press("y")
        assert prompt.text == "xy"


async def test_the_keys_go_from_number_to_number_and_open_one(library: World) -> None:
    library.engine.answers = [ANSWER]
    async with library.app().run_test(size=(80, 24)) as pilot:
        app = await ask(pilot, QUESTION)
        cited = [source for source in messages(app)[1].sources if source.n is not None]
        await pilot.press("enter")
        assert len(app.screen_stack) == 1
        facts = text_of(app, ".answer-footer")
        for source in cited:
            await pilot.press("alt+s")
            assert text_of(app, ".answer-footer").startswith(f"[{source.n}] ")
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PassageScreen))
        assert text_of(app, ".dialog-title").startswith(f"[{cited[-1].n}]")
        await pilot.press("escape", "alt+s")
        assert text_of(app, ".answer-footer") == facts
        await pilot.press("enter")
        assert len(app.screen_stack) == 1
