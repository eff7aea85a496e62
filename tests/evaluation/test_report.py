import pytest

from lorag.errors import LoragError
from lorag.evaluation.eval_tables import LegScores, answer_table, retrieval_table
from lorag.evaluation.outcomes import Outcome
from lorag.evaluation.plots import answer_plot, retrieval_plot
from lorag.evaluation.questions import Question
from lorag.evaluation.report import Report, Section
from lorag.evaluation.retrieved import RankingScores
from lorag.evaluation.summary import EvaluatedRow, RowSpec

OUTCOME = Outcome(Question(1, "며칠?", ("14일",), (), (), True), True, "14일", False, (), (), "며칠?", 0.1, 10, 2)
ROW = EvaluatedRow.of(RowSpec("기반 + RAG", "m", (), rag=True), [OUTCOME] * 3)
LEG = LegScores("fused", (RankingScores((0.0, 1.0, 1.0, 1.0), 0.5, 0.63), None))


def test_plots_are_pictures_even_with_korean_names():
    assert answer_plot([ROW]).startswith(b"\x89PNG")
    assert retrieval_plot([LEG]).startswith(b"\x89PNG")


def test_html_is_one_file_and_foreign_text_stays_text(tmp_path):
    sections = (
        Section("Answers", answer_table([ROW], "ko"), b"\x89PNG"),
        Section("Worst", "<script>x</script>", verbatim=True),
    )
    Report("Set <1>", sections).write(tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")

    assert "<script>" not in text
    assert "기반 + RAG" in text
    assert "data:image/png;base64," in text
    assert list(tmp_path.iterdir()) == [tmp_path / "r.html"]


def test_markdown_fences_are_longer_than_any_in_the_text(tmp_path):
    Report("Set", (Section("Worst", "a ``` b", verbatim=True),)).write(tmp_path / "r.md")

    assert "````text\na ``` b\n````" in (tmp_path / "r.md").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "r.md").mkdir()

    with pytest.raises(LoragError, match="cannot be written"):
        Report("Set", ()).write(tmp_path / "r.md")


def test_tables_say_how_many_questions_could_be_judged():
    table = retrieval_table([LEG, LegScores("words", (None, None))], "en")

    assert [row["leg"] for row in table.records()] == ["both fused"]
    assert table.records()[0]["questions"] == 1.0
