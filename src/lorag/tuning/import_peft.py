"""An adapter made elsewhere with PEFT (safetensors and adapter_config.json) → the changes of a base's weights."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import gguf
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from lorag.errors import AdapterError, TrainingError
from lorag.tuning.base import BaseFacts, read_facts
from lorag.tuning.export_lora import LowRank, permuted, tensor_name

CONFIG_NAME: Final = "adapter_config.json"
WEIGHTS_NAME: Final = "adapter_model.safetensors"
_PREFIX: Final = "base_model.model."
_REFUSED: Final[Mapping[str, str]] = {
    "use_dora": "it is a DoRA, whose magnitudes llama.cpp cannot apply; merge it where it was made",
    "lora_bias": "it changes biases, which llama.cpp cannot apply",
    "modules_to_save": "it holds whole layers besides the LoRA (modules_to_save); merge it where it was made",
    "alora_invocation_tokens": "it is an activated LoRA, which depends on single tokens",
}


def peft_changes(folder: Path, base: Path) -> Iterator[LowRank]:
    """Yield the changes of a PEFT adapter in the layout of ``base``.

    Raises:
        AdapterError: The folder holds no LoRA that llama.cpp can apply, or one of another model.
    """
    config = _config(folder)
    facts = read_facts(base)
    shapes = {str(tensor.name): tuple(int(n) for n in tensor.shape) for tensor in gguf.GGUFReader(base).tensors}
    try:
        weights = load_file(folder / WEIGHTS_NAME)
    except (OSError, SafetensorError) as error:
        raise AdapterError(f"{folder / WEIGHTS_NAME} cannot be read: {error}") from error
    names = sorted(name for name in weights if name.endswith(".lora_A.weight"))
    strange = next((name for name in weights if not name.endswith((".lora_A.weight", ".lora_B.weight"))), None)
    if not names or strange is not None:
        raise AdapterError(f"{folder} holds {strange or 'no LoRA weights'}, which llama.cpp cannot apply")
    for name in names:
        module = name.removeprefix(_PREFIX).removesuffix(".lora_A.weight")
        yield _change(folder, config, (module, weights[name], weights.get(_other(name))), facts, shapes)


def _other(name: str) -> str:
    return name.removesuffix(".lora_A.weight") + ".lora_B.weight"


def _config(folder: Path) -> Mapping[str, Any]:
    path = folder / CONFIG_NAME
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AdapterError(f"{path} cannot be read: {error}") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        kind = config.get("peft_type") if isinstance(config, dict) else None
        raise AdapterError(f"{folder} is a {kind or 'nameless'} adapter; only LoRA can be imported")
    for key, reason in _REFUSED.items():
        if config.get(key):
            raise AdapterError(f"{folder} cannot be imported: {reason}")
    return config


def _change(
    folder: Path,
    config: Mapping[str, Any],
    pair: tuple[str, torch.Tensor, torch.Tensor | None],
    facts: BaseFacts,
    shapes: Mapping[str, tuple[int, ...]],
) -> LowRank:
    module, a, b = pair
    try:
        target = tensor_name(module, facts)
    except TrainingError as error:
        raise AdapterError(f"{folder} does not belong to this model: {error}") from error
    if target in ("token_embd", "output"):
        raise AdapterError(f"{folder} adapts {module}, which llama.cpp cannot apply safely; merge it where it was made")
    # GGUF gives the length of a row first: (inputs, outputs).
    if b is None or a.shape[0] != b.shape[1] or (a.shape[1], b.shape[0]) != shapes[f"{target}.weight"]:
        raise AdapterError(
            f"{folder} does not fit this model: {module} has another shape; choose the model it was made for"
        )
    scaled = b.float() * _scale(config, module, a.shape[0])
    return LowRank(target, a.float(), permuted(scaled, target, facts))


def _scale(config: Mapping[str, Any], module: str, rank: int) -> float:
    """Return the factor PEFT applies: alpha / rank, or alpha / √rank for rsLoRA, with its patterns."""
    alpha = _of_pattern(config.get("alpha_pattern"), module, float(config.get("lora_alpha", 8)))
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _of_pattern(pattern: object, module: str, default: float) -> float:
    if not isinstance(pattern, dict):
        return default
    return next(
        (float(value) for key, value in pattern.items() if module == key or module.endswith(f".{key}")), default
    )
