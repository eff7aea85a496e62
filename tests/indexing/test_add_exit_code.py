"""What ``lorag add`` returns when files fail, and what is said of them later."""

from pathlib import Path

import pytest

from lorag.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.txt").write_text("good words")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 cut")
    return folder


@pytest.mark.parametrize(
    ("names", "code"), [([""], 0), (["bad.pdf"], 1), (["bad.pdf", "good.txt"], 0), (["", "bad.pdf"], 1)]
)
def test_it_is_1_when_every_file_that_was_named_failed(folder: Path, names: list[str], code: int):
    assert main(["add", *(str(folder / name) for name in names)]) == code


def test_a_file_that_a_limit_kept_out_is_read_as_the_report_says(folder: Path, monkeypatch, capsys):
    (folder / "rows.json").write_text("[" * 50 + '"deep"' + "]" * 50)
    named = str(folder / "rows.json")
    monkeypatch.setenv("LORAG_MAX_NESTING", "20")
    assert main(["add", named]) == 1
    monkeypatch.delenv("LORAG_MAX_NESTING")

    assert main(["sync"]) == 0
    assert (
        "failed before and unchanged since: 1; lorag list --failed says why, lorag add tries" in capsys.readouterr().out
    )
    assert main(["add", named]) == 0
    assert "1 updated" in capsys.readouterr().out
