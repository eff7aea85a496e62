"""The optimization loop: it reads top to bottom, reports by yielding, and can go on exactly where it was killed."""

import contextlib
import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from lorag.errors import TrainingError
from lorag.tuning.batches import MicroBatch, micro_batches, pack, steps
from lorag.tuning.checkpoint import Checkpoint, Progress
from lorag.tuning.encode import EncodedRow
from lorag.tuning.methods import Tunable, decoder, output_head, parameter_groups
from lorag.tuning.plan import Plan
from lorag.tuning.precision import has_bf16


@dataclass(frozen=True, slots=True)
class StepReport:
    """One optimizer step is done."""

    step: int
    """1-based."""
    total_steps: int
    loss: float
    """Nats per trained token of this step."""
    learning_rate: float
    gradient_norm: float
    tokens: int
    """Tokens read, prompts included."""
    seconds: float


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The validation loss was measured, and a checkpoint lies on disk."""

    step: int
    loss: float
    """Nats per trained token over the validation rows."""
    best: bool


@dataclass(frozen=True, slots=True)
class StoppedEarly:
    """Validation got no better for as long as the plan's patience."""

    step: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The caller asked to stop; the run lies on disk and goes on from there."""

    step: int


LoopEvent = StepReport | EvaluationReport | StoppedEarly | Interrupted
_SAVE_SECONDS = 20.0


def train(
    tunable: Tunable,
    rows: Sequence[EncodedRow],
    validation: Sequence[EncodedRow],
    plan: Plan,
    checkpoint: Checkpoint,
    should_stop: Callable[[], bool],
) -> Generator[LoopEvent]:
    """Train; yields a report a step.

    Args:
        tunable: The model; its learned weights are changed in place.
        rows: What is learned.
        validation: What decides when to stop.
        plan: Every number of the run.
        checkpoint: Where the run lies on disk; a run found there goes on.
        should_stop: Asked after every step; true saves and ends the run for now.
    """
    device = next(tunable.model.parameters()).device
    optimizer = torch.optim.AdamW(parameter_groups(tunable, plan), betas=(0.9, 0.95), fused=device.type == "cuda")
    per_epoch = math.ceil(len(rows) / plan.batch_rows)
    total = total_steps(len(rows), plan)
    progress = checkpoint.restore(tunable, optimizer) or Progress()
    if progress.step == 0:
        torch.manual_seed(plan.seed)
    saved = time.monotonic()
    while progress.step < total and not progress.stopped:
        epoch, index = divmod(progress.step, per_epoch)
        chosen = [rows[row] for row in steps(rows, batch_rows=plan.batch_rows, seed=plan.seed, epoch=epoch)[index]]
        yield _step(tunable, optimizer, chosen, plan, progress, total)
        if is_evaluated(progress.step, total, plan.evaluations):
            loss = validation_loss(tunable, validation, plan)
            _refuse_no_number(loss, progress, plan, total)
            best = loss < progress.best_loss
            progress.evaluated(loss, patience=plan.patience)
            checkpoint.save(tunable, optimizer, progress, keep=True)
            saved = time.monotonic()
            yield EvaluationReport(progress.step, loss, best)
        elif should_stop():
            checkpoint.save(tunable, optimizer, progress, keep=False)
            yield Interrupted(progress.step)
            return
        elif time.monotonic() - saved > _SAVE_SECONDS:
            checkpoint.save(tunable, optimizer, progress, keep=False)
            saved = time.monotonic()
    if progress.stopped:
        yield StoppedEarly(progress.step)


def total_steps(rows: int, plan: Plan) -> int:
    """Return the optimizer steps of a run."""
    return max(1, round(math.ceil(rows / plan.batch_rows) * plan.epochs))


def is_evaluated(step: int, total: int, evaluations: int) -> bool:
    """Tell whether validation follows a step: as often as asked, evenly spread, and after the last one."""
    return step * evaluations // total > (step - 1) * evaluations // total


def _refuse_no_number(value: float, progress: Progress, plan: Plan, total: int) -> None:
    """Raise when the run has diverged; what was kept before lies on disk untouched.

    Raises:
        TrainingError: ``value`` is infinite or no number.
    """
    if math.isfinite(value):
        return
    rate = plan.learning_rate * learning_rate_factor(max(0, progress.step - 1), total, plan.warmup_share)
    lower = "lower --learning-rate" + (" or --lora-plus" if plan.lora.plus_ratio > 1 else "")
    raise TrainingError(
        f"the loss is no number any more at step {progress.step} (learning rate {rate:.2g}, {plan.learning_rate:.2g} at "
        f"its highest); {lower} and start anew with --overwrite"
    )


def _step(
    tunable: Tunable,
    optimizer: torch.optim.Optimizer,
    chosen: Sequence[EncodedRow],
    plan: Plan,
    progress: Progress,
    total: int,
) -> StepReport:
    """Make one optimizer step over all micro-batches of ``chosen``."""
    started = time.monotonic()
    device = next(tunable.model.parameters()).device
    tunable.model.train()
    rate = learning_rate_factor(progress.step, total, plan.warmup_share)
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * rate
    # Weighted by the tokens of the whole step, so that accumulation equals one large batch.
    trained_tokens = max(1, sum(row.trained_tokens for row in chosen))
    loss = 0.0
    for group_rows in micro_batches(chosen, tokens=plan.micro_batch_tokens):
        share = loss_sum(tunable, pack(group_rows, device)) / trained_tokens
        share.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        loss += share.item()
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(parameters, plan.clip_norm).item()
    progress.step += 1
    # Before the weights are touched: one step with such a gradient would make all of them NaN.
    _refuse_no_number(loss + norm, progress, plan, total)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return StepReport(
        step=progress.step,
        total_steps=total,
        loss=loss,
        learning_rate=plan.learning_rate * rate,
        gradient_norm=norm,
        tokens=sum(len(row.ids) for row in chosen),
        seconds=time.monotonic() - started,
    )


def loss_sum(tunable: Tunable, batch: MicroBatch) -> torch.Tensor:
    """Return the summed loss of a micro-batch in nats; the vocabulary is computed at trained positions only."""
    model = tunable.model
    assert isinstance(model, PreTrainedModel)
    with autocast(batch.ids.device):
        # No attention mask: transformers keeps rows apart by positions that start again (packed sequences).
        hidden = decoder(model)(input_ids=batch.ids, position_ids=batch.positions, use_cache=False).last_hidden_state
        logits = output_head(model)(hidden[0, batch.predicted_from])  # (trained, vocab)
    cap = getattr(model.config, "final_logit_softcapping", None)
    logits = logits.float()
    if cap is not None:
        logits = torch.tanh(logits / cap) * cap
    return functional.cross_entropy(logits, batch.targets, reduction="sum")


@torch.no_grad()
def validation_loss(tunable: Tunable, rows: Sequence[EncodedRow], plan: Plan) -> float:
    """Return nats per trained token over ``rows``."""
    tunable.model.eval()
    device = next(tunable.model.parameters()).device
    groups = micro_batches(rows, tokens=plan.micro_batch_tokens)
    total = sum(loss_sum(tunable, pack(group, device)).item() for group in groups)
    return total / max(1, sum(row.trained_tokens for row in rows))


def learning_rate_factor(step: int, total: int, warmup_share: float) -> float:
    """Return the factor of a linear warm-up followed by a cosine down to a tenth."""
    warmup = max(1, round(total * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, total - warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * done))


def autocast(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Return bf16 matrix products where the processor is fast at them, else full precision."""
    if has_bf16(device):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()
