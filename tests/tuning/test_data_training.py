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


def test_the_summary_comes_after_the_last_finding_and_counts_what_the_tokens_left_out(capsys, rows):
    code, events, error = _dry_run(capsys, rows, "--max-length", "20")

    names = [event["event"] for event in events]
    summary = next(event for event in events if event["event"] == "data")
    assert code == 1
    assert names.index("data") > max(index for index, name in enumerate(names) if name == "finding")
    assert (summary["examples"], summary["dropped"]) == (0, 24)
    assert "24 rows: too long (rows.jsonl, line 1: " in error
    assert "raise --max-length" in error
    assert error.count("at most 20") == 1


def test_a_test_that_holds_every_question_is_named_as_such(capsys, rows):
    code, _, error = _dry_run(capsys, rows, "--test", rows)

    assert code == 1
    assert "every question of the 24 examples is also in --test" in error


def test_rows_that_are_also_in_the_test_are_counted_and_found(tmp_path, capsys, rows):
    test = written(tmp_path, "test.jsonl", _rows(4) + _rows(2, 100))

    code, events, _ = _dry_run(capsys, rows, "--test", test)

    assert code == 0
    assert "4 of 24 examples are not trained on, because their question is also in --test" in _messages(
        events, "warning"
    )
    assert [event["line"] for event in events if event.get("kind") == "in the test"] == [1, 2, 3, 4]


def test_too_little_left_beside_the_test_says_why(tmp_path, capsys, rows):
    test = written(tmp_path, "test.jsonl", _rows(20))

    code, _, error = _dry_run(capsys, rows, "--test", test)

    assert code == 1
    assert "20 of 24 examples are left out, because their question is also in --test; 4 examples are too few" in error


def test_data_of_the_other_objective_is_refused_with_what_to_do(tmp_path, capsys):
    texts = "".join(json.dumps({"text": f"Coffee of lot {number} is sour."}) + "\n" for number in range(12))

    code, _, error = _dry_run(capsys, written(tmp_path, "texts.jsonl", texts))

    assert code == 1
    assert "the data holds only plain text" in error
    assert "--objective text" in error
