"""What a run will ask of the machine, before it starts."""

from dataclasses import dataclass
from typing import Final

from lorag.errors import TrainingError
from lorag.tuning.plan import LORA_METHODS, Plan

_SAFE_SHARE: Final = 0.85
_ADAM_BYTES: Final = 16
"""Weight, gradient and two moments of a trained weight, 4 bytes each."""


@dataclass(frozen=True, slots=True)
class ModelSize:
    """What of a model decides memory."""

    total_parameters: int
    trained_parameters: int
    layers: int
    hidden: int
    feed_forward: int
    vocabulary: int
    weight_bytes: int
    """Bytes of one frozen weight in memory."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Memory in bytes, time in seconds."""

    weights: int
    optimizer: int
    activations: int
    logits: int
    disk: int
    seconds: float | None
    """None until two steps have been measured."""

    @property
    def memory(self) -> int:
        """Peak memory of the run."""
        return self.weights + self.optimizer + self.activations + self.logits


def estimate(size: ModelSize, plan: Plan, *, trained_share: float, step_seconds: float | None, steps: int) -> Estimate:
    """Estimate a run.

    Args:
        size: The model.
        plan: The run.
        trained_share: Share of the tokens that count in the loss; only those reach the vocabulary.
        step_seconds: Measured seconds of one optimizer step, None before there is one.
        steps: Optimizer steps in all.
    """
    tokens = plan.micro_batch_tokens
    # Kept for the backward pass a token and layer: about 12 hidden and 4 feed-forward vectors; with checkpointing one
    # hidden vector a layer, and one layer at a time in full.
    full = 12 * size.hidden + 4 * size.feed_forward
    per_token = size.layers * size.hidden + full if plan.checkpointing else size.layers * full
    kept = plan.evaluations * size.trained_parameters * 4
    result = size.trained_parameters * 4 if plan.method in LORA_METHODS else size.total_parameters * 2
    return Estimate(
        weights=(size.total_parameters - size.trained_parameters) * size.weight_bytes,
        optimizer=size.trained_parameters * _ADAM_BYTES,
        activations=4 * tokens * per_token,
        logits=3 * 4 * round(tokens * trained_share) * size.vocabulary,
        disk=kept + 3 * size.trained_parameters * 4 + result,
        seconds=None if step_seconds is None else step_seconds * steps,
    )


def refuse_what_does_not_fit(estimated: Estimate, plan: Plan, *, free_memory: int, free_disk: int) -> None:
    """Raise when the run would not fit, and name the knob that helps most.

    Raises:
        TrainingError: Memory or disk would run out.
    """
    if estimated.memory > _SAFE_SHARE * free_memory:
        raise TrainingError(
            f"this run needs about {_gigabytes(estimated.memory)} of memory and {_gigabytes(free_memory)} are free; "
            + _knob(estimated, plan)
        )
    if estimated.disk > _SAFE_SHARE * free_disk:
        raise TrainingError(
            f"this run needs about {_gigabytes(estimated.disk)} of disk and {_gigabytes(free_disk)} are free; "
            "free some, or keep fewer checkpoints with --evaluations"
        )


def _knob(estimated: Estimate, plan: Plan) -> str:
    parts = {
        "weights": estimated.weights,
        "optimizer": estimated.optimizer,
        "activations": estimated.activations + estimated.logits,
    }
    heaviest = max(parts, key=lambda part: parts[part])
    if heaviest == "activations":
        if not plan.checkpointing:
            return "try --checkpointing, or a smaller --micro-batch-tokens"
        return "try a smaller --micro-batch-tokens"
    if heaviest == "optimizer":
        return "try --method lora" if plan.method not in LORA_METHODS else "try a smaller --rank"
    return "try a smaller base model"


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
