import copy
import json

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lorag.adapters.fit import check_fits
from lorag.engine.api import AdapterStrength, GenerateRequest, LoadRequest, Sampling
from lorag.errors import AdapterError, TrainingError, UsageError
from lorag.models.gguf import read_metadata
from lorag.prompts.messages import Segment
from lorag.tuning.base import read_facts
from lorag.tuning.checkpoint import Checkpoint
from lorag.tuning.export_lora import write_lora
from lorag.tuning.import_peft import peft_changes
from lorag.tuning.loop import StepReport, train
from lorag.tuning.merge import delta_of_adapter, write_merged
from lorag.tuning.options import choose_options
from tests.tuning.runs import TEXT, changed, difference, exporter, plan, ready, rows_of
from tests.tuning.tiny_models import ARCHITECTURES, tiny_model, write_gguf

pytestmark = pytest.mark.xdist_group("torch")


def exported(tmp_path, path, run_plan, amount=0.1):
    tunable = changed(path, run_plan, amount)
    return tunable, exporter(tunable, path, run_plan, tmp_path).write(1, tmp_path / "out.gguf", {})


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_llama_cpp_with_the_adapter_is_the_trained_model(architecture, tmp_path, engine, ids_of):
    _, path = tiny_model(architecture)
    tunable, artefact = exported(tmp_path, path, plan())
    ids = ids_of(path, TEXT)
    base = engine.score_tokens(ids)
    engine.set_adapters([AdapterStrength(artefact.path)])
    found = difference(engine, tunable.model, ids)
    assert found.mean_difference < 0.02
    # The adapter does something, or the comparison would say nothing.
    assert max(abs(a - b) for a, b in zip(base, engine.score_tokens(ids), strict=True)) > 0.5


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_merged_model_is_the_base_with_the_adapter(architecture, tmp_path, engine, ids_of):
    _, path = tiny_model(architecture)
    _, artefact = exported(tmp_path, path, plan())
    merged = tmp_path / "merged.gguf"
    write_merged(path, merged, delta_of_adapter(artefact.path), kind="F32", metadata={})
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(artefact.path)])
    with_adapter = engine.score_tokens(ids)
    engine.load(LoadRequest(merged, threads=1))
    assert np.allclose(engine.score_tokens(ids), with_adapter, atol=0.02)


@pytest.mark.parametrize(
    ("rslora", "scale"),
    [(False, 8 / 4), (True, 8 / 2)],
)
def test_rslora_is_exported_with_the_root_of_the_rank(rslora, scale, tmp_path, engine, ids_of):
    _, path = tiny_model("llama")
    tunable, artefact = exported(tmp_path, path, plan(rslora=rslora))
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(artefact.path)])
    assert difference(engine, tunable.model, ids).mean_difference < 0.02
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(artefact.path).tensors}
    module = tunable.model.model.layers[0].mlp.up_proj
    assert np.allclose(
        tensors["blk.0.ffn_up.weight.lora_b"], module.lora_B["default"].weight.detach().numpy() * scale, atol=1e-6
    )


def test_pissa_exports_only_what_changed(tmp_path, engine, ids_of):
    _, path = tiny_model("qwen2")
    tunable, artefact = exported(tmp_path, path, plan(pissa=True), amount=0.02)
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(artefact.path)])
    assert difference(engine, tunable.model, ids).mean_difference < 0.02


def test_dora_is_exported_in_low_rank_and_says_what_that_costs(tmp_path, engine, ids_of):
    _, path = tiny_model("qwen3")
    tunable, artefact = exported(tmp_path, path, plan("dora"), amount=0.05)
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(artefact.path)])
    assert 0 <= artefact.error < 0.03
    assert difference(engine, tunable.model, ids).mean_difference < 0.1


def with_rows_of_zeros(path):
    """Write the tiny llama with some rows of its queries and all of its keys zero, and return the file."""
    model = copy.deepcopy(tiny_model("llama")[0])
    attention = model.model.layers[0].self_attn
    with torch.no_grad():
        attention.q_proj.weight[3:9] = 0
        attention.k_proj.weight.zero_()
    write_gguf(path, model, "llama")
    return path


