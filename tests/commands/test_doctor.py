import json
from typing import Any

import pytest

from lorag.cli.main import main
from lorag.library.database import Database
from lorag.models.find import builtin_embedder
from tests.tiny_gguf import tiny_gguf, write_tiny_gguf, write_tiny_lora


def findings(capsys) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    code = main(["doctor", "--json"])
    found: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(capsys.readouterr().out):
        found.setdefault(row["check"], []).append(row)
    return code, found


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setenv("LORAG_MODEL", str(tiny_gguf()))
    monkeypatch.setenv("LORAG_THREADS", "1")


def test_a_sound_installation_has_nothing_to_do(model, data_dir, capsys):
    write_tiny_gguf(data_dir.parent / "unused.gguf")
    Database.open(data_dir / "library.db").close()

    code, found = findings(capsys)

    assert code == 0
    assert [row for rows in found.values() for row in rows if row["status"] == "broken"] == []
    assert set(found) == {
        "python", "sqlite", "llama.cpp", "disk", "terminal", "privacy", "model", "engine", "models folder", "adapters",
        "embedder", "library", "training",
    }  # fmt: skip
    assert "FTS5" in found["sqlite"][0]["detail"]
    assert "tokens/s" in found["engine"][0]["detail"]
    assert "intact" in found["library"][-1]["detail"]
    assert "offline" in found["privacy"][-1]["detail"]


def test_a_line_for_people_says_what_to_do(model, data_dir, capsys):
    (data_dir / "models").mkdir(parents=True)
    (data_dir / "models" / "cut.gguf").write_bytes(tiny_gguf().read_bytes()[:-999])

    assert main(["doctor"]) == 0

    line = next(line for line in capsys.readouterr().out.splitlines() if "cut.gguf" in line)
    assert line.startswith("note  models folder")
    assert "not complete" in line
    assert "→" in line


def test_a_model_that_is_not_there_is_broken_and_the_engine_is_not_tried(data_dir, capsys, monkeypatch):
    monkeypatch.setenv("LORAG_MODEL", "nothing")

    code, found = findings(capsys)

    assert code == 1
    assert found["model"][0]["status"] == "broken"
    assert found["engine"][0]["status"] == "note"


def test_a_damaged_library_is_broken(model, data_dir, capsys):
    data_dir.mkdir()
    (data_dir / "library.db").write_bytes(b"not a database" * 500)

    code, found = findings(capsys)

    assert code == 1
    assert found["library"][0]["status"] == "broken"
    assert found["library"][0]["detail"].count("library.db") == 1
    said = found["library"][0]["detail"] + found["library"][0]["remedy"]
    assert said.count("restore a copy") == 1


def test_adapters_that_do_not_fit_are_named(model, data_dir, capsys):
    folder = data_dir / "adapters"
    folder.mkdir(parents=True)
    write_tiny_lora(folder / "fits.gguf")
    write_tiny_lora(folder / "wide.gguf", width=128)

    _, found = findings(capsys)

    notes = [row["detail"] for row in found["adapters"] if row["status"] == "note"]
    assert [True for note in notes if "wide.gguf" in note and "does not fit" in note] == [True]
    assert "1 of 2 fit the model: fits" in found["adapters"][-1]["detail"]


def test_files_that_others_may_read_are_named(model, data_dir, capsys):
    Database.open(data_dir / "library.db").close()
    (data_dir / "library.db").chmod(0o644)

    _, found = findings(capsys)

    assert "chmod 600" in found["privacy"][0]["remedy"]


def test_an_embedder_that_cannot_be_loaded_does_not_hide_the_library(model, data_dir, capsys, monkeypatch):
    Database.open(data_dir / "library.db").close()
    embedder = builtin_embedder()
    assert embedder is not None
    broken = data_dir / "embedder"
    broken.mkdir()
    (broken / "modules.json").write_bytes((embedder / "modules.json").read_bytes())
    monkeypatch.setenv("LORAG_EMBEDDER", str(broken))

    code, found = findings(capsys)

    assert code == 1
    assert found["embedder"][0]["status"] == "broken"
    assert "intact" in found["library"][-1]["detail"]
