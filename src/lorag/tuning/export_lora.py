"""Learned low-rank weights → a LoRA GGUF that llama.cpp switches on over the base, quantised or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import torch
from peft import PeftModel

from lorag.errors import TrainingError
from lorag.tuning.base import BaseFacts

_ARCHITECTURES: Final = {name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}


@dataclass(frozen=True, slots=True)
class LowRank:
    """The change of one weight: ``delta = b @ a``, every scale already in ``b``."""

    tensor: str
    """Name of the weight in the GGUF, without ``.weight``."""
    a: torch.Tensor
    """(rank, inputs)"""
    b: torch.Tensor
    """(outputs, rank)"""


def low_rank_changes(
    model: PeftModel, facts: BaseFacts, start: Mapping[str, torch.Tensor] | None = None
) -> Iterator[LowRank]:
    """Yield the change of each adapted weight, in the base file's own layout.

    ``start`` holds the low-rank weights from before training where these already stood for a part of the base (PiSSA);
    the change then is the difference, of twice the rank.

    The module's scaling is baked into ``b``, so rsLoRA, rank patterns and alpha need no metadata that the runtime could
    misread.

    Raises:
        TrainingError: A trained weight has no place in the base file.
    """
    for name, module in model.named_modules():
        if not hasattr(module, "lora_A") or "default" not in module.lora_A:
            continue
        target = tensor_name(_inner(name), facts)
        a = module.lora_A["default"].weight.detach().float().cpu()
        b = module.lora_B["default"].weight.detach().float().cpu()
        if start:
            a = torch.cat([a, start[f"{_inner(name)}.lora_A.default.weight"].float()])
            b = torch.cat([b, -start[f"{_inner(name)}.lora_B.default.weight"].float()], dim=1)
        b = b * float(module.scaling["default"])
        yield LowRank(target, a, permuted(b, target, facts))


def _inner(name: str) -> str:
    return name.removeprefix("base_model.model.")


def tensor_name(module: str, facts: BaseFacts) -> str:
    """Return the GGUF name of a transformers module, without ``.weight``.

    Raises:
        TrainingError: The base file does not contain it.
    """
    names = gguf.get_tensor_name_map(architecture_key(facts.architecture), facts.layers)
    target = names.get_name(module)
    # The map also knows names this architecture does not have, so look into the file itself.
    if target is None or f"{target}.weight" not in facts.tensor_names:
        raise TrainingError(f"the trained weight {module} has no counterpart in the base file")
    return target


def permuted(rows: torch.Tensor, tensor: str, facts: BaseFacts) -> torch.Tensor:
    """Reorder output rows of q and k as llama.cpp's interleaved rotary embedding wants them (llama only)."""
    heads = {"attn_q": facts.heads, "attn_k": facts.key_value_heads}.get(tensor.rpartition(".")[2])
    return rows if facts.architecture != "llama" or heads is None else permute_rows(rows, heads)


def permute_rows(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Reorder the rows of each head from two halves to pairs."""
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def architecture_key(architecture: str) -> Any:
    """Return what gguf calls an architecture."""
    return _ARCHITECTURES[architecture]


def write_lora(path: Path, changes: Iterator[LowRank], facts: BaseFacts, metadata: Mapping[str, str]) -> int:
    """Write a LoRA GGUF in F32 and return how many weights it changes.

    ``adapter.lora.alpha`` is left out on purpose: llama.cpp then takes the strength alone as the scale.
    """
    writer: Any = gguf.GGUFWriter(path, facts.architecture)
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    for key, value in metadata.items():
        writer.add_string(key, value)
    count = 0
    for change in changes:
        writer.add_tensor(f"{change.tensor}.weight.lora_a", change.a.contiguous().numpy())
        writer.add_tensor(f"{change.tensor}.weight.lora_b", change.b.contiguous().numpy())
        count += 1
    if not count:
        raise TrainingError("the trained model holds no low-rank weights to export")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return count
