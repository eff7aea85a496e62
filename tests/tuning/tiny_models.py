"""Random models of the five architectures, made by transformers and written as GGUF by a converter of our own.

The converter follows llama.cpp's rules (permuted q and k for llama, norms plus one for gemma) and shares no code with the
loader under test, so the transformers model is the independent truth for both.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    LlamaConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen3Config,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

from tests.tiny_gguf import CHATML_TEMPLATE, CHATML_TOKENS, _bpe, _merges, tiny_folder

# Many small products: a second thread only waits for the first, and other tests want the other core.
torch.set_num_threads(1)

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3")
HIDDEN, HEADS, KV_HEADS, FEED_FORWARD, LAYERS, CONTEXT = 32, 4, 2, 64, 2, 4096
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
_CONFIGS = {
    "llama": LlamaConfig,
    "qwen2": Qwen2Config,
    "qwen3": Qwen3Config,
    "gemma2": Gemma2Config,
    "gemma3": Gemma3TextConfig,
}
TOKENS, _, TYPES = _bpe(CHATML_TOKENS, ())


@functools.cache
def tiny_model(architecture: str, *, tied: bool = False, llama3_rope: bool = False) -> tuple[PreTrainedModel, Path]:
    """Return a random transformers model and the GGUF file of the same weights, made once per process."""
    model = _random_model(architecture, tied=tied or architecture.startswith("gemma"), llama3_rope=llama3_rope)
    path = tiny_folder() / f"{architecture}{'-tied' * tied}{'-rope' * llama3_rope}.gguf"
    write_gguf(path, model, architecture)
    return model, path


def _random_model(architecture: str, *, tied: bool, llama3_rope: bool) -> PreTrainedModel:
    options: dict[str, Any] = {
        "vocab_size": len(TOKENS),
        "hidden_size": HIDDEN,
        "intermediate_size": FEED_FORWARD,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": tied,
        "rms_norm_eps": 1e-5,
    }
    if architecture in ("qwen3", "gemma2", "gemma3"):
        # Another size than hidden / heads, as the real ones have.
        options["head_dim"] = 16
    if architecture.startswith("gemma"):
        options["query_pre_attn_scalar"] = 16
    if llama3_rope:
        options["rope_parameters"] = LLAMA3_ROPE
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(_CONFIGS[architecture](**options), dtype=torch.float32)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 1.0 if "embed" in name else parameter.shape[1] ** -0.5)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model.eval()


def write_gguf(path: Path, model: PreTrainedModel, architecture: str) -> None:
    """Write a transformers model as a GGUF file with the tokeniser of ``tests.tiny_gguf``."""
    config = model.config
    writer = gguf.GGUFWriter(path, architecture)
    head_dim = getattr(config, "head_dim", None) or HIDDEN // HEADS
    writer.add_name(f"tiny {architecture}")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(_theta(config, architecture))
    if architecture == "llama":
        writer.add_rope_dimension_count(head_dim)
    else:
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if architecture.startswith("gemma"):
        writer.add_sliding_window(config.sliding_window)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(TOKENS)
    writer.add_token_types(TYPES)
    writer.add_token_merges(_merges())
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(TOKENS.index("<|im_end|>"))
    writer.add_chat_template(CHATML_TEMPLATE)
    for name, tensor in _tensors(model, architecture).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _theta(config: Any, architecture: str) -> float:
    rope = config.rope_parameters
    return float(rope["full_attention"]["rope_theta"] if architecture == "gemma3" else rope["rope_theta"])


def _tensors(model: PreTrainedModel, architecture: str) -> Mapping[str, np.ndarray]:
    key = next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(key, LAYERS)
    tensors: dict[str, np.ndarray] = {}
    for name, parameter in model.named_parameters():
        stem, _, kind = name.rpartition(".")
        if stem == "lm_head" and model.config.tie_word_embeddings:
            continue
        values = parameter.detach()
        if architecture == "llama" and stem.endswith(("q_proj", "k_proj")):
            heads = HEADS if stem.endswith("q_proj") else KV_HEADS
            rows = values.shape[0] // heads
            values = values.reshape(heads, 2, rows // 2, -1).swapaxes(1, 2).reshape(values.shape)
        if architecture.startswith("gemma") and stem.endswith("norm"):
            values = values + 1
        tensors[f"{names.get_name(stem)}.{kind}"] = values.contiguous().numpy()
    rotary = model.model.rotary_emb
    if getattr(rotary, "rope_type", "default") == "llama3":
        size = HIDDEN // HEADS
        plain = 1.0 / (10000.0 ** (torch.arange(0, size, 2).float() / size))
        tensors["rope_freqs.weight"] = (plain / rotary.inv_freq).numpy()
    return tensors
