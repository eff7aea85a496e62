import json
from pathlib import Path

from lorag.cli.main import main
from lorag.evaluation.questions import draft_mark
from lorag.library.database import Database
from lorag.retrieval.calibrated import calibrated_threshold


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
    assert json.loads(capsys.readouterr().out) == {"reset": True, "threshold": 0.2, "kept": False}


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
