"""How the app is started: what is imported, which folder it uses, and what ends it before it begins."""

import argparse
from pathlib import Path

import pytest

from lorag.cli.parser import build_parser
from lorag.commands.chat_app import data_folder
from lorag.commands.setup import settings_from
from lorag.errors import ModelError
from lorag.tui.app import LoragApp
from lorag.tui.core import Core, Places
from tests.tui.support import SIZE, wait_until


@pytest.mark.parametrize("source", ["flag", "environment", "dotenv", "default"])
def test_the_folder_used_before_the_settings_are_read_is_theirs(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LORAG_DATA_DIR")
    if source == "environment":
        monkeypatch.setenv("lorag_data_dir", "~/here")
    if source == "dotenv":
        (tmp_path / ".env").write_text("LORAG_DATA_DIR=/somewhere/else\n")
    flags = ["--data-dir", "~/there"] if source == "flag" else []
    arguments: argparse.Namespace = build_parser().parse_args(["chat", *flags])
    assert data_folder(arguments) == settings_from(arguments).data_dir


async def test_when_there_can_be_no_chat_the_reason_is_told_after_the_screen_is_gone(tmp_path: Path) -> None:
    def open_core() -> Core:
        raise ModelError("there is no model nowhere")

    places = Places(tmp_path / "interface.json", tmp_path / "history", tmp_path / "draft", tmp_path)
    app = LoragApp(open_core, places)
    async with app.run_test(size=SIZE) as pilot:
        await wait_until(pilot, lambda: app.fatal is not None)
    assert str(app.fatal) == "there is no model nowhere"
