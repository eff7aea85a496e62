import json
from pathlib import Path

import pytest

from lorag.cli.main import main
from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.engine.blocking import BlockingEngine
from lorag.models.gguf import read_metadata
from lorag.prompts.messages import Segment
from tests.adapters_commands.adapter_files import put_adapter
from tests.tiny_gguf import tiny_gguf, tiny_lora

TEXT = " Hello world, the user and the assistant in the other system."
PROMPT = (Segment("Hello world", special=False),)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that wait for each other on a busy machine cost more than these models take."""
    monkeypatch.setenv("LORAG_THREADS", "1")


@pytest.fixture
def soft_lora() -> Path:
    """Return a LoRA that changes a tiny model as much as a short training does."""
    return tiny_lora("soft", scale=0.1)


@pytest.fixture
def wide_base() -> Path:
    """Return a model whose rows are long enough to be quantised in blocks of 256."""
    return tiny_gguf("wide", width=256)


def _likelihoods(folder: Path, model: Path, adapter: Path | None = None) -> list[float]:
    with BlockingEngine(folder / "engine.log") as engine:
        engine.load(LoadRequest(model, context_tokens=256, threads=1))
        engine.set_adapters([] if adapter is None else [AdapterStrength(adapter)])
        return engine.score(PROMPT, TEXT)


def _difference(first: list[float], second: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(first, second, strict=True))


def test_a_merged_model_says_what_the_base_with_the_adapter_says(data_dir, tmp_path, soft_lora, capsys):
    folder = put_adapter(data_dir, "tone", lora=soft_lora)

    assert main(["adapters", "merge", "tone", "--base", str(tiny_gguf()), "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    merged = Path(report["to"])
    tuned = _likelihoods(tmp_path, tiny_gguf(), folder / "adapter.gguf")
    assert merged.parent == data_dir / "models"
    assert _difference(_likelihoods(tmp_path, merged), tuned) < 0.05
    assert _difference(_likelihoods(tmp_path, tiny_gguf()), tuned) > 0.2
    # A distance that is estimated from samples still is none below zero.
    assert 0 <= report["kl_to_tuned"]["low"] <= report["kl_to_tuned"]["nats_per_token"] < 0.01
    assert [path.name for path in merged.parent.iterdir()] == [merged.name]


def test_a_merged_model_keeps_all_metadata_of_its_base_and_says_what_was_added(data_dir, soft_lora, capsys):
    put_adapter(data_dir, "tone", lora=soft_lora)

    main(["adapters", "merge", "tone", "--base", str(tiny_gguf()), "--json"])

    merged = read_metadata(Path(json.loads(capsys.readouterr().out)["to"]))
    base = read_metadata(tiny_gguf())
    changed = {key for key, value in base.values.items() if merged.values.get(key) != value}
    assert changed <= {"general.name", "general.file_type"}
    assert merged.text("lorag.adapter") == "tone"
    assert merged.text("lorag.data_license") == "CC-BY-4.0"
    assert merged.text("lorag.data_origin") == "our desk"
    assert (merged.text("lorag.method"), merged.text("lorag.verdict")) == ("lora", "keep")


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_K_M"])
def test_a_quantised_merge_is_smaller_and_its_distance_is_measured(data_dir, wide_base, kind, capsys):
    put_adapter(data_dir, "tone", lora=tiny_lora("wide-soft", width=256, scale=0.05), base=wide_base)

    assert main(["adapters", "merge", "tone", "--base", str(wide_base), "--quantize", kind, "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["bytes"] < wide_base.stat().st_size / 2
    assert report["kl_to_tuned"]["low"] <= report["kl_to_tuned"]["nats_per_token"] <= report["kl_to_tuned"]["high"]
    assert [path.suffix for path in (data_dir / "models").iterdir()] == [".gguf"]


def test_strength_zero_gives_the_base_again(data_dir, tmp_path, capsys):
    put_adapter(data_dir, "tone")
    target = tmp_path / "plain.gguf"

    assert (
        main(["adapters", "merge", "tone", "--base", str(tiny_gguf()), "--strength", "0", "--write", str(target)]) == 0
    )

    assert _difference(_likelihoods(tmp_path, target), _likelihoods(tmp_path, tiny_gguf())) < 0.05
    assert "nats a token" in capsys.readouterr().out


@pytest.mark.parametrize("strength", ["99", "-3", "nan"])
def test_a_strength_that_the_chat_refuses_is_refused_by_the_merge(data_dir, capsys, strength):
    put_adapter(data_dir, "tone")

    assert main(["adapters", "merge", "tone", "--base", str(tiny_gguf()), "--strength", strength]) == 1

    assert f"--strength {strength}: the strength must be between -2 and 2" in capsys.readouterr().err
    assert not list((data_dir / "models").glob("*.gguf"))


def test_the_base_it_was_trained_on_is_found_by_its_fingerprint(data_dir, soft_lora, monkeypatch, capsys):
    put_adapter(data_dir, "tone", lora=soft_lora)
    models = data_dir / "models"
    models.mkdir()
    (models / "renamed.gguf").write_bytes(tiny_gguf().read_bytes())
    (models / "other.gguf").write_bytes(tiny_gguf("other", seed=9).read_bytes())
    monkeypatch.setenv("LORAG_MODEL", "other")

    assert main(["adapters", "merge", "tone", "--json"]) == 0

    assert Path(json.loads(capsys.readouterr().out)["base"]).name == "renamed.gguf"


def test_an_adapter_of_another_model_is_refused_before_anything_is_written(data_dir, capsys):
    put_adapter(data_dir, "tone", lora=tiny_lora("wide", width=128))

    assert main(["adapters", "merge", "tone", "--base", str(tiny_gguf())]) == 1

    assert "does not fit" in capsys.readouterr().err
    assert list((data_dir / "models").iterdir()) == []


def test_a_merge_replaces_no_file_unless_told_to(data_dir, tmp_path, soft_lora, capsys):
    put_adapter(data_dir, "tone", lora=soft_lora)
    (tmp_path / "mine.gguf").write_text("precious")
    command = ["adapters", "merge", "tone", "--base", str(tiny_gguf()), "--write"]

    assert main([*command, str(tmp_path / "mine.gguf")]) == 2
    assert main([*command, str(tmp_path / "no" / "mine.gguf")]) == 2
    assert main([*command, str(tmp_path / "mine.bin")]) == 2

    assert (tmp_path / "mine.gguf").read_text() == "precious"
