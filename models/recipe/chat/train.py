"""The training loop: reads batches, steps the optimizer, keeps checkpoints, and reports by yielding."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as distributed
from torch import Tensor, nn
from torch.nn import functional

from chat.batches import Batch, Place
from chat.meaning import DIMENSIONS
from chat.model import Llama
from chat.optim import Optimizer
from chat.settings import OptimizerSettings, Stage

_WARM_UP_STEPS = 40


class Trainee(nn.Module):
    """The network with auxiliary heads, which are not shipped: two mark answering sentences, one tells what they mean."""

    def __init__(self, llama: Llama) -> None:
        super().__init__()
        self.llama = llama
        self.marker = nn.Linear(llama.shape.width, 1)
        self.early_marker = nn.Linear(llama.shape.width, 1)
        for head in (self.marker, self.early_marker):
            nn.init.zeros_(head.weight)
            nn.init.constant_(head.bias, -2.0)
        self.meaning = nn.Linear(llama.shape.width, DIMENSIONS, bias=False)


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step did."""

    step: int
    place: Place
    stage: Stage
    loss: float
    """Weighted mean of the next-token losses, in nats."""
    choice: float
    """Mean loss of the tokens that choose a sentence, in nats."""
    chosen: float
    """Share of right choices."""
    marker: float
    """Loss of the heads that mark sentences."""
    meaning: float
    """Loss of the head that tells what sentences mean: 1 less the mean cosine."""
    seconds: float


def losses(
    model: Trainee, forward: Callable[[Tensor], tuple[Tensor, Tensor, Tensor]], batch: Batch, choice_weight: float
) -> tuple[Tensor, Tensor, Tensor, list[float]]:
    """Return the next-token loss, the marker loss, the loss of meanings, and loss and share right of the choices."""
    hidden, early, halfway = (state.flatten(0, 1) for state in forward(batch.ids))  # (batch * time, width)
    logits = model.llama.logits(hidden[batch.positions]).float()
    each = functional.cross_entropy(logits, batch.following, reduction="none")
    language = (each * batch.weights).sum() / batch.weights.sum()
    marker = _marker_loss(model.marker(hidden[batch.ends]), batch.answers)
    # The same question two blocks earlier: found only at the end, an answer is found too late to be named.
    marker = (marker + _marker_loss(model.early_marker(early[batch.ends]), batch.answers)) / 2
    with torch.no_grad():
        choices = batch.weights == choice_weight
        right = (logits[choices].argmax(-1) == batch.following[choices]).float().mean()
        figures = [each[choices].mean().item(), right.item()]
    told = functional.cosine_similarity(model.meaning(halfway[batch.meant]).float(), batch.meanings, dim=-1)
    return language, marker, 1 - told.mean(), figures


def _marker_loss(marked: Tensor, answers: Tensor) -> Tensor:
    logits = marked.squeeze(-1).float()
    return functional.binary_cross_entropy_with_logits(logits, answers, pos_weight=logits.new_tensor(2.0))


def train(
    model: Trainee,
    optimizer: Optimizer,
    settings: OptimizerSettings,
    batches: Iterator[tuple[Place, Stage, float, Batch]],
    choice_weight: float,
    *,
    compiled: bool = True,
) -> Iterator[StepReport]:
    """Step through ``batches``, yielding a report after each step; compiling pays off after a hundred of them."""
    forward = torch.compile(model.llama.states, dynamic=True) if compiled else model.llama.states
    device = next(model.parameters()).device
    for place, stage, done, batch in batches:
        started = time.perf_counter()
        batch = Batch(*(part.to(device) for part in batch.parts))
        language, marker, meaning, (choice, chosen) = losses(model, forward, batch, choice_weight)
        # A batch of small talk has no sentence to mark: the mean over nothing is not a number.
        auxiliary = settings.marker_weight * marker.nan_to_num() + settings.meaning_weight * meaning.nan_to_num()
        (language + auxiliary).backward()  # type: ignore[no-untyped-call]
        if distributed.is_initialized():
            average_gradients(model)
        low, high = stage.rate
        warm = min(1.0, (optimizer.steps + 1) / _WARM_UP_STEPS)
        optimizer.step(warm * (low + (high - low) * done))
        seconds = time.perf_counter() - started
        measured = (language.item(), choice, chosen, marker.item(), meaning.item())
        yield StepReport(optimizer.steps, place, stage, *measured, seconds)


def average_gradients(model: nn.Module) -> None:
    """Replace each gradient by its mean over the processes that train together."""
    weights = [weight for weight in model.parameters() if weight.grad is not None]
    flat = torch.cat([weight.grad.float().flatten() for weight in weights if weight.grad is not None])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for weight, mean in zip(weights, torch.split(flat, [weight.numel() for weight in weights]), strict=True):
        weight.grad = mean.view_as(weight).to(weight.dtype)


def save_checkpoint(path: Path, optimizer: Optimizer, place: Place) -> None:
    """Write a checkpoint so that a killed process leaves the old one or the new one, never half of one."""
    part = path.with_suffix(".part")
    torch.save({"optimizer": optimizer.state(), "place": [place.tokens, place.group, place.batch]}, part)
    part.replace(path)


def load_checkpoint(path: Path, optimizer: Optimizer) -> Place:
    """Restore the optimizer, and through it the model, and return the place in the data."""
    state = torch.load(path, weights_only=True)
    optimizer.restore(state["optimizer"])
    return Place(*state["place"])


def save_weights(path: Path, weights: dict[str, Tensor], place: Place) -> None:
    """Write the weights alone: a third of a checkpoint, enough to export."""
    part = path.with_suffix(".part")
    torch.save({"weights": weights, "place": [place.tokens, place.group, place.batch]}, part)
    part.replace(path)


def load_weights(path: Path) -> tuple[dict[str, Tensor], Place]:
    """Return saved weights and where in the data they were reached."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    return state["weights"], Place(*state["place"])


def average(parts: Sequence[tuple[dict[str, Tensor], float]]) -> dict[str, Tensor]:
    """Return the weighted sum of weights of one run, which is often better than each of them (Wortsman et al. 2022)."""
    first, _ = parts[0]
    return {name: sum((share * weights[name] for weights, share in parts), torch.zeros(())) for name in first}
