"""The model a person chats with, made trainable: a GGUF file, or a Hugging Face folder, as a transformers model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig, PreTrainedModel
from transformers.utils import logging as transformers_logging

from lorag.errors import TrainingError
from lorag.models.check import check_chat_model, ties_embeddings
from lorag.models.gguf import GgufMetadata, Value, read_metadata
from lorag.models.quantisation import is_quantised

SUPPORTED: Final = ("llama", "qwen2", "qwen3", "gemma2", "gemma3")
_GEMMAS: Final = ("gemma2", "gemma3")
_GEMMAS_27B: Final = (46, 62)
"""Layers of the two models that scale queries by hidden size over heads and not by the size of a head."""
_ROPE_FREQUENCIES: Final = "rope_freqs.weight"


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """What of a GGUF file decides whether and how it can be trained."""

    architecture: str
    layers: int
    heads: int
    key_value_heads: int
    hidden: int
    head_size: int | None
    tied: bool
    """Whether the output head is the input embedding."""
    rope_scaling: str | None
    quantised: bool
    """Whether llama.cpp rounds what its weights are multiplied with, as it does where they are quantised."""
    tensor_names: frozenset[str]


def read_facts(path: Path) -> BaseFacts:
    """Read the facts and refuse what cannot be trained, before anything is loaded.

    Raises:
        ModelError: It is no complete GGUF file of a model that can chat.
        TrainingError: The architecture, a fused or expert layer, or a scaling that transformers would ignore.
    """
    file = read_metadata(path)
    architecture = file.architecture
    names = frozenset(file.tensors)
    _refuse(path, architecture or "unknown", file.values, names)
    check_chat_model(file)
    heads = _counted(file, "attention.head_count")
    key_length = file.of_architecture("attention.key_length")
    return BaseFacts(
        architecture=architecture,
        layers=_counted(file, "block_count"),
        heads=heads,
        key_value_heads=file.of_architecture("attention.head_count_kv", heads),
        hidden=_counted(file, "embedding_length"),
        head_size=key_length or None,
        tied=ties_embeddings(file),
        rope_scaling=file.text(f"{architecture}.rope.scaling.type") or None,
        quantised=is_quantised(tensor.type_id for tensor in file.tensors.values()),
        tensor_names=names,
    )


def _counted(file: GgufMetadata, key: str) -> int:
    count = file.of_architecture(key)
    if count < 1:
        raise TrainingError(f"{file.path.name} cannot be trained: it does not say its {file.architecture}.{key}")
    return count


def _refuse(path: Path, architecture: str, values: Mapping[str, Value], names: frozenset[str]) -> None:
    supported = ", ".join(SUPPORTED)
    scaling = values.get(f"{architecture}.rope.scaling.type")
    reasons = {
        f"its architecture is {architecture}; {supported} can be trained": architecture not in SUPPORTED,
        "it is one part of a split file; merge the parts first": values.get("split.count", 1) not in (0, 1),
        "its attention weights are fused (attn_qkv); use a conversion without --fuse-qkv": any(
            ".attn_qkv." in name for name in names
        ),
        "it is a mixture of experts": any("_exps." in name for name in names),
        f"its rope scaling ({scaling}) would be lost in training": scaling not in (None, "none"),
    }
    for reason, holds in reasons.items():
        if holds:
            raise TrainingError(f"{path.name} cannot be trained: {reason}")


def load_base(path: Path, *, dtype: torch.dtype, device: torch.device) -> PreTrainedModel:
    """Load a GGUF file's weights, dequantised, into a transformers model in evaluation mode.

    Raises:
        TrainingError: The file cannot be trained, or transformers cannot read it.
    """
    facts = read_facts(path)
    # Its progress bars would be drawn over ours.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # unannotated
    try:
        config = AutoConfig.from_pretrained(path.parent, gguf_file=path.name)
        if facts.head_size is not None:
            # transformers does not read attention.key_length and would assume its own default.
            config.head_dim = facts.head_size
        if facts.architecture in _GEMMAS:
            # The file does not hold this; llama.cpp knows it by the size of the model, and so do we.
            per_head = facts.hidden // facts.heads if facts.layers in _GEMMAS_27B else config.head_dim
            config.query_pre_attn_scalar = per_head
        model = AutoModelForCausalLM.from_pretrained(
            path.parent,
            gguf_file=path.name,
            config=config,
            dtype=dtype,
            # Without this the Trainer-side checks refuse the model, PEFT included.
            quantization_config=GgufConfig(dequantize=True),
        )
    except (ValueError, OSError, KeyError, RuntimeError, NotImplementedError) as error:
        raise TrainingError(f"{path.name} cannot be read for training: {_one_line(error)}") from error
    if _ROPE_FREQUENCIES in facts.tensor_names:
        _apply_rope_factors(model, path)
    model.config.use_cache = False
    return _placed(model, device)


def load_folder(folder: Path, facts: BaseFacts, *, dtype: torch.dtype, device: torch.device) -> PreTrainedModel:
    """Load the unquantised weights of the same model from a Hugging Face folder; only local files are read.

    Raises:
        TrainingError: The folder cannot be read, or holds another architecture.
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        kind = str(config.model_type).removesuffix("_text")
        if kind != facts.architecture:
            raise TrainingError(f"{folder} holds a {kind} model and the GGUF a {facts.architecture}; they must be one")
        model = AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=dtype, local_files_only=True)
    except (ValueError, OSError, KeyError, RuntimeError) as error:
        raise TrainingError(f"{folder} cannot be read for training: {_one_line(error)}") from error
    model.config.use_cache = False
    return _placed(model, device)


