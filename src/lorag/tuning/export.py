"""What a method has learned, in the form in which llama.cpp runs it: a LoRA, or changes to add to the base's weights."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from peft import PeftModel

from lorag.errors import TrainingError
from lorag.tuning.base import BaseFacts
from lorag.tuning.dora import at_least_some
from lorag.tuning.export_lora import LowRank, low_rank_changes, permuted, tensor_name
from lorag.tuning.merge import Delta
from lorag.tuning.methods import Tunable

_MOST_ERROR: Final = 0.02
"""Relative error at which a change is exact enough for a LoRA of lower rank."""
_RANK_FACTOR: Final = 8
_SMALL: Final = 1024


@dataclass(frozen=True, slots=True)
class Approximation:
    """A LoRA that stands for a change of full rank."""

    changes: tuple[LowRank, ...]
    error: float
    """Norm of what is lost over the norm of the change, over all weights."""


def lora_changes(tunable: Tunable, facts: BaseFacts, method: str, rank: int) -> Approximation:
    """Return what ``lora`` or ``dora`` has learned as low-rank changes of the base file's weights."""
    if tunable.peft is None:
        raise TrainingError(f"method {method} learns no low-rank weights")
    if method == "dora":
        return _decomposed(tunable.peft, facts, rank)
    return Approximation(tuple(low_rank_changes(tunable.peft, facts, tunable.start)), 0.0)


def _decomposed(model: PeftModel, facts: BaseFacts, rank: int) -> Approximation:
    """Bring DoRA's changes, which scale whole columns of the weight, into low rank by SVD."""
    changes: list[LowRank] = []
    lost = whole = 0.0
    for name, module in _adapted(model, "lora_A"):
        delta = _dora_delta(module)
        target = tensor_name(name, facts)
        b, a, missing = _low_rank(delta, rank)
        lost, whole = lost + missing, whole + float(delta.square().sum())
        changes.append(LowRank(target, a, permuted(b, target, facts)))
    return Approximation(tuple(changes), math.sqrt(lost / whole) if whole else 0.0)


def _dora_delta(module: Any) -> torch.Tensor:
    """Return magnitude · (W + s·B·A) / ‖W + s·B·A‖ - W (Liu et al. 2024)."""
    weight = module.base_layer.weight.detach().float()
    low = module.lora_B["default"].weight.detach().float() @ module.lora_A["default"].weight.detach().float()
    direction = weight + float(module.scaling["default"]) * low
    magnitude = module.lora_magnitude_vector["default"].weight.detach().float()
    delta: torch.Tensor = direction * (magnitude / at_least_some(direction.norm(dim=1))).unsqueeze(1) - weight
    return delta.cpu()


def _low_rank(delta: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return (b, a, squared norm of what is lost), with as few ranks as the error allows."""
    most = min(_RANK_FACTOR * rank, *delta.shape)
    if min(delta.shape) <= _SMALL:
        u, s, vh = torch.linalg.svd(delta, full_matrices=False)
    else:
        u, s, v = torch.svd_lowrank(delta, q=most, niter=4)
        vh = v.T
    whole = float(delta.square().sum())
    left = whole - torch.cumsum(s.square(), 0)
    enough = int((left > whole * _MOST_ERROR**2).sum()) + 1
    kept = min(enough, most, len(s))
    root = s[:kept].sqrt()
    return u[:, :kept] * root, root[:, None] * vh[:kept], max(0.0, float(left[kept - 1]))


def ia3_delta(model: PeftModel, facts: BaseFacts) -> Delta:
    """Return what IA3's learned factors change: weights and biases times (factor - 1) (Liu et al. 2022)."""
    delta: dict[str, Any] = {}
    for name, module in _adapted(model, "ia3_l"):
        factor = module.ia3_l["default"].detach().float().cpu().flatten() - 1
        weight = module.base_layer.weight.detach().float().cpu()
        target = tensor_name(name, facts)
        change = weight * (factor if module.is_feedforward else factor[:, None])
        delta[f"{target}.weight"] = permuted(change, target, facts).contiguous().numpy()
        bias = getattr(module.base_layer, "bias", None)
        if bias is not None and not module.is_feedforward:
            change = bias.detach().float().cpu() * factor
            delta[f"{target}.bias"] = permuted(change, target, facts).contiguous().numpy()
    return delta


def _adapted(model: PeftModel, attribute: str) -> Iterator[tuple[str, Any]]:
    for name, module in model.named_modules():
        if "default" in getattr(module, attribute, {}):
            yield name.removeprefix("base_model.model."), module
