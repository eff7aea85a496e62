import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect
import pytest

from lorag.chat.turn import ModelChoice
from lorag.cli.main import main
from lorag.commands.advise_ask import understand
from lorag.commands.eval_rows import RowPlan, warm
from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.evaluation.questions import draft_mark
from lorag.evaluation.summary import RowSpec
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.retrieval.calibrated import calibrated_threshold
from lorag.retrieval.passages import SearchFilter, SearchResult
from tests.fakes_engine import FakeEngine
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


def answering(model: str) -> list[str]:
    return ["--model", model, "--max-tokens", "8", "--threads", "1"]


def test_every_combination_is_evaluated_and_compared(library, questions, adapter, model, data_dir, capsys):
    code = main(["eval", str(questions), *answering(model), "--adapter", adapter, "--json"])
    record = json.loads(capsys.readouterr().out)

    assert code == 0
    assert [row["name"] for row in record["rows"]] == ["base", "base + RAG", "refunds", "refunds + RAG"]
    assert record["retrieval"]["fused"]["recall@1"] == 1.0
    assert record["rows"][1]["metrics"]["found"]["mean"] == 1.0
    assert record["rows"][1]["answers"][0]["passages"][0]["path"].endswith("refunds.md")
    assert {one["metric"] for one in record["comparisons"]} == {"contains", "character_f1"}
    assert len(record["comparisons"]) == 2 * 6
    assert not _chats(data_dir)


def _chats(data_dir: Path) -> list[object]:
    with Database.open(data_dir / "library.db") as database:
        return list(Chats(database).recent())


def test_tables_and_the_worst_questions_are_printed(library, questions, model, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    code = main(["eval", "run", str(questions), *answering(model), "--rag", "--worst", "2"])
    out = capsys.readouterr().out

    assert code == 0
    assert "질문 3개, 문서에 답이 있는 것 2개, 없는 것 1개" in out
    assert "둘을 합침" in out
    assert "questions.jsonl:" in out
    assert "refunds.md: " in out
    assert not any(word in out for word in ("right ", "searched", "said ", "holds answer"))


def test_unknown_documents_and_collections_are_told(library, tmp_path, model, capsys):
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "How long?", "answer": "14 days", "source": "refnds.md"}\n')

    assert main(["eval", str(path), *answering(model), "--rag"]) == 0
    assert "no document of the library is named refnds.md (line 1)" in capsys.readouterr().err
    for command in (["eval", str(path)], ["compare", "How?"]):
        assert main([*command, *answering(model), "--collection", "nope"]) == 2
        assert "there is no collection nope" in capsys.readouterr().err