def test_dora_learns_over_rows_of_zeros(tmp_path):
    path = with_rows_of_zeros(tmp_path / "zeros.gguf")
    run_plan = plan("dora", epochs=4.0, evaluations=1)
    tunable = ready(path, run_plan)
    rows = rows_of([20] * 4)
    events = list(train(tunable, rows, rows, run_plan, Checkpoint(tmp_path / "run", "x"), lambda: False))
    losses = [event.loss for event in events if isinstance(event, StepReport)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("amount", [0.0, 0.05])
def test_dora_over_rows_of_zeros_runs_in_llama_cpp_as_trained(amount, tmp_path, engine, ids_of):
    path = with_rows_of_zeros(tmp_path / "zeros.gguf")
    tunable, artefact = exported(tmp_path, path, plan("dora"), amount=amount)
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(artefact.path)])
    assert difference(engine, tunable.model, ids).mean_difference < 0.1


def test_a_checkpoint_with_a_nan_is_never_exported(tmp_path):
    _, path = tiny_model("llama")
    run_plan = plan()
    tunable = changed(path, run_plan)
    with torch.no_grad():
        next(p for p in tunable.model.parameters() if p.requires_grad)[0, 0] = float("nan")
    with pytest.raises(TrainingError, match="up to step 1 is no number any more"):
        exporter(tunable, path, run_plan, tmp_path).write(1, tmp_path / "out.gguf", {})
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize("method", ["ia3", "freeze", "head", "full"])
@pytest.mark.parametrize("architecture", ["llama", "gemma3"])
def test_methods_without_a_lora_make_a_model_that_llama_cpp_runs_as_trained(
    method, architecture, tmp_path, engine, ids_of
):
    _, path = tiny_model(architecture)
    tunable, artefact = exported(tmp_path, path, plan(method), amount=0.02)
    ids = ids_of(path, TEXT)
    base = engine.score_tokens(ids)
    engine.load(LoadRequest(artefact.path, threads=1))
    assert not artefact.is_adapter
    assert difference(engine, tunable.model, ids).mean_difference < 0.02
    assert max(abs(a - b) for a, b in zip(base, engine.score_tokens(ids), strict=True)) > 0.05


def test_biases_are_scaled_with_their_outputs_by_ia3(tmp_path, engine, ids_of):
    _, path = tiny_model("qwen2")
    tunable, artefact = exported(tmp_path, path, plan("ia3"), amount=0.3)
    ids = ids_of(path, TEXT)
    engine.load(LoadRequest(artefact.path, threads=1))
    assert difference(engine, tunable.model, ids).mean_difference < 0.02


def test_a_trained_head_over_tied_embeddings_becomes_a_tensor_of_its_own(tmp_path):
    _, path = tiny_model("llama", tied=True)
    _, artefact = exported(tmp_path, path, plan("head"))
    before = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    after = {tensor.name: tensor.data for tensor in gguf.GGUFReader(artefact.path).tensors}
    assert set(after) - set(before) == {"output.weight"}
    assert np.array_equal(before["token_embd.weight"], after["token_embd.weight"])


def test_merging_keeps_every_key_and_leaves_untouched_tensors_byte_for_byte(tmp_path):
    _, path = tiny_model("gemma2")
    _, artefact = exported(tmp_path, path, plan("freeze"))
    before, after = gguf.GGUFReader(path), gguf.GGUFReader(artefact.path)
    for name, field in before.fields.items():
        if not name.startswith("GGUF.") and name != "general.file_type":
            assert after.fields[name].contents() == field.contents(), name
            assert after.fields[name].types == field.types, name
    tensors = {tensor.name: tensor for tensor in after.tensors}
    untouched = [tensor for tensor in before.tensors if tensor.name.startswith(("blk.0.", "token_embd"))]
    assert untouched
    for tensor in untouched:
        assert tensors[tensor.name].tensor_type == tensor.tensor_type
        assert tensors[tensor.name].data.tobytes() == tensor.data.tobytes()