def read_folder_config(folder: Path) -> Any:
    """Return the configuration of a Hugging Face folder; only local files are read.

    Raises:
        TrainingError: It cannot be read.
    """
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True)
    except (ValueError, OSError, KeyError) as error:
        raise TrainingError(f"{folder} cannot be read for training: {_one_line(error)}") from error


def load_folder_as_it_is(folder: Path, config: Any) -> PreTrainedModel:
    """Load a Hugging Face folder in the number format that its weights are stored in.

    Raises:
        TrainingError: It cannot be read.
    """
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # unannotated
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, config=config, dtype="auto", local_files_only=True)
    except (ValueError, OSError, KeyError, RuntimeError) as error:
        raise TrainingError(f"{folder} cannot be read for training: {_one_line(error)}") from error
    return _placed(model, torch.device("cpu"))


def _placed(model: Any, device: torch.device) -> PreTrainedModel:
    model.to(device)
    model.eval()
    return model  # type: ignore[no-any-return]  # transformers returns Any


def _apply_rope_factors(model: Any, path: Path) -> None:
    """Divide the rotary frequencies as Llama 3.1 GGUFs say; transformers leaves this tensor out."""
    reader = gguf.GGUFReader(path)
    factors = next(tensor.data for tensor in reader.tensors if tensor.name == _ROPE_FREQUENCIES)
    rotary = model.model.rotary_emb
    divided = rotary.inv_freq / torch.tensor(np.array(factors, dtype=np.float32), device=rotary.inv_freq.device)
    rotary.inv_freq.copy_(divided)
    rotary.original_inv_freq = divided.clone()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


@torch.no_grad()
def token_log_likelihoods(model: PreTrainedModel, ids: list[int]) -> list[float]:
    """Return the natural-log likelihood of each token after the first, without dropout."""
    was_training = model.training
    model.train(False)
    device = next(model.parameters()).device
    mixed = any(parameter.dtype is torch.bfloat16 for parameter in model.parameters())
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=mixed):
        logits = model(input_ids=torch.tensor([ids], device=device), use_cache=False).logits[0, :-1].float()
    model.train(was_training)
    wanted = torch.tensor(ids[1:], device=device)
    return torch.log_softmax(logits, dim=-1).gather(1, wanted[:, None])[:, 0].tolist()


@dataclass(frozen=True, slots=True)
class Equivalence:
    """How closely two runtimes agree on the same tokens."""

    mean_difference: float
    """Mean absolute difference of token log-likelihoods, nats."""
    largest_difference: float

    @property
    def close(self) -> bool:
        """Whether the two are the same model up to rounding; a wrong rope, norm or permutation is off by whole nats."""
        return self.mean_difference < 0.05 and self.largest_difference < 0.5

    @property
    def near(self) -> bool:
        """The same where one of the two computes with quantised weights, which costs some tenths of a nat (measured: 0.1 to 0.3)."""
        return self.mean_difference < 0.5


def compare(ours: list[float], reference: list[float]) -> Equivalence:
    """Compare token log-likelihoods of two runtimes."""
    differences = [abs(a - b) for a, b in zip(ours, reference, strict=True)]
    return Equivalence(sum(differences) / max(1, len(differences)), max(differences, default=0.0))
