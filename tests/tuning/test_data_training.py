"""What ``lorag train`` does with its data before anything is loaded for training."""

import json

import pytest

from lorag.cli.main import main
from tests.tuning.data_files import written
from tests.tuning.tiny_models import tiny_model

pytestmark = [pytest.mark.xdist_group("torch"), pytest.mark.filterwarnings("default")]

COLOURS = ("빨간", "파란", "노란", "검은")


def _rows(count: int, start: int = 0) -> str:
    return "".join(
        json.dumps(
            {
                "question": f"{COLOURS[i % 4]} 상자 {i}번은 어디에 있나요?",
                "answer": f"상자 {i}번은 창고 {i + 40}번 선반에 있습니다.",
            },
            ensure_ascii=False,
        )
        + "\n"
        for i in range(start, start + count)
    )


@pytest.fixture
def rows(tmp_path):
    return written(tmp_path, "rows.jsonl", _rows(24))


def _dry_run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, object]], str]:
    base = tiny_model("llama")[1]
    code = main(
        ["train", *map(str, arguments), "--base", str(base), "--name", "x", "--dry-run", "--json", "--threads", "1"]
    )
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def _messages(events: list[dict[str, object]], name: str) -> list[object]:
    return [event["message"] for event in events if event["event"] == name]


def test_a_library_without_any_of_the_answers_is_refused_for_rag_aware_tuning(tmp_path, capsys, rows):
    main(["add", str(written(tmp_path, "leave.txt", "Leave is asked for three days before. Holidays are paid."))])
    capsys.readouterr()

    code, _, error = _dry_run(capsys, rows, "--rag-aware")

    assert code == 1
    assert "no passage in the library that holds the answer of any of" in error
    assert "lorag add FOLDER" in error


def test_a_library_with_few_of_the_answers_is_a_loud_warning_with_a_count(tmp_path, capsys, rows):
    text = "\n\n".join(f"상자 {i}번은 창고 {i + 40}번 선반에 있습니다." for i in range(5))
    main(["add", str(written(tmp_path, "boxes.txt", text))])
    capsys.readouterr()

    code, events, _ = _dry_run(capsys, rows, "--rag-aware")

    assert code == 0
    assert [note for note in _messages(events, "warning") if "--rag-aware does little here: for only" in str(note)]
