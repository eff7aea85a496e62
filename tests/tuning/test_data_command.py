import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from lorag.cli.main import main
from tests.pseudo_terminal import end
from tests.tiny_gguf import tiny_gguf
from tests.tuning.data_files import written


def _rows(count: int, start: int = 0) -> str:
    items = range(start, start + count)
    return "".join(
        json.dumps({"question": f"Where is shelf number {item}?", "answer": f"In aisle {item * 7}, on the left."})
        + "\n"
        for item in items
    )


def _report(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a model, so that what is checked is the data alone unless a test names a model."""
    monkeypatch.setenv("LORAG_MODEL", "absent")
    monkeypatch.setenv("LORAG_THREADS", "1")


def test_a_check_says_what_is_there_and_what_is_left_out(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60) + "not json\n" + '{"question": "No answer?"}\n')

    assert main(["data", "check", str(path), "--license", "CC0-1.0", "--origin", "our wiki"]) == 0

    shown = capsys.readouterr().out
    assert "examples   60 fit to learn from" in shown
    assert "licence    CC0-1.0" in shown
    assert "rows.jsonl, line 61: not JSON" in shown
    assert "rows.jsonl, line 62: there is a question but no answer" in shown


def test_of_each_kind_three_findings_are_shown_unless_all_are_asked_for(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60) + "x\n" * 5)

    main(["data", "check", str(path)])
    short = capsys.readouterr().out
    main(["data", "check", str(path), "--all"])
    whole = capsys.readouterr().out

    assert (short.count("not JSON"), "and 2 more" in short) == (3, True)
    assert (whole.count("not JSON"), "more" in whole) == (5, False)


def test_json_holds_every_finding_with_file_line_kind_reason_and_effect(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60) + "x\n" * 5)

    assert main(["data", "check", str(path), "--json"]) == 0

    report = _report(capsys)
    assert (report["examples"], report["dropped"], report["license"], report["advice"]) == (60, 5, "unknown", None)
    assert report["findings"][0] == {
        "file": str(path),
        "line": 61,
        "kind": "unreadable",
        "reason": "not JSON: Expecting value at character 1",
        "effect": "dropped",
    }


def test_fewer_than_ten_examples_are_an_error_with_advice(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(9))

    assert main(["data", "check", str(path)]) == 1

    error = capsys.readouterr().err
    assert "9 examples are too few" in error
    assert "--system" in error


def test_fewer_than_fifty_examples_are_a_warning_that_says_what_to_expect(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(49))

    assert main(["data", "check", str(path)]) == 0

    assert "49 examples are few" in capsys.readouterr().err


def test_data_without_any_example_says_why_in_one_line(tmp_path, capsys):
    path = written(tmp_path, "notes.txt", "Just some words.")

    assert main(["data", "check", str(path)]) == 1

    error = capsys.readouterr().err
    assert "no example was found: notes.txt" in error
    assert "--objective text" in error
    assert "Traceback" not in error


def test_documents_are_read_as_text_when_asked_for(tmp_path, capsys):
    sections = "\n\n".join(
        f"# Part {number}\n\n{'Words about shelves and coffee. ' * 30}{number}" for number in range(12)
    )
    path = written(tmp_path, "manual.md", sections)

    assert main(["data", "check", str(path), "--objective", "text", "--json"]) == 0

    assert _report(capsys)["examples"] >= 10


@pytest.mark.parametrize("columns", ["question", "question=", "colour=red", "question=a,=b"])
def test_columns_that_name_no_field_are_a_usage_error(tmp_path, capsys, columns):
    path = written(tmp_path, "rows.jsonl", _rows(10))

    assert main(["data", "check", str(path), "--columns", columns]) == 2

    assert "FIELD=NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "flags", "said"),
    [
        ("rows.jsonl", ("--table", "faq"), "--table needs an SQLite database or an SQL dump"),
        ("rows.csv", ("--query", "SELECT 1"), "--query needs an SQLite database"),
        ("dump.sql", ("--query", "SELECT 1"), "in an SQL dump a table is named: --table NAME"),
    ],
)
def test_a_table_that_no_file_can_have_is_a_usage_error(tmp_path, capsys, name, flags, said):
    path = written(tmp_path, name, "")

    assert main(["data", "check", str(path), *flags]) == 2

    assert said in capsys.readouterr().err


def test_a_path_that_does_not_exist_is_named(tmp_path, capsys):
    assert main(["data", "check", str(tmp_path / "nothing.csv")]) == 1

    assert "nothing.csv does not exist" in capsys.readouterr().err


def test_an_empty_folder_says_which_files_were_looked_for(tmp_path, capsys):
    assert main(["data", "check", str(tmp_path)]) == 1

    assert ".jsonl" in capsys.readouterr().err


def test_prepared_rows_are_clean_json_lines_that_read_the_same_again(tmp_path, capsys):
    first = written(tmp_path, "a.jsonl", _rows(30) + _rows(5))
    second = written(tmp_path, "b.csv", "question,answer\n" + "What is <b>up</b>?,All of it.\n")
    target = tmp_path / "clean.jsonl"

    assert main(["data", "prepare", str(first), str(second), "--write", str(target), "--json"]) == 0
    assert _report(capsys)["dropped"] == 5
    assert main(["data", "check", str(target), "--json"]) == 0

    report = _report(capsys)
    assert (report["examples"], report["findings"]) == (31, [])
    assert json.loads(target.read_text().splitlines()[-1])["messages"][0]["content"] == "What is up?"


def test_licence_and_origin_stay_with_prepared_rows(tmp_path, capsys):
    path = written(tmp_path, "a.jsonl", _rows(30))
    target = tmp_path / "clean.jsonl"

    main(["data", "prepare", str(path), "--write", str(target), "--license", "CC-BY-4.0", "--origin", "우리 팀"])
    capsys.readouterr()
    main(["data", "check", str(target), "--json"])

    report = _report(capsys)
    assert (report["license"], report["origin"]) == ("CC-BY-4.0", "우리 팀")


def _prepared_at_a_terminal(path: Path, target: Path, answers: dict[str, str], *flags: str) -> str:
    arguments = ["-m", "lorag", "data", "prepare", str(path), "--write", str(target), *flags]
    process = pexpect.spawn(sys.executable, arguments, encoding="utf-8", timeout=60)
    try:
        for question, answer in answers.items():
            process.expect_exact(question)
            process.sendline(answer)
        process.expect(pexpect.EOF)
        return str(process.before)
    finally:
        end(process)


def test_licence_and_origin_are_asked_for_at_a_terminal(tmp_path):
    path, target = written(tmp_path, "a.jsonl", _rows(30)), tmp_path / "clean.jsonl"

    _prepared_at_a_terminal(path, target, {"licence of this data": "CC0-1.0", "where it is from": "our help desk"})

    note = json.loads((tmp_path / "clean.jsonl.source.json").read_text())
    assert (note["license"], note["origin"]) == ("CC0-1.0", "our help desk")


def test_what_was_said_already_is_not_asked_for_and_enter_leaves_it_unknown(tmp_path):
    path, target = written(tmp_path, "a.jsonl", _rows(30)), tmp_path / "clean.jsonl"

    shown = _prepared_at_a_terminal(path, target, {"where it is from": ""}, "--license", "MIT")

    note = json.loads((tmp_path / "clean.jsonl.source.json").read_text())
    assert (note["license"], note["origin"]) == ("MIT", "unknown")
    assert "origin     unknown (say it with --origin" in shown


def test_an_unknown_licence_does_not_hide_behind_a_known_one(tmp_path, capsys):
    known, unknown = tmp_path / "known.jsonl", written(tmp_path, "b.jsonl", _rows(30, 100))
    main(
        ["data", "prepare", str(written(tmp_path, "a.jsonl", _rows(30))), "--write", str(known), "--license", "CC0-1.0"]
    )
    capsys.readouterr()

    main(["data", "check", str(known), str(unknown), "--json"])

    assert _report(capsys)["license"] == "unknown, CC0-1.0"


def test_prepare_never_replaces_a_file_unless_told_to(tmp_path, capsys):
    path = written(tmp_path, "a.jsonl", _rows(30))
    target = written(tmp_path, "clean.jsonl", "precious")

    assert main(["data", "prepare", str(path), "--write", str(target)]) == 2
    assert target.read_text() == "precious"
    assert main(["data", "prepare", str(path), "--write", str(path), "--force"]) == 2
    assert main(["data", "prepare", str(path), "--write", str(target), "--force"]) == 0
    assert len(target.read_text().splitlines()) == 30


def test_prepare_into_a_missing_folder_is_a_usage_error(tmp_path, capsys):
    path = written(tmp_path, "a.jsonl", _rows(30))

    assert main(["data", "prepare", str(path), "--write", str(tmp_path / "no" / "clean.jsonl")]) == 2

    assert "there is no folder" in capsys.readouterr().err


def test_fewer_than_ten_rows_are_not_written(tmp_path, capsys):
    path = written(tmp_path, "a.jsonl", _rows(9))
    target = tmp_path / "clean.jsonl"

    assert main(["data", "prepare", str(path), "--write", str(target)]) == 1
    error = capsys.readouterr().err
    assert main(["data", "prepare", str(path), "--write", str(target), "--json"]) == 1

    assert "9 examples are too few" in error
    assert "several files can be read together" in error
    assert _report(capsys)["written"] is None
    assert list(tmp_path.glob("clean*")) == []


def test_several_files_are_counted_together(tmp_path, capsys):
    paths = [str(written(tmp_path, f"{start}.jsonl", _rows(6, start))) for start in (0, 6)]
    target = tmp_path / "clean.jsonl"

    assert main(["data", "prepare", *paths, "--write", str(target)]) == 0

    assert len(target.read_text().splitlines()) == 12
    assert "12 examples are few" in capsys.readouterr().err


def test_a_check_says_for_which_objective_the_data_is(tmp_path, capsys):
    texts = "".join(
        json.dumps({"text": f"Coffee of lot {number} is sour.", "label": "sour"}) + "\n" for number in range(12)
    )
    path = written(tmp_path, "rows.jsonl", texts)

    assert main(["data", "check", str(path)]) == 1
    shown = capsys.readouterr()
    assert main(["data", "check", str(path), "--objective", "text"]) == 0
    as_text = capsys.readouterr().out
    assert main(["data", "check", str(path), "--columns", "question=text,answer=label"]) == 0

    assert "examples   0 fit to learn from with --objective sft" in shown.out
    assert "read       0 questions with answers (sft), 12 plain texts (text)" in shown.out
    assert "--columns question=text,answer=label" in shown.out
    assert "the data holds only plain text" in shown.err
    assert "examples   12 fit to learn from with --objective text" in as_text


def test_rows_that_the_objective_cannot_learn_are_reported_and_not_written(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(12) + '{"text": "Just a text."}\n')
    target = tmp_path / "clean.jsonl"

    assert main(["data", "prepare", str(path), "--write", str(target), "--json"]) == 0

    report = _report(capsys)
    assert [(finding["line"], finding["kind"]) for finding in report["findings"]] == [(13, "objective")]
    assert report["fits"] == {"sft": 12, "text": 1}
    assert len(target.read_text().splitlines()) == 12


def test_little_text_is_advised_as_text(tmp_path, capsys):
    path = written(tmp_path, "manual.txt", "Words about shelves and coffee. " * 30)

    assert main(["data", "check", str(path), "--objective", "text"]) == 1

    error = capsys.readouterr().err
    assert "too little text to learn from" in error
    assert "lorag add" in error
    assert "system prompt" not in error


def test_a_check_shows_three_rows_as_the_model_reads_them(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60))

    assert main(["data", "check", str(path), "--base", str(tiny_gguf())]) == 0

    shown = capsys.readouterr().out
    assert shown.count("«In aisle ") == 3
    assert "«In aisle 0, on the left.<|im_end|>»" in shown
    assert "<|im_start|>user⏎Where is shelf number 0?<|im_end|>" in shown


def test_a_row_longer_than_the_models_context_is_left_out_by_the_check(tmp_path, capsys):
    path = written(
        tmp_path, "rows.jsonl", _rows(12) + json.dumps({"question": "Long?", "answer": "long " * 900}) + "\n"
    )

    assert main(["data", "check", str(path), "--base", str(tiny_gguf()), "--json"]) == 0

    report = _report(capsys)
    assert report["examples"] == report["tokens"]["rows"] == 12
    assert [finding["kind"] for finding in report["findings"]] == ["too long"]
    assert [part[1] for part in report["tokens"]["samples"][0]] == [False, True]


def test_without_a_model_the_rest_is_checked_and_the_gap_is_named(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60))

    assert main(["data", "check", str(path)]) == 0

    assert "not looked at on a model's tokens" in capsys.readouterr().err


def test_a_model_that_was_asked_for_and_is_absent_is_an_error(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60))

    assert main(["data", "check", str(path), "--base", "absent"]) == 1

    assert "there is no model file absent" in capsys.readouterr().err


def test_the_report_survives_a_terminal_of_another_encoding(tmp_path: Path):
    path = written(tmp_path, "환불.jsonl", _rows(60) + '{"질문": "환불은?"}\n')
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}

    ended = subprocess.run(
        [sys.executable, "-m", "lorag", "data", "check", str(path)], env=environment, capture_output=True, check=False
    )

    assert ended.returncode == 0
    assert b"60 fit to learn from" in ended.stdout
    assert b"Traceback" not in ended.stderr


def test_an_escape_sequence_in_the_data_never_reaches_the_terminal(tmp_path, capsys):
    path = written(tmp_path, "rows.jsonl", _rows(60) + json.dumps({"\x1b[31mred": "\x1b]0;title\x07"}) + "\n")

    main(["data", "check", str(path)])
    main(["data", "check", str(path), "--json"])

    assert "\x1b" not in capsys.readouterr().out
