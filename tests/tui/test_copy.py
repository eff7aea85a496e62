"""Copying: claimed only when the clipboard gives the text back."""

import base64
from pathlib import Path

import pytest

from lorag.tui.clipboard import ClipboardTool, copy_with, osc52
from tests.tui.support import SIZE, World, ask, messages, ready, send, wait_until

CODE = "Run this:\n\n```sh\nmake chat\n```\n\nor this:\n\n```sh\nmake test\n```\n"


def clipboard(folder: Path, *, takes: bool = True) -> ClipboardTool:
    """Return a clipboard that is a file; one that does not take says that it did."""
    held = folder / "held.txt"
    held.write_text("")
    write = f"cat > {held if takes else '/dev/null'}"
    return ClipboardTool(("sh", "-c", write), ("sh", "-c", f"cat {held}"))


async def test_a_copy_counts_only_when_it_can_be_read_back(tmp_path: Path) -> None:
    assert await copy_with([clipboard(tmp_path)], "한글 🙂\nline")
    assert (tmp_path / "held.txt").read_text() == "한글 🙂\nline"
    assert not await copy_with([clipboard(tmp_path, takes=False)], "text")
    assert not await copy_with([ClipboardTool(("no-such-program",), ("true",))], "text")


def test_the_terminal_is_asked_in_base64_and_tmux_passes_it_on() -> None:
    payload = base64.b64encode("한글".encode()).decode()
    assert osc52("한글", {}) == f"\x1b]52;c;{payload}\x07"
    assert osc52("한글", {"TMUX": "x"}) == f"\x1bPtmux;\x1b\x1b]52;c;{payload}\x07\x1b\\"
    assert osc52("x" * 200_000, {}) is None


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an xclip into the path that keeps what it is given in a file."""
    held, program = tmp_path / "held.txt", tmp_path / "bin" / "xclip"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncase "$*" in *-o*) cat "{held}";; *) cat > "{held}";; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    return held


def held_by(clipboard: Path) -> str:
    return clipboard.read_text() if clipboard.exists() else ""


async def test_an_answer_is_copied_with_one_key(world: World, copied: Path) -> None:
    world.engine.answers = ["Plain **answer** 한글."]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "hello")
        await pilot.press("f8")
        assert [n.message for n in app._notifications] == ["Copied."]
        assert held_by(copied) == "Plain **answer** 한글."


async def test_a_code_block_is_copied_and_asked_for_when_there_are_two(world: World, copied: Path) -> None:
    world.engine.answers = [CODE]
    async with world.app().run_test(size=SIZE) as pilot:
        await ask(pilot, "hello")
        await pilot.press("alt+c", "down", "enter")
        await wait_until(pilot, lambda: held_by(copied) == "make test\n")
        await send(pilot, "/copy code 1")
        assert held_by(copied) == "make chat\n"


@pytest.mark.parametrize("number", ["²", "3", "0", "two", "9" * 5000])
async def test_a_number_that_no_code_block_has_names_those_there_are(world: World, copied: Path, number: str) -> None:
    world.engine.answers = [CODE]
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "hello")
        await app.run_command("code", number)
        await pilot.pause()
        assert [n.message for n in app._notifications] == ["choose one of: 1, 2"]
        assert held_by(copied) == ""


async def test_a_source_is_copied_where_it_is_chosen_and_where_it_is_read(library: World, copied: Path) -> None:
    library.engine.answers = ["You have 25 days of annual leave [2]."]
    async with library.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "How many days of annual leave?")
        quote = messages(app)[1].sources[0].quote
        await pilot.press("ctrl+s", "f8")
        assert held_by(copied) == quote
        await send(pilot, "/copy answer")
        await pilot.press("ctrl+s", "enter", "f8")
        await wait_until(pilot, lambda: held_by(copied) == quote)


async def test_without_any_clipboard_nothing_is_claimed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "here")
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await ask(pilot, "hello")
        await pilot.press("f8")
        assert [n.message for n in app._notifications] == ["The clipboard could not be reached."]


async def test_an_answer_without_code_has_none_to_copy(world: World, copied: Path) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ask(pilot, "hello")
        await pilot.press("alt+c")
        assert [n.message for n in app._notifications] == ["There is nothing to copy."]
        assert held_by(copied) == ""
