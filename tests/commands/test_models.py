import hashlib
import json
from typing import Any

import pytest

from lorag.cli.main import main
from lorag.models.catalogue import KNOWN
from lorag.models.find import BUILTIN, builtin_model, find_model
from tests.models.server import Shop, serving
from tests.tiny_gguf import tiny_gguf, write_tiny_gguf, write_tiny_lora

CONTENT = tiny_gguf().read_bytes()


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """The suite forbids the network to everything; here it is allowed again, and nothing but this machine is asked."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE")


@pytest.fixture
def models(data_dir):
    folder = data_dir / "models"
    folder.mkdir(parents=True)
    return folder


def listed(capsys, *arguments) -> list[dict[str, Any]]:
    assert main(["models", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_list_names_every_kind_of_model_with_what_is_needed_to_choose(models, capsys):
    write_tiny_gguf(models / "mine.gguf", metadata={"general.license": "mit"})

    rows = {row["name"]: row for row in listed(capsys)}

    assert rows["mine"]["source"] == "local"
    assert (rows["mine"]["licence"], rows["mine"]["context_tokens"]) == ("mit", 1024)
    assert rows["mine"]["memory_bytes"] > rows["mine"]["size_bytes"]
    for known in KNOWN:
        row = rows[known.name]
        assert row["source"] == "known"
        assert row["licence"]
        assert row["languages"]
        assert row["size_bytes"] > 50_000_000
        assert row["path"] is None
    assert {row["role"] for row in rows.values()} == {"chat", "embedder"}


def test_the_list_fits_a_terminal_of_80_columns(models, capsys):
    write_tiny_gguf(models / "mine.gguf")
    (models / "broken.gguf").write_text("no")

    assert main(["models"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith("models folder")] == []
    assert any(line.split()[:1] == ["broken"] and "unusable" in line for line in lines)


def test_the_model_in_use_is_marked(models, capsys, monkeypatch):
    write_tiny_gguf(models / "Mine.gguf")
    write_tiny_gguf(models / "other.gguf")
    monkeypatch.setenv("LORAG_MODEL", "mine")

    assert [row["name"] for row in listed(capsys) if row["in_use"] and row["role"] == "chat"] == ["Mine"]


@pytest.mark.skipif(builtin_model() is None, reason="this checkout has no built-in model")
def test_the_built_in_model_may_be_called_by_the_name_of_its_file(models, capsys, monkeypatch):
    builtin = find_model(BUILTIN, models)
    monkeypatch.setenv("LORAG_MODEL", builtin.stem)

    assert [row["name"] for row in listed(capsys) if row["in_use"] and row["role"] == "chat"] == ["builtin"]
    assert main(["models", "info", builtin.stem, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(builtin)


def test_a_file_that_cannot_chat_is_listed_with_its_reason(models, capsys):
    write_tiny_lora(models / "lora.gguf")

    row = next(row for row in listed(capsys) if row["name"] == "lora")

    assert "LoRA adapter" in row["error"]


def test_a_model_is_pulled_from_an_address_and_can_be_chosen_by_name(models, capsys):
    with serving(Shop(CONTENT)) as shop:
        assert main(["models", "pull", shop.url("Mein Modell%20v1.gguf")]) == 0

    assert (models / "Mein Modell v1.gguf").read_bytes() == CONTENT
    said = capsys.readouterr().out
    assert "is here" in said
    assert "lorag chat --model 'Mein Modell v1'" in said
    assert "Mein Modell v1" in [row["name"] for row in listed(capsys)]


def test_pulling_what_is_here_asks_nobody(models, capsys):
    (models / "model.gguf").write_bytes(CONTENT)

    assert main(["models", "pull", "http://127.0.0.1:9/model.gguf"]) == 0
    assert "already here" in capsys.readouterr().out


def test_every_part_of_a_split_model_is_pulled(models, capsys):
    with serving(Shop(CONTENT)) as shop:
        main(["models", "pull", shop.url("m-00001-of-00003.gguf")])

    assert [path for path, _ in shop.requests] == [f"/m-0000{number}-of-00003.gguf" for number in (1, 2, 3)]


def test_progress_is_json_lines_for_programs(models, capsys):
    with serving(Shop(CONTENT)) as shop:
        assert main(["models", "pull", shop.url(), "--json"]) == 0

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"] for event in events[:-1]} == {"progress"}
    assert events[-2] == {"event": "progress", "file": "model.gguf", "done": len(CONTENT), "total": len(CONTENT)}
    assert events[-1] == {
        "event": "done", "name": "model.gguf", "role": "chat", "path": str(models / "model.gguf"),
    }  # fmt: skip


def test_a_checksum_that_is_given_is_checked(models, capsys, monkeypatch):
    monkeypatch.setenv("LORAG_OFFLINE", "0")
    with serving(Shop(CONTENT)) as shop:
        assert main(["models", "pull", shop.url(), "--sha256", "0" * 64]) == 1
        assert "thrown away" in capsys.readouterr().err
        assert main(["models", "pull", shop.url(), "--sha256", hashlib.sha256(CONTENT).hexdigest()]) == 0


def test_a_file_that_is_here_is_held_against_the_checksum_too(models, capsys):
    (models / "model.gguf").write_bytes(CONTENT)
    address = "http://127.0.0.1:9/model.gguf"

    assert main(["models", "pull", address, "--sha256", "0" * 64]) == 1
    assert f"not {'0' * 64}; move it away" in capsys.readouterr().err
    assert (models / "model.gguf").read_bytes() == CONTENT
    assert main(["models", "pull", address, "--sha256", hashlib.sha256(CONTENT).hexdigest().upper()]) == 0


@pytest.mark.parametrize(
    ("name", "checksum", "reason"),
    [
        ("model.gguf", "abc", "64 hexadecimal digits"),
        ("model.gguf", "g" * 64, "64 hexadecimal digits"),
        ("m-00001-of-00003.gguf", "0" * 64, "a model of one file"),
    ],
)
def test_a_checksum_that_cannot_be_one_is_a_usage_error(name, checksum, reason, models, capsys):
    assert main(["models", "pull", f"http://127.0.0.1:9/{name}", "--sha256", checksum]) == 2
    assert reason in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_file_that_no_engine_can_read_is_thrown_away(models, capsys):
    with serving(Shop(CONTENT[:-5000])) as shop:
        assert main(["models", "pull", shop.url()]) == 1

    assert "not complete" in capsys.readouterr().err
    assert list(models.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("qwen3-06b", "did you mean qwen3-0.6b?"),
        ("https://example.invalid/readme.txt", "not the address of a .gguf file"),
        ("ftp://example.invalid/m.gguf", "not an http"),
        ("https://example.invalid/..%2f.gguf", "not the address of a .gguf file"),
    ],
)
def test_what_cannot_be_pulled_is_a_usage_error(source, reason, models, capsys):
    assert main(["models", "pull", source]) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "LORAG_OFFLINE"])
def test_nothing_is_fetched_where_the_network_is_forbidden(variable, models, capsys, monkeypatch):
    monkeypatch.setenv(variable, "1")
    with serving(Shop(CONTENT)) as shop:
        assert main(["models", "pull", shop.url()]) == 1

    assert shop.requests == []
    assert f"{variable}" in capsys.readouterr().err


def test_a_setting_for_lorag_alone_is_stronger_than_one_for_all_libraries(models, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("LORAG_OFFLINE", "0")
    with serving(Shop(CONTENT)) as shop:
        assert main(["models", "pull", shop.url()]) == 0


def test_info_prints_what_the_file_says(models, capsys):
    write_tiny_gguf(models / "mine.gguf", metadata={"general.author": "누군가\x1b[31m"})

    assert main(["models", "info", "mine"]) == 0
    text = capsys.readouterr().out
    assert main(["models", "info", str(models / "mine.gguf"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)

    assert "general.author" in text
    assert "\x1b" not in text
    assert record["architecture"] == "llama"
    assert record["metadata"]["general.author"] == "누군가\x1b[31m"
    assert record["tensors"]["output_norm.weight"] == [[64], "F32"]


def test_info_on_a_wrong_file_is_a_clear_error(models, capsys):
    (models / "text.gguf").write_text("hello")

    assert main(["models", "info", "text"]) == 1
    assert "not a GGUF file" in capsys.readouterr().err
    assert main(["models", "info", "nothing"]) == 1
    assert "no model file nothing" in capsys.readouterr().err
