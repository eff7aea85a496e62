"""Paths as people type them, half finished or impossible: none of them ends the chat."""

from pathlib import Path

import pytest

from lorag.adapters.folder import find_adapter
from lorag.errors import AdapterError, ModelError
from lorag.models.find import find_model
from lorag.paths import is_file, is_there, typed_path
from lorag.tui.prompt import PromptArea
from tests.tui.support import SIZE, World, messages, ready, send, wait_until

NOBODY = "~zznouser"
IMPOSSIBLE = [f"{NOBODY}/x", "x" * 300, "a\0b", "a\ud800b", f"~\0{NOBODY}/x"]


@pytest.mark.parametrize("typed", [f"/add {NOBODY}/", f"hi @{NOBODY}/x", "/add a\0b/", f"/train {NOBODY}/"])
async def test_a_path_that_cannot_be_is_typed_without_suggestions(world: World, typed: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        app.query_one(PromptArea).put(typed)
        await pilot.pause()
        assert not app.query_one(PromptArea).menu.display


@pytest.mark.parametrize("name", [f"{NOBODY}/x", "folder/" + "x" * 300, "a\0b/c"])
async def test_a_file_that_cannot_be_attached_is_named_and_the_question_stays(world: World, name: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        app.submit(f"hello @{name}")
        await wait_until(pilot, lambda: app._notifications)
        said = f"There is no file {name}. Without the @ it is asked as it is."
        assert [notice.message for notice in app._notifications] == [said]
        assert app.query_one(PromptArea).text.startswith("hello @")


async def test_a_long_word_after_an_at_sign_is_asked_as_it_is(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "hello @" + "x" * 300)
        await wait_until(pilot, lambda: len(messages(app)) == 2 and not app.streaming)
        assert messages(app)[0].text == "hello @" + "x" * 300


@pytest.mark.parametrize("command", ["/add", "/train", "/export md", "/model", "/adapter"])
@pytest.mark.parametrize("path", [f"{NOBODY}/x", "x" * 300, f"{NOBODY}/y.gguf"])
async def test_a_command_with_an_impossible_path_is_one_line(world: World, command: str, path: str) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, f"{command} {path}")
        await wait_until(pilot, lambda: app._notifications)
        assert app.is_running


@pytest.mark.parametrize("typed", IMPOSSIBLE)
def test_a_path_that_cannot_be_is_not_there(tmp_path: Path, typed: str) -> None:
    path = typed_path(typed, tmp_path)

    assert not is_there(path)
    assert not is_file(path)
    with pytest.raises(ModelError):
        find_model(typed, tmp_path)
    with pytest.raises(AdapterError):
        find_adapter(tmp_path, f"{typed}.gguf")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert typed_path("~/notes.md", Path("/elsewhere")) == tmp_path / "notes.md"
    assert typed_path("notes.md", Path("/elsewhere")) == Path("/elsewhere/notes.md")
