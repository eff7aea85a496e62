import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect
import pytest

from lorag.chat.turn import ModelChoice
from lorag.cli.main import main
from lorag.commands.eval_rows import RowPlan, warm
from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.evaluation.summary import RowSpec
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.retrieval.passages import SearchFilter, SearchResult
from tests.evaluation.support import answering
from tests.fakes_engine import FakeEngine


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
        widely: bool = False,
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
