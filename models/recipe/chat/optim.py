"""Muon for the matrices (Jordan 2024) and AdamW for the rest, with fp32 master weights behind the model's own."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from lorag.tuning.precision import has_bf16


def training_precision(device: torch.device) -> torch.dtype:
    """Return the precision in which matrix products are fastest."""
    return torch.bfloat16 if has_bf16(device) else torch.float32


def orthogonalised(matrix: Tensor, steps: int = 5) -> Tensor:
    """Return the nearest semi-orthogonal matrix to ``matrix``, by five steps of a quintic Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.to(training_precision(matrix.device))
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    nearest: Tensor = (x.T if tall else x).float()
    return nearest


class Optimizer:
    """Holds the fp32 masters of a model's weights and writes each update back into the model."""

    def __init__(self, model: nn.Module, matrix_rate: float, other_rate: float) -> None:
        self.model = model
        self.rates = {"matrix": matrix_rate, "other": other_rate}
        self.masters = {name: weight.detach().float().clone() for name, weight in model.named_parameters()}
        self.first = {name: torch.zeros_like(master) for name, master in self.masters.items()}
        self.second = {
            name: torch.zeros_like(master) for name, master in self.masters.items() if not _is_matrix(name, master)
        }
        self.steps = 0

    @torch.no_grad()
    def step(self, scale: float) -> None:
        """Apply the gradients at ``scale`` times the full learning rates, then clear them."""
        self.steps += 1
        for name, weight in self.model.named_parameters():
            gradient = weight.grad
            if gradient is None:
                continue
            gradient = gradient.float()
            if name in self.second:
                self._adam(name, gradient, self.rates["other"] * scale)
            else:
                self._muon(name, gradient, self.rates["matrix"] * scale)
            weight.copy_(self.masters[name])
            weight.grad = None

    def _muon(self, name: str, gradient: Tensor, rate: float) -> None:
        momentum = self.first[name].mul_(0.95).add_(gradient, alpha=0.05)
        update = orthogonalised(gradient.lerp(momentum, 0.95))
        rows, columns = update.shape
        self.masters[name].add_(update, alpha=-rate * max(1.0, rows / columns) ** 0.5)

    def _adam(self, name: str, gradient: Tensor, rate: float) -> None:
        first = self.first[name].lerp_(gradient, 0.1)
        second = self.second[name].lerp_(gradient.square(), 0.02)
        first = first / (1 - 0.9**self.steps)
        second = second / (1 - 0.98**self.steps)
        self.masters[name].addcdiv_(first, second.sqrt().add_(1e-8), value=-rate)

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the fp32 masters, by the names of the model's weights."""
        return {name: master.detach().to("cpu", copy=True) for name, master in self.masters.items()}

    def state(self) -> dict[str, object]:
        """Return everything needed to go on as if never stopped."""
        return {"masters": self.masters, "first": self.first, "second": self.second, "steps": self.steps}

    @torch.no_grad()
    def restore(self, state: dict[str, object]) -> None:
        """Take over a state and write the masters into the model."""
        for key in ("masters", "first", "second"):
            _copy_all(getattr(self, key), state[key])
        self.steps = int(str(state["steps"]))
        for name, weight in self.model.named_parameters():
            weight.copy_(self.masters[name])


def _is_matrix(name: str, weight: Tensor) -> bool:
    return weight.ndim == 2 and not any(part in name for part in ("embedding", "marker", "meaning"))


def _copy_all(into: dict[str, Tensor], values: object) -> None:
    if not isinstance(values, dict):
        raise TypeError("optimizer state is not a table")
    for name, value in values.items():
        into[name].copy_(value)


def parameter_count(parameters: Iterable[Tensor]) -> int:
    """Return how many numbers ``parameters`` hold."""
    return sum(weight.numel() for weight in parameters)
