"""The library inside the app: documents are read while one chats, looked through, and removed."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.widgets import Input, OptionList

from lorag.tui.dialogs import Reader, dialog_width
from lorag.tui.library_screen import LibraryScreen
from lorag.tui.picker import Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.training import result_of, training_command
from tests.tui.support import LEAVE, SIZE, World, messages, ready, send, text_of, wait_until

TRAINING: list[object] = [
    {"event": "stage", "stage": "read", "message": "reading refunds.jsonl"},
    {"event": "step", "step": 1, "total_steps": 2, "loss": 2.5},
    {"event": "result", "name": "refunds", "verdict": "keep", "words": "Keep it.", "adapter": "/a/refunds",
     "model": None, "table": {"columns": ["", "점수"], "rows": [["base", "0.1"], ["tuned", "0.9"]]}},
]  # fmt: skip


def stand_in(
    folder: Path, lines: Sequence[object], *, code: int = 0, complaint: str = "", waits_for: Path | None = None
) -> list[str]:
    """Return a program that prints what a run of lorag would print, and then waits for a file, or to be interrupted."""
    script = folder / "stand_in.py"
    printed = "\n".join(json.dumps(line) for line in lines)
    wait = f"while not pathlib.Path({str(waits_for)!r}).exists(): time.sleep(0.01)" if waits_for else ""
    script.write_text(
        f"import pathlib, sys, time\nprint({printed!r}, flush=True)\n{wait}\n"
        f"sys.stderr.write({complaint!r})\nsys.exit({code})\n"
    )
    return [sys.executable, str(script)]


def touch(path: Path) -> None:
    path.write_text("")


READING = {"event": "file_done", "path": "/d/a.md", "outcome": "added", "files_done": 3, "files": 9}


async def test_a_folder_is_read_while_one_chats_and_can_be_asked_about(world: World) -> None:
    (world.folder / "leave").mkdir()
    (world.folder / "leave" / "handbook.md").write_text(LEAVE, encoding="utf-8")
    world.engine.answers = ["You have 25 days of annual leave [2]."]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/add leave")
        assert app.job_text
        await wait_until(pilot, lambda: "documents: 1" in text_of(app, "#library-state"), seconds=60)
        await wait_until(pilot, lambda: not app.job_text, seconds=60)
        await send(pilot, "How many days of annual leave?")
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        assert messages(app)[1].sources[0].path.name == "handbook.md"


async def test_progress_stands_in_the_sidebar_and_the_report_is_told(world: World) -> None:
    go = world.folder / "go"
    world.lorag = tuple(stand_in(world.folder, [READING], waits_for=go))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("f9")
        await wait_until(pilot, lambda: "reading 3/9: a.md" in text_of(app, "#library-state"))
        assert "reading 3/9: a.md" in text_of(app, "#status")
        await send(pilot, "/sync")
        assert "documents are being read already" in [n.message for n in app._notifications]
        await send(pilot, "hello")
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        go.touch()
        await wait_until(pilot, lambda: not app.job_text, seconds=20.0)


async def test_a_run_that_failed_is_one_clear_line(world: World) -> None:
    world.lorag = tuple(stand_in(world.folder, [], code=1, complaint="lorag: the disk is full\n"))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("f9")
        await wait_until(pilot, lambda: any("failed" in notice.message for notice in app._notifications))
        told = [notice.message for notice in app._notifications if "failed" in notice.message]
        assert told == ["Reading failed: the disk is full"]


async def test_a_report_with_files_that_could_not_be_read_claims_nothing_else(world: World) -> None:
    report = {"event": "sync_report", "added": 1, "updated": 0, "removed": 0, "failed": 2}
    world.lorag = tuple(stand_in(world.folder, [report]))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("f9")
        await wait_until(pilot, lambda: app._notifications)
        [notice] = app._notifications
        assert notice.message.startswith("Not every file could be read. 1 added")


async def test_the_greeting_knows_the_first_documents(world: World) -> None:
    (world.folder / "handbook.md").write_text(LEAVE, encoding="utf-8")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert "Ask anything" in text_of(app, "#greeting")
        await send(pilot, "/add handbook.md")
        await wait_until(pilot, lambda: "your documents (1)" in text_of(app, "#greeting"), seconds=60)


async def test_a_path_that_does_not_exist_is_said_at_once(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/add nowhere.md")
        assert [n.message for n in app._notifications] == [f"{world.folder / 'nowhere.md'} does not exist"]


async def test_documents_are_found_looked_into_and_removed(library: World) -> None:
    library.add("ferry.md", "# Ferry\n\nThe ferry to Jeju sails at nine.\n")
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+l")
        assert isinstance(app.screen, LibraryScreen)
        listed = app.screen.query_one(OptionList)
        assert listed.option_count == 2
        await pilot.press(*"ferry")
        await wait_until(pilot, lambda: listed.option_count == 1)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, Reader))
        assert "sails at nine" in text_of(app, ".reader-body Static")
        await pilot.press("escape", "ctrl+d")
        assert "again" in text_of(app, ".library-detail")
        await pilot.press("ctrl+d")
        await wait_until(pilot, lambda: listed.option_count == 0)
        await pilot.press("escape")
        assert "documents: 1" in text_of(app, "#library-state")


async def test_the_greeting_counts_the_documents_that_are_left(library: World) -> None:
    library.add("second.md", "# Second\n\nText.\n")
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert "(2)" in text_of(app, "#greeting")
        await pilot.press("ctrl+l", "ctrl+d", "ctrl+d", "escape")
        await wait_until(pilot, lambda: "(1)" in text_of(app, "#greeting"))


async def test_what_could_not_be_read_is_listed_with_its_reason(world: World) -> None:
    world.add("broken.pdf", "%PDF-1.7\n1 0 obj\n")
    world.add("good.md", "# Good\n\nText.\n")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert "could not be read: 1" in text_of(app, "#library-state")
        await pilot.press("ctrl+l", "f4")
        listed = app.screen.query_one(OptionList)
        await wait_until(pilot, lambda: listed.option_count == 1)
        assert "broken.pdf" in str(listed.options[0].prompt)
        assert len(text_of(app, ".library-detail").splitlines()) == 2


async def test_the_palette_jumps_to_a_document(library: World) -> None:
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+p")
        await pilot.press(*"handbook", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, LibraryScreen))
        assert app.screen.query_one(Input).value.endswith("handbook.md")
        assert app.screen.query_one(OptionList).option_count == 1


async def test_training_is_followed_and_its_adapter_offered(world: World) -> None:
    (world.folder / "refunds.jsonl").write_text("{}\n", encoding="utf-8")
    world.adapters, world.lorag = {"refunds": ""}, tuple(stand_in(world.folder, TRAINING))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/train refunds.jsonl --name refunds")
        await wait_until(pilot, lambda: isinstance(app.screen, Picker))
        title = text_of(app, ".dialog-title")
        assert title.splitlines() == ["refunds: Keep it.", "       점수", "───────────", "base    0.1", "tuned   0.9"]
        await pilot.press("enter")
        await wait_until(pilot, lambda: app.session is not None and app.session.adapters == {"refunds": 1.0})


async def test_on_a_small_screen_an_offer_says_where_its_table_is_and_can_be_taken(world: World) -> None:
    (world.folder / "refunds.jsonl").write_text("{}\n", encoding="utf-8")
    table = {"columns": ["", *(f"figure {at}" for at in range(14))], "rows": [["tuned", *["1,234.5"] * 14]]}
    result = {"event": "result", "name": "refunds", "words": "Keep it.", "adapter": "/a/refunds", "table": table}
    world.adapters = {"refunds": ""}
    world.lorag = tuple(stand_in(world.folder, [{**result, "report": "/runs/refunds/report.md"}]))
    async with world.app().run_test(size=(80, 24)) as pilot:
        app = await ready(pilot)
        await send(pilot, "/train refunds.jsonl")
        await wait_until(pilot, lambda: isinstance(app.screen, Picker))
        told = ["refunds: Keep it.", "The figures are in /runs/refunds/report.md"]
        assert text_of(app, ".dialog-title").splitlines() == told
        assert app.screen.query_one(OptionList).size.height >= 2
        await pilot.press("enter")
        await wait_until(pilot, lambda: app.session is not None and app.session.adapters == {"refunds": 1.0})


async def test_an_offer_waits_while_somebody_types(world: World) -> None:
    go = world.folder / "go"
    world.lorag = tuple(stand_in(world.folder, TRAINING, waits_for=go))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/train x.jsonl")
        app.query_one(PromptArea).put("half a question")
        go.write_text("")
        await wait_until(pilot, lambda: app.training is None)
        assert len(app.screen_stack) == 1
        await pilot.press("alt+y")
        assert isinstance(app.screen, Picker)


async def test_training_can_be_stopped_and_shows_how_far_it_is(world: World) -> None:
    world.lorag = tuple(stand_in(world.folder, TRAINING[:2], waits_for=world.folder / "never"))
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/train x.jsonl")
        await wait_until(pilot, lambda: text_of(app, "#training") == "training: step 1/2, loss 2.500")
        assert "step 1/2" in text_of(app, "#status")
        await pilot.press("alt+y", "down", "enter")
        await wait_until(pilot, lambda: app.training is None)
        assert not app.query_one("#training").display
        assert [n.message for n in app._notifications] == []


@pytest.mark.parametrize("screen", [160, 80])
def test_the_table_of_a_run_keeps_its_rows_whole_in_the_dialog_that_shows_it(screen: int) -> None:
    columns = [
        "",
        "손실",
        "일치",
        "포함",
        "단어 F1",
        "글자 F1",
        "문맥 따름",
        "모름 인정",
        "당혹도",
        "KL",
        "멈춤",
        "토큰/초",
    ]
    rows = [
        [name, "10.44", "0 %", "0 %", "2 %", "21 %", "100 %", "91 %", "2,310.4", "1.278", "100 %", "1,256"]
        for name in ("기반", "기반 + RAG", "학습", "학습 + RAG")
    ]
    result = result_of({"event": "result", "name": "refunds", "table": {"columns": columns, "rows": rows}})
    assert result is not None
    assert result.table is not None
    lines = result.table.as_text(dialog_width(screen)).split("\n")
    assert max(map(cell_len, lines)) <= dialog_width(screen)
    # On its side where it is too wide: a line a row, or a line a column.
    assert len(lines) in (2 + len(rows), 1 + len(columns))


def test_training_gets_the_model_in_use_and_whole_paths(tmp_path: Path) -> None:
    (tmp_path / "내 예시.jsonl").write_text("{}\n", encoding="utf-8")
    command = training_command('"내 예시.jsonl" --name mine', Path("/m/base.gguf"), tmp_path)
    assert command == [
        "train", str(tmp_path / "내 예시.jsonl"), "--name", "mine", "--yes", "--json", "--base", "/m/base.gguf",
    ]  # fmt: skip
    assert "--base" not in training_command("--resume mine", Path("/m/base.gguf"), tmp_path)
