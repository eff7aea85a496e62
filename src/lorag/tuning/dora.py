"""DoRA with rows of zeros: such a row has no direction, and dividing by its length would make everything NaN."""

from collections.abc import Iterator
from typing import Any, Final

import torch
from peft import PeftModel
from peft.tuners.lora.dora import DoraLinearLayer
from torch import nn

_SHORTEST: Final = 1e-6
"""Length from which a row counts as one of zeros; real rows are a thousand times longer."""


class SafeDora(DoraLinearLayer):
    """The magnitudes of one weight; rows of zeros stay as they are."""

    def get_weight_norm(
        self, weight: torch.Tensor, lora_weight: torch.Tensor, scaling: float, adapter_name: str | None = None
    ) -> torch.Tensor:
        """Return the length of each row, never zero."""
        norm: torch.Tensor = super().get_weight_norm(weight, lora_weight, scaling, adapter_name=adapter_name)
        return at_least_some(norm)


def at_least_some(norm: torch.Tensor) -> torch.Tensor:
    """Return lengths that can be divided by."""
    return norm.clamp_min(_SHORTEST)


def make_safe(model: PeftModel) -> None:
    """Let every adapted weight of a DoRA model divide safely."""
    for layers in _magnitudes(model):
        for name, old in list(layers.items()):
            safe = SafeDora(fan_in_fan_out=old.fan_in_fan_out)  # type: ignore[no-untyped-call]  # peft leaves it unannotated
            safe.weight = old.weight
            layers[name] = safe


def _magnitudes(model: nn.Module) -> Iterator[Any]:
    for module in model.modules():
        layers = getattr(module, "lora_magnitude_vector", None)
        if layers:
            yield layers
