import numpy as np
import pytest

from lorag.adapters.fit import check_fits
from lorag.errors import AdapterError
from lorag.models.gguf import read_metadata
from tests.tiny_gguf import WIDTH, tiny_gguf, tiny_lora, write_tiny_lora

BASE = read_metadata(tiny_gguf())
TIED = read_metadata(tiny_gguf("tied", tied=True))
VOCABULARY = BASE.tensors["token_embd.weight"].shape[1]


def zeros(*shape: int):
    return np.zeros(shape, np.float32)


EMBEDDING_LORA = {"token_embd.weight.lora_a": zeros(VOCABULARY, 4), "token_embd.weight.lora_b": zeros(WIDTH, 4)}
OUTPUT_LORA = {"output.weight.lora_a": zeros(4, WIDTH), "output.weight.lora_b": zeros(VOCABULARY, 4)}


def lora(tmp_path, **options):
    return read_metadata(write_tiny_lora(tmp_path / "adapter.gguf", **options))


def test_an_adapter_of_the_same_model_fits():
    check_fits(read_metadata(tiny_lora()), BASE)
    check_fits(
        read_metadata(tiny_lora("all", targets=("attn_q", "attn_k", "attn_output", "ffn_gate", "ffn_up", "ffn_down"))),
        TIED,
    )


@pytest.mark.parametrize("extra", [EMBEDDING_LORA, OUTPUT_LORA], ids=["token_embd", "output"])
def test_tied_embeddings_cannot_be_adapted_and_separate_ones_can(tmp_path, extra):
    adapter = lora(tmp_path, extra=extra)

    check_fits(adapter, BASE)
    with pytest.raises(AdapterError, match="one matrix for input and output"):
        check_fits(adapter, TIED)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"architecture": "qwen2"}, "made for a qwen2"),
        ({"width": 128}, "does not fit"),
        ({"layers": 3}, "no such tensor"),
        ({"missing_pair": True}, "only one of its two"),
        ({"targets": ()}, "no LoRA tensors"),
        ({"extra": {"blk.0.attn_q.weight": zeros(4, 4)}}, "not a part of a LoRA"),
        (
            {"extra": {"blk.0.attn_k.weight.lora_a": zeros(4, WIDTH), "blk.0.attn_k.weight.lora_b": zeros(32, 8)}},
            "does not fit",
        ),
        (
            {"extra": {"blk.0.attn_k.weight.lora_a": zeros(WIDTH), "blk.0.attn_k.weight.lora_b": zeros(32)}},
            "does not fit",
        ),
        ({"metadata": {"adapter.lora.alpha": "8"}}, "alpha"),
    ],
)
def test_an_adapter_of_another_model_is_refused_with_its_reason(tmp_path, options, reason):
    with pytest.raises(AdapterError, match=reason) as caught:
        check_fits(lora(tmp_path, **options), BASE)
    assert "adapter.gguf" in str(caught.value)


def test_a_model_is_not_an_adapter():
    with pytest.raises(AdapterError, match="not a LoRA"):
        check_fits(BASE, BASE)
