import json
import subprocess
import sys

import pexpect
import pytest

from lorag.cli.main import main
from lorag.commands.advise_ask import understand
from lorag.evaluation.advice_verdict_words import RECOMMENDATIONS


def test_advice_is_a_table_of_reasons_in_both_languages(library, tmp_path, model, capsys, monkeypatch):
    monkeypatch.setenv("LORAG_MODEL", model)
    path = tmp_path / "examples.jsonl"
    rows = [
        {"question": f"{thing} 문의", "answer": f"고객님, {thing} 건은 바로 처리해 드리겠습니다."}
        for thing in map(str, range(60))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    assert main(["advise", "--data", str(path), "--goal", "both", "--sources", "--lang", "ko"]) == 0
    korean = capsys.readouterr().out
    assert main(["advise", "--data", str(path), "--goal", "both", "--sources", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)

    assert "둘 다 쓰세요" in korean
    assert "60개: 패턴을 익히기에 충분" in korean
    assert record["recommendation"] == "both"
    assert any(str(path) in step for step in record["next"])
    assert not any(step.startswith("lorag add") for step in record["next"])
    seconds = [item["values"]["seconds"] for item in record["criteria"] if item["key"] == "fast"]
    assert float(seconds[0]) >= 0


def test_at_a_terminal_advice_asks_for_what_it_cannot_see():
    command = ["-m", "lorag", "advise", "--no-sources", "--lang", "en"]
    process = pexpect.spawn(sys.executable, command, timeout=60, encoding="utf-8", dimensions=(60, 120))
    process.expect("What is missing.*: ")
    process.sendline("something else")
    process.expect("What is missing.*: ")
    process.sendline("f")
    while process.expect([r"(?:y / n|daily|failed): ", pexpect.EOF]) == 0:
        process.sendline("")
    process.close()

    assert process.exitstatus == 0
    assert "Use RAG" in (process.before or "")


@pytest.mark.parametrize(
    ("name", "said", "understood"),
    [
        ("goal", "지식", "facts"),
        ("goal", "facts(지식)", "facts"),
        ("goal", "말투", "style"),
        ("goal", "둘 다", "both"),
        ("goal", "s", None),
        ("prompting", "부족", "failed"),
        ("prompting", "안 해봄", "untried"),
        ("changes", "날마다", "daily"),
        ("changes", "Weekly", "weekly"),
        ("sources", "네", True),
        ("sources", "예", True),
        ("sources", "아니오", False),
        ("sources", "아니요", False),
        ("sources", "N", False),
        ("sources", "maybe", None),
    ],
)
def test_answers_are_understood_as_they_are_shown(name, said, understood):
    assert understand(name, said) == understood


@pytest.mark.parametrize(
    ("file", "said"), [("nope.jsonl", "does not exist"), ("a.md", "holds no example of a question")]
)
def test_examples_that_cannot_be_read_are_told_before_anything_is_asked(tmp_path, file, said):
    (tmp_path / "a.md").write_text("# Title\n\nSome text.\n")
    process = pexpect.spawn(
        sys.executable, ["-m", "lorag", "advise", "--data", str(tmp_path / file)], timeout=60, encoding="utf-8"
    )
    process.expect(pexpect.EOF)
    process.close()

    assert process.exitstatus == 1
    assert said in " ".join((process.before or "").split())
    assert "skips a question" not in (process.before or "")


def test_advice_to_measure_needs_examples(capsys):
    assert main(["advise", "--measure"]) == 2
    assert "--measure needs examples" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verdict", "sources", "advised", "stays"),
    [("keep", [], "tuning", True), ("keep", ["--sources"], "both", True), ("do_not_use", ["--sources"], "rag", False)],
)
def test_an_experiment_leaves_its_adapter_only_where_it_is_worth_keeping(
    verdict, sources, advised, stays, data_dir, tmp_path, model, capsys, monkeypatch
):
    def trained(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        name = command[command.index("--name") + 1]
        for folder in (data_dir / "runs" / name, data_dir / "adapters" / name):
            folder.mkdir(parents=True)
        report = {"verdict": verdict, "words": "as it went"}
        (data_dir / "runs" / name / "report.json").write_text(json.dumps(report), encoding="utf-8")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("lorag.commands.advise_measure.subprocess.run", trained)
    monkeypatch.setenv("LORAG_MODEL", model)
    path = tmp_path / "examples.jsonl"
    path.write_text('{"question": "Hello?", "answer": "Good day to you."}\n', encoding="utf-8")

    assert main(["advise", "--measure", "--data", str(path), *sources]) == 0
    out = capsys.readouterr().out
    assert RECOMMENDATIONS[advised]["en"] in out
    assert bool(list((data_dir / "adapters").iterdir())) is stays
    assert ("to delete it: lorag adapters delete advice-" in out) is stays
