import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from lorag.cli.main import main
from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.engine.blocking import BlockingEngine
from lorag.prompts.messages import Segment
from lorag.tuning.base import load_base, token_log_likelihoods
from tests.tiny_gguf import tiny_gguf

# PEFT still asks transformers by the old name.
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that wait for each other on a busy machine cost more than these models take."""
    monkeypatch.setenv("LORAG_THREADS", "1")
    torch.set_num_threads(1)


def _save_peft(folder: Path, **options: Any) -> Any:
    """Save a PEFT adapter with random weights for the tiny model, and return the adapted model."""
    torch.manual_seed(3)
    base = load_base(tiny_gguf(), dtype=torch.float32, device=torch.device("cpu"))
    settings = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "k_proj", "down_proj"], **options}
    model = get_peft_model(base, LoraConfig(**settings))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.15)
    model.save_pretrained(str(folder), save_embedding_layers=False)
    return model.eval()


@pytest.mark.parametrize(
    "options", [{}, {"use_rslora": True}, {"alpha_pattern": {"q_proj": 2}, "rank_pattern": {"q_proj": 2}}]
)
def test_an_imported_peft_adapter_says_what_it_said_in_peft(data_dir, tmp_path, capsys, options):
    model = _save_peft(tmp_path / "made-elsewhere", **options)

    code = main(["adapters", "import", str(tmp_path / "made-elsewhere"), "--name", "tone", "--base", str(tiny_gguf())])

    assert code == 0
    with BlockingEngine(tmp_path / "engine.log") as engine:
        engine.load(LoadRequest(tiny_gguf(), context_tokens=256, threads=1))
        tokens = engine.tokenise([Segment("Hello world, the user and the assistant", special=False)])
        plain = engine.score_tokens(tokens)
        engine.set_adapters([AdapterStrength(data_dir / "adapters" / "tone" / "adapter.gguf")])
        imported = engine.score_tokens(tokens)
    expected = token_log_likelihoods(model, tokens)
    assert max(abs(a - b) for a, b in zip(imported, expected, strict=True)) < 0.05
    assert max(abs(a - b) for a, b in zip(plain, expected, strict=True)) > 0.2


def test_what_peft_wrote_down_is_kept_in_the_manifest(data_dir, tmp_path):
    _save_peft(tmp_path / "peft")

    main(["adapters", "import", str(tmp_path / "peft"), "--base", str(tiny_gguf()), "--license", "MIT"])

    manifest = json.loads((data_dir / "adapters" / "peft" / "manifest.json").read_text())
    assert (manifest["base"], manifest["license"], manifest["architecture"]) == (tiny_gguf().stem, "MIT", "llama")
    assert manifest["hyperparameters"]["r"] == 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"peft_type": "IA3"}, "IA3"),
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
    ],
)
def test_what_llama_cpp_cannot_apply_is_refused_by_name(data_dir, tmp_path, capsys, change, reason):
    _save_peft(tmp_path / "peft")
    config = tmp_path / "peft" / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **change}))

    assert main(["adapters", "import", str(tmp_path / "peft"), "--base", str(tiny_gguf())]) == 1

    assert reason in capsys.readouterr().err
    assert list((data_dir / "adapters").iterdir()) == []


def test_a_peft_adapter_of_another_model_is_refused(data_dir, tmp_path, capsys):
    _save_peft(tmp_path / "peft")

    assert main(["adapters", "import", str(tmp_path / "peft"), "--base", str(tiny_gguf("wide", width=128))]) == 1

    assert "does not fit this model" in capsys.readouterr().err
    assert list((data_dir / "adapters").iterdir()) == []


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_peft_folder_with_a_damaged_file_is_refused(data_dir, tmp_path, capsys, name):
    _save_peft(tmp_path / "peft")
    (tmp_path / "peft" / name).write_bytes(b"\x10\x00not it")

    assert main(["adapters", "import", str(tmp_path / "peft"), "--base", str(tiny_gguf())]) == 1

    assert "cannot be read" in capsys.readouterr().err
