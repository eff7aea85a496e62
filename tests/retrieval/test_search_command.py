"""``lorag search`` over real files, in this process."""

import json
from pathlib import Path

import pytest

from lorag.cli.main import main
from tests.retrieval.tiny_static import write_static_model

KEYS = {"document", "page", "line_start", "line_end", "heading", "text", "score", "bm25", "vector"}


@pytest.fixture
def company(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "refunds.md").write_text("# Refunds\n\nUnopened bags may be returned within 14 days for a full refund.\n")
    (folder / "휴가.md").write_text("# 휴가 규정\n\n병가는 1년에 최대 30일까지 사용할 수 있습니다.\n", encoding="utf-8")
    assert main(["add", str(folder)]) == 0
    capsys.readouterr()
    return folder


def test_passages_are_printed_with_their_place_and_scores(company: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["search", "When", "may", "unopened", "bags", "be", "returned?"]) == 0

    shown = capsys.readouterr().out
    assert "refunds.md" in shown
    assert "Refunds" in shown
    assert "14 days" in shown
    assert "bm25" in shown


def test_json_is_a_list_of_passages_best_first(company: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["search", "병가는 며칠까지 쓸 수 있나요?", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert set(found[0]) >= KEYS
    assert Path(found[0]["document"]).name == "휴가.md"
    assert (found[0]["line_start"], found[0]["line_end"]) == (1, 3)
    assert 0 < found[0]["score"] <= 1


def test_the_number_of_passages_can_be_limited(company: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setenv("LORAG_THRESHOLD", "0")

    assert main(["search", "refund 병가", "-k", "1", "--json"]) == 0

    assert len(json.loads(capsys.readouterr().out)) == 1


def test_an_explanation_names_terms_threshold_and_the_scores_of_each_leg(company, capsys: pytest.CaptureFixture[str]):
    assert main(["search", "full refund", "--explain"]) == 0

    shown = capsys.readouterr().out
    for part in (
        "terms       full (in 1), refund (in 1)",
        "threshold",
        "fusion",
        "order       fused + 0.4 × told",
        "cosine   told",
        "pass",
    ):
        assert part in shown


def test_a_search_can_be_kept_to_a_file(company: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["search", "full refund", "--path", str(company / "휴가.md")]) == 3

    assert "nothing relevant found" in capsys.readouterr().err


def test_nothing_relevant_is_an_exit_code_of_its_own(company: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["search", "Who won the chess game in Reykjavik?", "--json"]) == 3

    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert "--explain" in captured.err


def test_an_empty_query_is_wrong_usage(company: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["search", "  "]) == 2

    assert "the query is empty" in capsys.readouterr().err


def test_another_embedder_is_told_with_its_remedy_and_the_remedy_helps(
    company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LORAG_EMBEDDER", str(write_static_model(tmp_path / "four-words")))
    assert main(["search", "full refund"]) == 0
    assert "run: lorag reindex --embed-only" in capsys.readouterr().err

    assert main(["reindex", "--embed-only"]) == 0
    capsys.readouterr()

    assert main(["search", "full refund", "--json"]) == 0
    captured = capsys.readouterr()
    assert "reindex" not in captured.err
    assert json.loads(captured.out)[0]["vector"] is not None
