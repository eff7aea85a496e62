"""Writes the trained network as a GGUF file that llama.cpp runs."""

import json
from pathlib import Path
from typing import Final

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from chat.bpe import END, PAD, SPECIAL_TOKENS
from chat.model import Llama, ModelShape, RMSNorm

CHAT_TEMPLATE: Final = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
BLOCK_PARTS: Final = {
    "attention_norm.gain": "attn_norm",
    "query.weight": "attn_q",
    "key.weight": "attn_k",
    "value.weight": "attn_v",
    "output.weight": "attn_output",
    "feed_forward_norm.gain": "ffn_norm",
    "gate.weight": "ffn_gate",
    "up.weight": "ffn_up",
    "down.weight": "ffn_down",
}


def export(path: Path, model: Llama, tokenizer: Tokenizer, context: int) -> None:
    """Write ``model`` with its tokenizer and chat template; ``context`` is the longest prompt it was trained on."""
    writer = GGUFWriter(path, "llama")
    _describe(writer, model.shape, context)
    _add_tokenizer(writer, tokenizer)
    for name, values in _tensors(model):
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            writer.add_tensor(name, values.astype(np.float16), raw_dtype=GGMLQuantizationType.F16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: GGUFWriter, shape: ModelShape, context: int) -> None:
    writer.add_name("lorag small")
    writer.add_description("Answers from numbered sentences by quoting them; English and Korean.")
    writer.add_license("mit")
    writer.add_languages(["en", "ko"])
    writer.add_bool("lorag.quote", True)
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(RMSNorm.epsilon)


def _add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer) -> None:
    size = tokenizer.get_vocab_size()
    tokens = [str(tokenizer.id_to_token(identifier)) for identifier in range(size)]
    kinds = [TokenType.CONTROL if token in SPECIAL_TOKENS else TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(_merges(tokenizer))
    writer.add_eos_token_id(END)
    writer.add_eot_token_id(END)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _merges(tokenizer: Tokenizer) -> list[str]:
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]


def _tensors(model: Llama) -> list[tuple[str, NDArray[np.float32]]]:
    tensors = [("token_embd.weight", _array(model.embedding.weight)), ("output_norm.weight", _array(model.norm.gain))]
    for number, block in enumerate(model.blocks):
        for name, weight in block.named_parameters():
            values = _array(weight)
            if name in ("query.weight", "key.weight"):
                values = _interleaved(values, model.shape.heads)
            tensors.append((f"blk.{number}.{BLOCK_PARTS[name]}.weight", values))
    return tensors


def _interleaved(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Return a query or key matrix in llama.cpp's order: rotary pairs side by side, not half a head apart."""
    rows, width = values.shape
    return np.ascontiguousarray(values.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width))


def _array(weight: Tensor) -> NDArray[np.float32]:
    return np.asarray(weight.detach().to("cpu", torch.float32).numpy())


def metadata(path: Path) -> dict[str, object]:
    """Return the metadata of a GGUF file."""
    return {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items()}