def test_a_model_that_is_named_twice_is_asked_once(questions, model, capsys):
    same = f"{Path(model).parent}/./{Path(model).name}"
    arguments = [*answering(model), "--model", same, "--no-rag", "--limit", "1", "--json"]

    assert main(["eval", str(questions), *arguments]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 1


def test_few_questions_are_said_to_tell_nothing_from_luck(library, questions, model, capsys):
    assert main(["eval", str(questions), *answering(model)]) == 0
    out = capsys.readouterr().out

    assert "too few questions" in out
    assert "With 2 questions no difference can be told from luck: p could be 0.500 at the least." in out


async def test_a_row_is_loaded_and_tried_before_its_first_question():
    engine, search = FakeEngine(), FakeSearch()
    request = LoadRequest(Path("model.gguf"))
    strength = AdapterStrength(Path("a.gguf"))
    plan = RowPlan(RowSpec("tuned + RAG", "model", ("a",), rag=True), ModelChoice("model", request, (("a", strength),)))

    await warm(engine, plan, search)

    assert (engine.loads, engine.adapters) == ([request], [strength])
    assert [asked.max_tokens for asked in engine.requests] == [1]
    assert search.asked == 1


class FakeSearch:
    def __init__(self) -> None:
        self.asked = 0

    def search(
        self,
        question: str,
        *,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - as the searcher has it
        history: Sequence[str] = (),
    ) -> SearchResult:
        self.asked += 1
        return SearchResult(query=question, passages=())


def test_a_report_holds_tables_plots_and_the_worst(library, questions, model, tmp_path):
    assert main(["eval", str(questions), *answering(model), "--rag", "--report", str(tmp_path / "report.md")]) == 0
    text = (tmp_path / "report.md").read_text(encoding="utf-8")

    assert "| base + RAG |" in text
    assert "Worst questions" in text
    assert len(list(tmp_path.glob("report-*.png"))) == 2


def test_a_report_is_in_the_language_of_the_locale(library, questions, model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")

    assert main(["eval", str(questions), *answering(model), "--rag", "--report", str(tmp_path / "report.html")]) == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "questions.jsonl 평가" in text
    assert "가장 나빴던 질문" in text
    assert "보고서: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["missing.jsonl"], 1, "missing.jsonl cannot be read"),
        (["questions.jsonl", "--report", "report.pdf"], 2, "must end in .html or .md"),
        (["questions.jsonl", "--report", "nowhere/report.md"], 2, "does not exist"),
        (["questions.jsonl", "--rag"], 2, "the library is empty"),
        (["questions.jsonl", "--adapter", "none-such"], 1, "none-such"),
        (["questions.jsonl", "--limit", "0"], 2, "at least one question"),
        (["questions.jsonl", "--worst", "-1"], 2, "--worst needs a number"),
        ([], 2, "give a question set: lorag eval QUESTIONS"),
        (["--rag"], 2, "give a question set: lorag eval QUESTIONS"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_one_line(questions, model, capsys, arguments, code, said):
    assert main(["eval", *arguments, *(answering(model) if arguments else [])]) == code
    assert said in capsys.readouterr().err


def test_a_question_too_long_for_the_model_costs_only_itself(library, model, tmp_path, capsys):
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"question": "word " * 5000, "answer": "a"}) + '\n{"question": "Hi", "answer": "a"}\n')

    assert main(["eval", str(path), *answering(model), "--no-rag", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["rows"][0]["answers"]
    assert answers[0]["answer"] == ""
    assert answers[1]["answer"] != ""


def test_ctrl_c_ends_an_evaluation_cleanly(library, questions, model):
    command = ["-m", "lorag", "eval", str(questions), "--model", model, "--max-tokens", "3000", "--threads", "1"]
    process = pexpect.spawn(sys.executable, command, timeout=60, encoding="utf-8")
    process.expect("0/6 answers")
    process.sendintr()
    process.expect(pexpect.EOF)
    process.close()

    assert process.exitstatus == 130
    assert "Traceback" not in (process.before or "")


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


def test_calibration_sets_the_threshold_a_search_uses(library, tmp_path, capsys):
    path = tmp_path / "set.jsonl"
    asked = ["returned bags", "days of delivery", "business days money", "연차 15일", "병가 유급 10일"] * 2
    outside = ["boiling point of tungsten", "moons of Saturn", "몽골의 수도", "cello strings", "Berlin Wall"]
    rows = [{"question": text} for text in asked] + [{"question": text, "answerable": False} for text in outside]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    assert main(["eval", "calibrate", str(path), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["eval", "calibrate", str(path), "--dry-run", "--json"]) == 0
    second = json.loads(capsys.readouterr().out)

    assert second["present"] == first["threshold"]
    assert first["after"]["false_refusals"] + first["after"]["false_answers"] <= 2
    assert main(["eval", "calibrate", "--reset", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"reset": True, "threshold": 0.18, "kept": False}


def _calibration_set(path: Path) -> list[dict[str, object]]:
    """Write a set in which present mistakes can be mended: short questions in other words than the documents'."""
    asked = ["returned bags", "days of delivery", "business days money", "연차 15일", "병가 유급 10일"] * 2
    outside = ["days on Saturn", "money of Mongolia", "몽골의 1년", "bags of cello strings", "Berlin business"]
    rows: list[dict[str, object]] = [{"question": text} for text in asked]
    rows += [{"question": text, "answerable": False} for text in outside]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return rows


def _stored(data_dir: Path) -> float | None:
    with Database.open(data_dir / "library.db", read_only=True) as database:
        return calibrated_threshold(database)


def test_a_calibration_tells_what_changed_where_it_is_kept_and_what_overrides_it(
    library, data_dir, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("LORAG_THRESHOLD", "0.9")
    _calibration_set(tmp_path / "set.jsonl")

    assert main(["eval", "calibrate", str(tmp_path / "set.jsonl")]) == 0
    out = capsys.readouterr().out
    assert _stored(data_dir) is not None
    assert "False refusals: 0 % (0/10) → " in out
    assert str(data_dir / "library.db") in out
    assert "LORAG_THRESHOLD" in out


def test_drafts_never_change_what_a_library_refuses(library, data_dir, tmp_path, capsys):
    rows = _calibration_set(tmp_path / "set.jsonl")
    marked = [{**row, "draft": draft_mark(str(row["question"]))} for row in rows]
    (tmp_path / "drafts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in marked), encoding="utf-8")
    edited = [{**row, "question": f"{row['question']} please"} for row in marked]
    (tmp_path / "edited.jsonl").write_text("".join(json.dumps(row) + "\n" for row in edited), encoding="utf-8")

    assert main(["eval", "calibrate", str(tmp_path / "drafts.jsonl")]) == 0
    assert "these are drafts" in capsys.readouterr().out
    assert _stored(data_dir) is None
    assert main(["eval", "calibrate", str(tmp_path / "edited.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["drafts"] is False


def test_too_few_questions_cannot_calibrate(library, questions, capsys):
    assert main(["eval", "calibrate", str(questions)]) == 2
    assert "calibration needs 10 and 5" in capsys.readouterr().err


def test_one_question_is_compared_over_all_rows(library, adapter, model, capsys):
    code = main(["compare", "How", "many", "days?", *answering(model), "--json"])
    rows = json.loads(capsys.readouterr().out)

    assert code == 0
    assert [row["name"] for row in rows] == ["base", "base + RAG", "refunds", "refunds + RAG"]
    assert all(row["seconds"] > 0 for row in rows)


def test_without_adapter_or_documents_a_comparison_says_what_is_missing(model, capsys):
    assert main(["compare", "Hello", *answering(model)]) == 0
    said = capsys.readouterr()

    assert "no adapter was given" in said.err
    assert "the library is empty" in said.err
    assert said.out.startswith("base\n────\n")


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
