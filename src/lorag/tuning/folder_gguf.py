"""A Hugging Face folder → the GGUF file of the same model, which is what is chatted with."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from lorag.adapters.manifest import fingerprint
from lorag.errors import TrainingError
from lorag.tuning.base import SUPPORTED, load_folder_as_it_is, read_folder_config
from lorag.tuning.export_lora import architecture_key, permute_rows
from lorag.tuning.folder_vocabulary import Vocabulary, read_vocabulary_of

SOURCE_KEY: Final = "lorag.source_fingerprint"
PROBES: Final = (
    "Hello world, the number 42 and 3.14159 — isn't it? It's 2024-05-17, 12:30.",
    "환불은 며칠 안에 신청해야 하나요? 구매일부터 14일(2주) 이내, 40,000원까지입니다.",
    "def f(x):\n    return x**2  # tabs\tand   spaces\n\n\nend",
    "Ünïcödé, 日本語, русский, 🎉👍🏽 and ½ ² ™",
    " leading and trailing ",
)
"""Texts that both tokenisers must cut alike."""
_TYPES: Final = {
    torch.float32: gguf.GGMLQuantizationType.F32,
    torch.float16: gguf.GGMLQuantizationType.F16,
    torch.bfloat16: gguf.GGMLQuantizationType.BF16,
}
_FILE_TYPES: Final = {
    torch.float32: gguf.LlamaFileType.ALL_F32,
    torch.float16: gguf.LlamaFileType.MOSTLY_F16,
    torch.bfloat16: gguf.LlamaFileType.MOSTLY_BF16,
}


def folder_fingerprint(folder: Path) -> str:
    """Return what tells the model in a folder from others without reading all of it."""
    files = sorted(file for pattern in ("*.safetensors", "*.json", "*.jinja") for file in folder.glob(pattern))
    said = "\n".join(f"{file.name} {fingerprint(file)}" for file in files)
    return hashlib.sha256(said.encode()).hexdigest()


def write_folder_as_gguf(folder: Path, out: Path, name: str) -> PreTrainedModel:
    """Write the model of a folder with every weight as it is, and return it as transformers has it.

    Raises:
        TrainingError: It is of a kind that cannot be written exactly.
    """
    config = read_folder_config(folder)
    architecture = str(config.model_type).removesuffix("_text")
    _refuse(architecture, config)
    vocabulary = read_vocabulary_of(folder, int(config.vocab_size))
    model = load_folder_as_it_is(folder, config)
    if model.dtype not in _TYPES:
        raise TrainingError(f"its weights are stored as {model.dtype}; float32, float16 and bfloat16 can be written")
    writer: Any = gguf.GGUFWriter(out, architecture)
    writer.add_name(name)
    writer.add_string(SOURCE_KEY, folder_fingerprint(folder))
    writer.add_file_type(_FILE_TYPES[model.dtype])
    _add_shape(writer, architecture, config)
    _add_vocabulary(writer, vocabulary)
    for tensor, values in _tensors(model, architecture):
        kind = _TYPES[model.dtype] if values.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor, gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def check_tokens(folder: Path, found: Sequence[Sequence[int]]) -> None:
    """Compare llama.cpp's tokens of ``PROBES`` with the folder's own.

    Raises:
        TrainingError: They differ.
    """
    theirs = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text, ids in zip(PROBES, found, strict=True):
        if list(ids) != theirs.encode(text, add_special_tokens=False).ids:
            raise TrainingError(f"llama.cpp would cut texts into other tokens than its own tokeniser: {text[:40]!r}")


def _refuse(architecture: str, config: Any) -> None:
    if architecture not in SUPPORTED:
        raise TrainingError(f"its architecture is {architecture}; {', '.join(SUPPORTED)} can be trained")
    if hasattr(config, "text_config"):
        raise TrainingError("it reads pictures too; only models of text can be written")
    scaling = _rope(config).get("rope_type", "default")
    if scaling not in ("default", "llama3"):
        raise TrainingError(f"its rope scaling ({scaling}) would be lost in training")
    if not _slides_as_llama_cpp(architecture, list(getattr(config, "layer_types", None) or [])):
        raise TrainingError("its layers slide over the text in another pattern than llama.cpp's")


def _slides_as_llama_cpp(architecture: str, layers: Sequence[str]) -> bool:
    """Tell whether every second (gemma2) or sixth (gemma3) layer sees all of the text, and else every layer."""
    period = {"gemma2": 2, "gemma3": 6}.get(architecture, 1)
    return all((kind == "sliding_attention") == ((index + 1) % period != 0) for index, kind in enumerate(layers))


def _rope(config: Any) -> dict[str, Any]:
    rope = getattr(config, "rope_parameters", None) or {}
    # Gemma 3 has one for the layers that see everything and one for those that slide, whose base llama.cpp knows.
    return dict(rope.get("full_attention", rope))


def _add_shape(writer: Any, architecture: str, config: Any) -> None:
    heads = int(config.num_attention_heads)
    size = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    writer.add_context_length(int(config.max_position_embeddings))
    writer.add_embedding_length(int(config.hidden_size))
    writer.add_block_count(int(config.num_hidden_layers))
    writer.add_feed_forward_length(int(config.intermediate_size))
    writer.add_head_count(heads)
    writer.add_head_count_kv(int(config.num_key_value_heads))
    writer.add_layer_norm_rms_eps(float(config.rms_norm_eps))
    writer.add_rope_freq_base(float(_rope(config).get("rope_theta", 10000.0)))
    writer.add_vocab_size(int(config.vocab_size))
    writer.add_key_length(size)
    writer.add_value_length(size)
    if architecture == "llama":
        writer.add_rope_dimension_count(size)
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(float(config.attn_logit_softcapping))
        writer.add_final_logit_softcapping(float(config.final_logit_softcapping))
    if architecture.startswith("gemma"):
        writer.add_sliding_window(int(config.sliding_window))


def _add_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types(list(vocabulary.types))
    if vocabulary.scores:
        writer.add_token_scores(list(vocabulary.scores))
        writer.add_add_space_prefix(vocabulary.adds_space)
    else:
        writer.add_token_merges(list(vocabulary.merges))
    writer.add_add_bos_token(vocabulary.adds_bos)
    for name, token in vocabulary.special.items():
        writer.add_uint32(
            f"tokenizer.ggml.{'unknown' if name == 'unk' else 'padding' if name == 'pad' else name}_token_id", token
        )
    if vocabulary.template is not None:
        writer.add_chat_template(vocabulary.template)


def _tensors(model: PreTrainedModel, architecture: str) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    config: Any = model.config
    names = gguf.get_tensor_name_map(architecture_key(architecture), int(config.num_hidden_layers))
    heads, key_heads = int(config.num_attention_heads), int(config.num_key_value_heads)
    for name, parameter in model.named_parameters():
        module, _, kind = name.rpartition(".")
        if module == "lm_head" and config.tie_word_embeddings:
            continue
        target = names.get_name(module)
        if target is None:
            raise TrainingError(f"its weight {name} has no place in a GGUF file")
        values = parameter.detach().float()
        if architecture == "llama" and target.endswith(("attn_q", "attn_k")):
            values = permute_rows(values, heads if target.endswith("attn_q") else key_heads)
        if architecture.startswith("gemma") and target.endswith("norm"):
            # Gemma multiplies by one more than the weight; a GGUF holds the factor itself.
            values = values + 1
        yield f"{target}.{kind}", values.contiguous().numpy()
    rotary = model.get_decoder().rotary_emb  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
    if _rope(config).get("rope_type") == "llama3":
        size = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
        plain = 1.0 / (float(_rope(config)["rope_theta"]) ** (torch.arange(0, size, 2).float() / size))
        yield "rope_freqs.weight", (plain / rotary.inv_freq).numpy()
