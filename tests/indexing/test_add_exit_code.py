"""What ``lorag add`` returns when files fail."""

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
