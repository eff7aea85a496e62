"""One table of commands: every one has a key, a slash, help in both languages, and stands in the documentation."""

import inspect
import re
import string
from pathlib import Path

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.widgets import OptionList

from lorag.tui.app import LoragApp
from lorag.tui.commands import BY_NAME, COMMANDS, Situation, key_label, nearest, parse
from lorag.tui.part import AppPart
from lorag.tui.texts import TABLES
from lorag.tui.training import STAGES
from tests.tui.support import SIZE, World, answering, messages, ready, send, text_of, wait_until

ROOT = Path(__file__).parents[2]
EATEN_BY_VS_CODE = {
    "f1",
    "f5",
    "f6",
    "f10",
    "f11",
    "ctrl+p",
    "ctrl+e",
    "ctrl+b",
    "ctrl+k",
    "ctrl+w",
    "ctrl+q",
    "ctrl+j",
}
"""Keys that its terminal keeps for itself by default (`terminal.integrated.commandsToSkipShell`)."""
OTHER_WAYS = {"quit": "Ctrl+D and Ctrl+C twice"}
ANYTHING = Situation(
    streaming=True, has_chat=True, has_answer=True, has_sources=True, has_versions=True, can_undo=True,
    engine_failed=True, core_ready=True,
)  # fmt: skip


def test_every_command_has_a_key_that_reaches_it_in_the_terminal_of_vs_code() -> None:
    without = [c.name for c in COMMANDS if not set(c.keys) - EATEN_BY_VS_CODE and c.name not in OTHER_WAYS]
    assert without == []


def test_terminals_send_no_other_key_for_an_alt_key() -> None:
    taken = [
        key for command in COMMANDS for key in command.keys if f"\x1b{key.removeprefix('alt+')}" in ANSI_SEQUENCES_KEYS
    ]
    assert taken == []


def test_no_key_does_two_things() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert sorted(keys) == sorted(set(keys))


def test_no_single_letter_is_a_key_because_a_korean_keyboard_types_other_letters() -> None:
    assert [key for command in COMMANDS for key in command.keys if key in string.ascii_lowercase] == []


def test_every_command_can_be_run() -> None:
    assert [c.name for c in COMMANDS if not hasattr(LoragApp, f"do_{c.name.replace('-', '_')}")] == []


def test_every_command_is_in_the_documentation_with_its_keys() -> None:
    page = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    rows = [f"| `/{c.name}` | {', '.join(map(key_label, c.keys))} |" for c in COMMANDS]
    assert [row for row in rows if row not in page] == []
    assert "docs/keys.md" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_every_command_is_in_the_help_with_its_keys(world: World, language: str) -> None:
    async with world.app(language=language).run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("f1")
        shown = text_of(app, ".reader-body Static")
        for command in COMMANDS:
            assert re.search(rf"/{command.name} .*{re.escape(app.texts(f'command.{command.name}'))}", shown)
            assert all(key_label(key) in shown for key in command.keys)


async def test_every_command_is_in_the_palette_when_it_makes_sense(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        monkeypatch.setattr(LoragApp, "situation", ANYTHING)
        await pilot.press("ctrl+p")
        listed = app.screen.query_one(OptionList)
        shown = "\n".join(str(option.prompt) for option in listed.options)
        sensible = [command for command in COMMANDS if command.when(ANYTHING)]
        assert [command.name for command in sensible if f"/{command.name}" not in shown] == []


def test_every_command_makes_sense_sometimes() -> None:
    idle = Situation(
        has_chat=True, has_answer=True, has_sources=True, has_versions=True, can_undo=True, core_ready=True
    )
    fresh = Situation(core_ready=True)
    assert [c.name for c in COMMANDS if not (c.when(ANYTHING) or c.when(idle) or c.when(fresh))] == []


async def test_the_palette_runs_what_is_chosen(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+p")
        await pilot.press(*"/rag", "enter")
        await pilot.pause()
        assert app.session is not None
        assert app.session.rag is False


async def test_the_keys_shown_below_are_those_that_do_something_now(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert "Esc stop" not in text_of(app, "#keys")
        app.streaming = True
        app.refresh_state()
        assert "Esc stop" in text_of(app, "#keys")
        app.streaming = False


async def test_a_command_that_has_to_wait_for_the_answer_says_so_for_its_key_as_well(world: World) -> None:
    world.engine.hold_after = 2
    async with world.app().run_test(size=SIZE) as pilot:
        app = await answering(world, pilot, "one?")
        waits = "/chats can be used when the answer is finished; Esc stops it."
        await pilot.press("ctrl+r")
        await wait_until(pilot, lambda: [told.message for told in app._notifications] == [waits])
        app.clear_notifications()
        await send(pilot, "/chats")
        await wait_until(pilot, lambda: [told.message for told in app._notifications] == [waits])
        app.clear_notifications()
        await send(pilot, "/undo")
        await wait_until(pilot, lambda: [t.message for t in app._notifications] == ["/undo cannot be used now."])
        world.engine.release()
        await wait_until(pilot, lambda: not app.streaming)
        assert [message.status for message in messages(app)] == ["complete", "complete"]


def test_a_slash_before_a_word_is_a_command_and_a_path_is_not() -> None:
    assert parse("/model qwen") is not None
    assert parse("/usr/bin is a folder?") is None
    assert parse("//model") is None
    assert parse("/model\nand more") is None
    assert parse("/도움말") is not None
    assert parse("/2024 is over") is None


def test_the_nearest_command_is_found_and_nonsense_has_none() -> None:
    assert nearest("adpter") == "adapter"
    assert nearest("zzzzzz") is None
    assert nearest("frobnicate") is None


@pytest.mark.parametrize("language", sorted(TABLES))
def test_no_text_is_missing_in_any_language(language: str) -> None:
    keys = {key for table in TABLES.values() for key in table}
    table = TABLES[language]  # type: ignore[index]
    assert sorted(keys - set(table)) == []
    assert [key for key in keys if not table[key].strip()] == []


def test_every_part_of_a_training_run_has_a_text() -> None:
    commands = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/lorag/commands").glob("train*.py"))
    told = set(re.findall(r'Stage\("([a-z]+)"', commands))

    assert told == set(STAGES)
    assert {f"stage.{stage}" for stage in STAGES} == {key for key in TABLES["en"] if key.startswith("stage.")}


def test_a_text_takes_the_same_values_in_every_language() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [key for key, text in TABLES["en"].items() if values(text) != values(TABLES["ko"][key])] == []


def test_every_text_that_the_code_asks_for_is_there_and_none_is_left_over() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src/lorag/tui").glob("*.py") if "texts_" not in path.name
    )
    asked = set(re.findall(r'"([a-z]+\.[a-z_-]+)"', code)) | {"fault", "crashed"}
    built = {key for key in TABLES["en"] if re.match(r"(command|key|group|export|quote|answer|stage|verdict)\.", key)}
    assert [key for key in TABLES["en"] if key not in asked | built] == []
    families = {key.split(".")[0] for key in TABLES["en"]}
    assert [key for key in asked if key.split(".")[0] in families and key not in TABLES["en"]] == []


def test_the_parts_of_the_app_have_no_member_in_common() -> None:
    parts = [part for part in LoragApp.__mro__ if issubclass(part, AppPart) and part is not AppPart]
    own = [name for part in parts for name in vars(part) if inspect.isfunction(vars(part)[name]) and name != "__init__"]
    assert sorted(own) == sorted(set(own))
    assert set(BY_NAME) == {command.name for command in COMMANDS}
