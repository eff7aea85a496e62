"""A base made ready to learn: on its device, in its precision, with the method's weights, and its size and speed known."""

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from lorag.errors import TrainingError
from lorag.tuning.base import BaseFacts, load_base, load_folder
from lorag.tuning.batches import micro_batches, pack
from lorag.tuning.encode import EncodedRow
from lorag.tuning.estimate import ModelSize
from lorag.tuning.loop import loss_sum
from lorag.tuning.methods import Tunable, prepare
from lorag.tuning.plan import Plan
from lorag.tuning.precision import has_bf16

_MEASURED_STEPS = 2


Model = PreTrainedModel
"""For the modules that hand a model on without touching it."""


def load_model(
    gguf_file: Path, weights: Path | None, facts: BaseFacts, *, device: str, threads: int
) -> PreTrainedModel:
    """Load the base in full precision: the GGUF's own weights, or the unquantised ones of the same model.

    Raises:
        TrainingError: It cannot be read, or there is no such device.
    """
    torch.set_num_threads(threads)
    where = choose_device(device)
    if weights is not None:
        return load_folder(weights, facts, dtype=torch.float32, device=where)
    return load_base(gguf_file, dtype=torch.float32, device=where)


def free_device_memory(model: nn.Module) -> int | None:
    """Return the free bytes of the graphics card a model is on, None for the computer's own memory."""
    device = next(model.parameters()).device
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else None


def choose_device(wanted: str) -> torch.device:
    """Return the device to train on.

    Raises:
        TrainingError: A graphics card is wanted and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise TrainingError("--device cuda: torch finds no CUDA device; use --device cpu")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def make_ready(model: PreTrainedModel, plan: Plan) -> Tunable:
    """Let the method's weights learn, and keep the frozen ones in half the memory where bf16 is fast."""
    tunable = prepare(model, plan)
    if plan.checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    if has_bf16(next(model.parameters()).device):
        with torch.no_grad():
            for parameter in tunable.model.parameters():
                if not parameter.requires_grad and parameter.ndim > 1:
                    parameter.data = parameter.data.to(torch.bfloat16)
    return tunable


def size_of(tunable: Tunable) -> ModelSize:
    """Return what of a model decides memory."""
    config = tunable.model.config
    frozen = [parameter for parameter in tunable.model.parameters() if not parameter.requires_grad]
    count = sum(parameter.numel() for parameter in frozen)
    held = sum(parameter.numel() * parameter.element_size() for parameter in frozen)
    return ModelSize(
        total_parameters=tunable.total_parameters,
        trained_parameters=tunable.trained_parameters,
        layers=int(config.num_hidden_layers),  # type: ignore[union-attr, arg-type]  # a transformers configuration
        hidden=int(config.hidden_size),  # type: ignore[union-attr, arg-type]
        feed_forward=int(config.intermediate_size),  # type: ignore[union-attr, arg-type]
        vocabulary=int(config.vocab_size),  # type: ignore[union-attr, arg-type]
        weight_bytes=max(1, round(held / count)) if count else 4,
    )


def measured_step_seconds(tunable: Tunable, rows: Sequence[EncodedRow], plan: Plan) -> float:
    """Return the seconds of one optimizer step, measured on real rows; nothing is learned from it."""
    device = next(tunable.model.parameters()).device
    # Rows of average length from all over the data, not its first ones only.
    stride = max(1, len(rows) // (plan.batch_rows * _MEASURED_STEPS))
    tunable.model.train()
    seconds = float("inf")
    for step in range(_MEASURED_STEPS):
        chosen = [rows[(step + index * stride) % len(rows)] for index in range(plan.batch_rows)]
        started = time.monotonic()
        for group in micro_batches(chosen, tokens=plan.micro_batch_tokens):
            loss_sum(tunable, pack(group, device)).backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        if device.type == "cuda":
            torch.cuda.synchronize()
        # The first step pays for warming up; the second is like all others.
        seconds = time.monotonic() - started
    tunable.model.zero_grad(set_to_none=True)
    return seconds
