import json
import shutil
from pathlib import Path

import pytest

from lorag.cli.main import main
from tests.tiny_gguf import tiny_gguf, tiny_lora

POLICY = "# Refunds\n\nUnopened bags may be returned within 14 days of delivery. The money comes back within 5 business days.\n"


LEAVE = "휴가 규정\n\n연차는 입사 1년 뒤 15일이 주어집니다. 병가는 1년에 10일까지 유급입니다. 담당: 인사팀 이서연\n"


QUESTIONS = [
    {"question": "Within how many days may unopened bags be returned?", "answer": "14 days", "source": "refunds.md"},
    {"question": "연차는 며칠이 주어지나요?", "answer": "15일", "source": "leave.txt"},
    {"question": "What is the boiling point of tungsten?", "answerable": False},
]


@pytest.fixture
def model() -> str:
    return str(tiny_gguf(context=4096))


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a library, made once."""
    root = tmp_path_factory.mktemp("indexed")
    folder = root / "documents"
    folder.mkdir()
    (folder / "refunds.md").write_text(POLICY, encoding="utf-8")
    (folder / "leave.txt").write_text(LEAVE, encoding="utf-8")
    assert main(["add", str(folder), "--data-dir", str(root / "data")]) == 0
    return root / "data"


@pytest.fixture
def library(indexed: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Give the test's own data folder a copy of the library."""
    shutil.copytree(indexed, data_dir)
    capsys.readouterr()
    return data_dir


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    return path


@pytest.fixture
def adapter(data_dir: Path) -> str:
    folder = data_dir / "adapters"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "refunds.gguf").write_bytes(tiny_lora().read_bytes())
    return "refunds"
