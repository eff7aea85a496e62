"""``lorag add --rebuild``, with which ``make chat`` goes on after an upgrade that brought another embedder."""

from pathlib import Path

import pytest

from lorag.cli.main import main
from tests.retrieval.tiny_static import write_static_model


@pytest.fixture
def letter(tmp_path: Path) -> str:
    path = tmp_path / "letter.md"
    path.write_text("Unopened bags may be returned within 14 days.")
    return str(path)


def test_a_library_of_another_embedder_is_rebuilt_before_more_is_added(letter, tmp_path, monkeypatch, capsys):
    assert main(["add", letter]) == 0
    monkeypatch.setenv("LORAG_EMBEDDER", str(write_static_model(tmp_path / "other")))

    assert main(["add", letter]) == 1
    assert "was built with another embedder" in capsys.readouterr().err
    assert main(["add", letter, "--rebuild"]) == 0
    assert main(["search", "unopened bags"]) == 0
    assert "another embedder" not in capsys.readouterr().err


def test_a_library_that_was_cut_in_another_way_is_read_again(letter, monkeypatch, capsys):
    assert main(["add", letter]) == 0
    monkeypatch.setenv("LORAG_CHUNK_TOKENS", "100")

    assert main(["add", letter, "--rebuild"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 unchanged"


def test_there_is_nothing_to_rebuild_in_a_new_library(letter, capsys):
    assert main(["add", letter, "--rebuild"]) == 0

    assert capsys.readouterr().out.startswith("1 added")