def test_an_adapter_over_a_quantised_base_is_the_trained_model(tmp_path, engine, load, ids_of):
    from lorag.engine.api import QuantiseRequest

    _, full = tiny_model("llama")
    path = tmp_path / "q8.gguf"
    engine.quantise(QuantiseRequest(full, path, "Q8_0"))
    tunable, artefact = exported(tmp_path, path, plan())
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(artefact.path)])
    assert difference(engine, tunable.model, ids).mean_difference < 0.05


def test_nothing_of_an_adapter_is_left_in_the_next_answer(tmp_path, engine, ids_of):
    _, path = tiny_model("llama")
    _, artefact = exported(tmp_path, path, plan())
    ids_of(path, TEXT)

    def answer():
        request = GenerateRequest((Segment(TEXT, special=False),), Sampling(temperature=0, seed=1), max_tokens=12)
        return engine.answer(request)[0]

    clean = answer()
    engine.set_adapters([AdapterStrength(artefact.path)])
    tuned = answer()
    engine.set_adapters([])
    assert answer() == clean
    assert tuned != clean


def test_the_embedding_and_the_head_cannot_be_targets():
    for name in ("embed_tokens", "lm_head"):
        with pytest.raises(UsageError, match=name):
            choose_options({"targets": f"q_proj,{name}"}, None)


def test_an_adapter_of_a_tied_embedding_is_refused_before_llama_cpp_sees_it(tmp_path):
    _, path = tiny_model("llama", tied=True)
    adapter = tmp_path / "tied.gguf"
    writer = gguf.GGUFWriter(adapter, "llama")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_tensor("token_embd.weight.lora_a", np.zeros((300, 4), dtype=np.float32))
    writer.add_tensor("token_embd.weight.lora_b", np.zeros((4, 32), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(AdapterError, match="one matrix for input and output"):
        check_fits(read_metadata(adapter), read_metadata(path))


def peft_folder(folder, **config):
    """Write a PEFT adapter of the tiny llama and return the model it was made on."""
    _, path = tiny_model("llama")
    tunable = changed(path, plan(rslora=True))
    tunable.peft.save_pretrained(folder, save_embedding_layers=False)
    if config:
        file = folder / "adapter_config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **config}))
    return tunable, path


def test_a_peft_folder_made_elsewhere_runs_as_it_did_there(tmp_path, engine, ids_of):
    tunable, path = peft_folder(tmp_path / "peft")
    write_lora(tmp_path / "in.gguf", peft_changes(tmp_path / "peft", path), read_facts(path), {})
    ids = ids_of(path, TEXT)
    engine.set_adapters([AdapterStrength(tmp_path / "in.gguf")])
    assert difference(engine, tunable.model, ids).mean_difference < 0.02


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"lora_bias": True}, "biases"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"peft_type": "IA3"}, "IA3 adapter; only LoRA"),
    ],
)
def test_peft_adapters_that_llama_cpp_cannot_run_are_refused_by_name(config, reason, tmp_path):
    _, path = peft_folder(tmp_path / "peft", **config)
    with pytest.raises(AdapterError, match=reason):
        list(peft_changes(tmp_path / "peft", path))


def test_a_peft_adapter_of_another_model_is_refused(tmp_path):
    peft_folder(tmp_path / "peft")
    weights = {
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": torch.zeros(4, 99),
        "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight": torch.zeros(32, 4),
    }
    save_file(weights, tmp_path / "peft" / "adapter_model.safetensors")
    with pytest.raises(AdapterError, match="another shape"):
        list(peft_changes(tmp_path / "peft", tiny_model("llama")[1]))


def test_a_delta_of_a_tensor_that_is_not_there_is_an_error(tmp_path):
    _, path = tiny_model("llama")
    with pytest.raises(TrainingError, match=r"no tensor blk\.9"):
        write_merged(
            path, tmp_path / "out.gguf", {"blk.9.attn_q.weight": np.zeros((1, 1), np.float32)}, kind="F32", metadata={}
        )
