import json

from lorag.cli.main import main
from tests.evaluation.conftest import POLICY


def test_drafts_are_questions_that_eval_reads(library, tmp_path, capsys):
    out = tmp_path / "drafts.jsonl"
    code = main(["eval", "make", "--out", str(out), "--count", "10", "--unanswerable", "0.3"])
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    assert code == 0
    assert "14 days" in {row.get("answer") for row in rows}
    assert "며칠" in "".join(row["question"] for row in rows)
    assert {row["source"] for row in rows if "source" in row} == {"refunds.md", "leave.txt"}
    assert sum(row.get("answerable") is False for row in rows) == 3
    assert main(["eval", "make", "--out", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_set_of_questions_without_an_answer_alone_can_be_drafted(library, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")

    assert main(["eval", "make", "--unanswerable", "1", "--count", "6"]) == 0
    said = capsys.readouterr()
    assert said.out.count('"answerable": false') == 6
    assert "초안 6개 (답 없음(비슷한 내용) 3, 답 없음(다른 내용) 3)" in said.err
    assert main(["eval", "make", "--collection", "nope"]) == 2
    assert "nope" in capsys.readouterr().err


def test_drafts_come_from_files_that_are_not_in_the_library(tmp_path, capsys):
    (tmp_path / "notes.md").write_text(POLICY, encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")

    assert main(["eval", "make", "--from", str(tmp_path / "notes.md")]) == 0
    assert '"source": "notes.md"' in capsys.readouterr().out
    assert main(["eval", "make", "--from", str(tmp_path / "broken.pdf")]) == 1
    assert "left out" in capsys.readouterr().err
