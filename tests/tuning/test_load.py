import gguf
import pytest
import torch

from lorag.errors import ModelError, TrainingError
from lorag.tuning.base import compare, load_base, read_facts, token_log_likelihoods
from tests.tiny_gguf import tiny_lora, write_tiny_gguf
from tests.tuning.tiny_models import ARCHITECTURES, tiny_model

pytestmark = pytest.mark.xdist_group("torch")

TEXT = "Hello world, the number 42 and 서울의 날씨 on a long and winding road, again and again."


def loaded(path):
    return load_base(path, dtype=torch.float32, device=torch.device("cpu"))


def logits(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_gguf_is_loaded_as_the_model_it_was_written_from(architecture, engine, ids_of):
    model, path = tiny_model(architecture)
    ids = ids_of(path, TEXT)
    assert torch.allclose(logits(loaded(path), ids), logits(model, ids), atol=2e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_torch_and_llama_cpp_agree_on_a_loaded_gguf(architecture, engine, ids_of):
    _, path = tiny_model(architecture)
    ids = ids_of(path, TEXT)
    found = compare(token_log_likelihoods(loaded(path), ids), engine.score_tokens(ids))
    assert found.close
    assert found.mean_difference < 0.01


def test_the_rope_factors_of_llama_3_are_applied(engine, ids_of):
    model, path = tiny_model("llama", llama3_rope=True)
    ids = ids_of(path, TEXT * 3)
    ours = loaded(path)
    assert torch.allclose(logits(ours, ids), logits(model, ids), atol=2e-4)
    assert compare(token_log_likelihoods(ours, ids), engine.score_tokens(ids)).close


def test_a_model_loaded_with_a_wrong_rope_does_not_pass_the_gate(engine, ids_of):
    _, path = tiny_model("llama", llama3_rope=True)
    ids = ids_of(path, TEXT * 3)
    ours = loaded(path)
    ours.model.rotary_emb.inv_freq.mul_(0.2)
    assert not compare(token_log_likelihoods(ours, ids), engine.score_tokens(ids)).close


def test_what_transformers_would_get_wrong_is_refused_by_name(tmp_path):
    path = write_tiny_gguf(tmp_path / "odd.gguf", metadata={"llama.rope.scaling.type": "yarn"})
    with pytest.raises(TrainingError, match=r"odd\.gguf cannot be trained: .*rope scaling"):
        read_facts(path)


def test_a_split_model_is_refused_by_name(tmp_path):
    for number in (1, 2):
        path = tmp_path / f"odd-0000{number}-of-00002.gguf"
        write_tiny_gguf(path, metadata={"split.count": 2, "split.no": number - 1})
    with pytest.raises(TrainingError, match="cannot be trained: it is one part of a split file"):
        read_facts(tmp_path / "odd-00001-of-00002.gguf")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda whole: b"", "is not a GGUF file"),
        (lambda whole: b"a letter to my aunt" * 20, "is not a GGUF file"),
        (lambda whole: whole[:2000], "not complete|damaged"),
        (lambda whole: whole[:-4000], "not complete"),
    ],
    ids=["empty", "another file", "header cut off", "weights cut off"],
)
def test_a_base_that_is_no_gguf_or_is_cut_off_is_refused_in_one_line(tmp_path, content, reason):
    path = tmp_path / "base.gguf"
    path.write_bytes(content(tiny_model("llama")[1].read_bytes()))
    with pytest.raises(ModelError, match=reason):
        read_facts(path)


def test_an_adapter_is_not_taken_for_a_base():
    with pytest.raises(ModelError, match="is a LoRA adapter"):
        read_facts(tiny_lora())


def test_an_unsupported_architecture_is_refused_before_loading(tmp_path):
    path = tmp_path / "mamba.gguf"
    writer = gguf.GGUFWriter(path, "mamba")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(
        TrainingError, match="architecture is mamba; llama, qwen2, qwen3, gemma2, gemma3 can be trained"
    ):
        read_facts(path)


@pytest.mark.parametrize(
    ("tensor", "reason"), [("blk.0.attn_qkv.weight", "fused"), ("blk.0.ffn_up_exps.weight", "mixture of experts")]
)
def test_fused_and_expert_layers_are_refused(tmp_path, tensor, reason):
    import numpy as np

    path = tmp_path / "layers.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tensor(tensor, np.zeros((4, 4), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(TrainingError, match=reason):
        read_facts(path)
