"""Files attached to a question: they answer it whenever it is answered, in the scale of the library's scores."""

import unicodedata
from pathlib import Path

from lorag.chat.attach import AttachedFiles
from lorag.chat.mentions import mentioned_files, without_mentions
from lorag.retrieval.terms import BigramSplitter
from lorag.tui.prompt import PromptArea
from tests.tui.support import LIMITS, SIZE, World, answering, ask, compared, messages, ready, send, text_of, wait_until

RENT = "Rent is due on the third day of each month."
QUESTION = "@rent.txt When is rent due?"


def rent(world: World) -> Path:
    """Write a file that the library does not hold."""
    path = world.folder / "rent.txt"
    path.write_text(RENT, encoding="utf-8")
    return path


async def test_an_answer_given_again_reads_the_attached_file_too(library: World) -> None:
    rent(library)
    library.adapters, library.engine.answers = {"polite": ""}, ["The third [1].", "The third, please [1]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, QUESTION)
        await pilot.press("f5", "down", "enter")
        await wait_until(pilot, lambda: messages(app)[1].versions == 2 and not app.streaming)
        assert RENT in library.engine.prompt
        assert {source.path.name for source in messages(app)[1].sources} == {"rent.txt"}


async def test_an_attached_file_is_left_out_only_when_that_is_asked_for(world: World) -> None:
    rent(world)
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/rag off")
        await ask(pilot, QUESTION)
        await pilot.press("f5", "enter")
        await wait_until(pilot, lambda: messages(app)[1].versions == 2 and not app.streaming)
        assert RENT in world.engine.prompt
        await pilot.press("f5")
        await pilot.press(*"off", "enter")
        await wait_until(pilot, lambda: messages(app)[1].versions == 3 and not app.streaming)
        assert RENT not in world.engine.prompt
        assert app.session is not None
        assert app.session.rag is False


async def test_a_comparison_answers_from_the_attached_file(library: World) -> None:
    rent(library)
    library.engine.answers = ["From nowhere.", "The third [1]."]
    async with library.app().run_test(size=SIZE) as pilot:
        screen = await compared(pilot, QUESTION)
        found = [{source.path.name for source in column.answer.sources} for column in screen.columns if column.answer]
        assert found == [set(), {"rent.txt"}]


async def test_an_attached_file_that_is_gone_is_named_when_its_question_is_answered_again(world: World) -> None:
    (world.folder / "notes").mkdir()
    path = rent(world).rename(world.folder / "notes" / "rent.txt")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "@notes/rent.txt When is rent due?")
        path.unlink()
        await pilot.press("f5", "enter")
        await wait_until(pilot, lambda: app._notifications)
        assert [n.message for n in app._notifications] == ["the attached file notes/rent.txt is not there any more"]
        assert len(messages(app)) == 2
        assert app.query_one(PromptArea).text == "@notes/rent.txt When is rent due?"


async def test_a_file_that_is_missing_costs_neither_the_draft_nor_the_questions_behind_it(world: World) -> None:
    world.engine.answers, world.engine.hold_after = ["One.", "Three."], 2
    async with world.app().run_test(size=SIZE) as pilot:
        app = await answering(world, pilot, "one?")
        await send(pilot, "@notes/rent.txt two?", "three?")
        app.query_one(PromptArea).put("a draft")
        world.engine.release()
        await wait_until(pilot, lambda: len(messages(app)) == 4 and not app.streaming)
        assert [message.text for message in messages(app)] == ["one?", "One.", "three?", "Three."]
        assert app.query_one(PromptArea).text == "@notes/rent.txt two?\n\na draft"


async def test_what_was_searched_and_its_scores_read_like_those_of_the_library(world: World) -> None:
    rent(world)
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, QUESTION)
        assert text_of(app, "#query") == "Searched: When is rent due?"
        assert all(0 <= source.score <= 1 for source in messages(app)[1].sources)


def test_the_piece_that_holds_the_words_of_the_question_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "house.md"
    path.write_text(f"# Cats\n\nNo cats.\n\n# Rent\n\n{RENT}\n\n# Keys\n\nTwo keys.\n", encoding="utf-8")
    files = AttachedFiles([path], LIMITS, BigramSplitter(), chunk_tokens=12)

    found = files.search("@house.md When is rent due?")

    assert "third day" in found.passages[0].text
    scores = [passage.score for passage in found.passages]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 1


def test_only_the_names_of_attached_files_are_taken_out_of_a_question(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "임대 계약.md")).write_text("x", encoding="utf-8")
    question = '@kim "quoted" @"임대 계약.md" 월세는?'

    files = mentioned_files(question, tmp_path).found

    assert len(files) == 1
    assert without_mentions(question, files) == '@kim "quoted" 월세는?'
