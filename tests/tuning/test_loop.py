import math
from dataclasses import replace

import pytest
import torch

from lorag.errors import TrainingError
from lorag.tuning.batches import micro_batches, pack, steps
from lorag.tuning.checkpoint import Checkpoint, Progress, learned_weights
from lorag.tuning.learner import make_ready
from lorag.tuning.loop import (
    EvaluationReport,
    Interrupted,
    StepReport,
    StoppedEarly,
    is_evaluated,
    learning_rate_factor,
    loss_sum,
    train,
    validation_loss,
)
from lorag.tuning.methods import parameter_groups
from tests.tuning.runs import fresh, plan, ready, rows_of
from tests.tuning.tiny_models import ARCHITECTURES, tiny_model

pytestmark = pytest.mark.xdist_group("torch")

CPU = torch.device("cpu")


@pytest.fixture
def exact(monkeypatch):
    """Compute in full precision, so that sums in another order are the same to many digits."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_packed_together_do_not_see_each_other(architecture, exact):
    _, path = tiny_model(architecture)
    tunable = ready(path, plan())
    tunable.model.eval()
    rows = rows_of([9, 17, 30, 5])
    with torch.no_grad():
        together = loss_sum(tunable, pack(rows, CPU)).item()
        alone = sum(loss_sum(tunable, pack([row], CPU)).item() for row in rows)
    assert math.isclose(together, alone, rel_tol=1e-4)


def test_the_loss_is_that_of_transformers(exact):
    model, path = tiny_model("gemma2")
    tunable = ready(path, plan())
    (row,) = rows_of([24])
    labels = torch.tensor([[token if learned else -100 for token, learned in zip(row.ids, row.trained, strict=True)]])
    with torch.no_grad():
        theirs = model(input_ids=torch.tensor([row.ids]), labels=labels).loss.item()
        ours = loss_sum(tunable, pack([row], CPU)).item() / row.trained_tokens
    assert math.isclose(ours, theirs, rel_tol=1e-4)


def gradients(tunable, rows, micro):
    trained = sum(row.trained_tokens for row in rows)
    tunable.model.zero_grad()
    for group in micro_batches(rows, tokens=micro):
        (loss_sum(tunable, pack(group, CPU)) / trained).backward()
    return torch.cat([p.grad.flatten() for p in tunable.model.parameters() if p.grad is not None])


def test_accumulation_weighs_every_token_the_same_however_rows_are_grouped(exact):
    _, path = tiny_model("llama")
    tunable = ready(path, plan("full"))
    # Rows with one learned token beside rows with thirty: a mean of means would be far off.
    rows = rows_of([40, 12, 33, 20], trained=[30, 1, 2, 19])
    assert torch.allclose(gradients(tunable, rows, 1000), gradients(tunable, rows, 40), atol=1e-5)


def test_recomputing_activations_gives_the_same_gradients(exact):
    _, path = tiny_model("qwen3")
    rows = rows_of([20, 31, 12])
    kept = make_ready(fresh(path), plan("lora"))
    recomputed = make_ready(fresh(path), plan("lora", checkpointing=True))
    for tunable in (kept, recomputed):
        tunable.model.train()
    assert recomputed.model.is_activation_checkpointing
    assert torch.allclose(gradients(kept, rows, 100), gradients(recomputed, rows, 100), atol=1e-5)


def test_no_micro_batch_is_larger_than_asked_and_no_row_is_lost():
    rows = rows_of([50, 7, 33, 64, 20, 20, 12])
    groups = list(micro_batches(rows, tokens=64))
    assert all(sum(len(row.ids) for row in group) <= 64 for group in groups)
    assert sorted(row.origin.line for group in groups for row in group) == list(range(1, 8))


def test_every_epoch_sees_every_row_once_in_another_order():
    rows = rows_of([5] * 10)
    first, second = (
        [row for step in steps(rows, batch_rows=3, seed=1, epoch=epoch) for row in step] for epoch in (0, 1)
    )
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def run(tunable, folder, run_plan, stop_after=None, fingerprint="one"):
    """Train and return the events; ``stop_after`` abandons the loop after a step, as a killed process does."""
    rows, validation = rows_of([12, 20, 9, 30, 25, 14], seed=1), rows_of([15, 11], seed=2)
    events = []
    loop = train(tunable, rows, validation, run_plan, Checkpoint(folder, fingerprint), lambda: False)
    for event in loop:
        events.append(event)
        if stop_after is not None and isinstance(event, StepReport) and event.step == stop_after:
            break
    return events


RESUMED = plan(batch_rows=2, epochs=4.0, evaluations=4, dropout=0.2, patience=100)


def test_a_killed_run_goes_on_exactly_as_if_nothing_had_happened(tmp_path, exact):
    _, path = tiny_model("llama")
    whole = ready(path, RESUMED)
    expected = run(whole, tmp_path / "whole", RESUMED)
    # Twelve steps, saved after every third; killed in the eighth.
    run(ready(path, RESUMED), tmp_path / "killed", RESUMED, stop_after=8)
    torch.manual_seed(999)
    resumed = ready(path, RESUMED)
    events = run(resumed, tmp_path / "killed", RESUMED)
    assert [event.step for event in events if isinstance(event, StepReport)] == [7, 8, 9, 10, 11, 12]
    late = [event.loss for event in expected if isinstance(event, StepReport)][6:]
    assert [event.loss for event in events if isinstance(event, StepReport)] == late
    for name, weight in learned_weights(whole).items():
        assert torch.equal(weight, learned_weights(resumed)[name]), name


def test_a_stop_is_saved_and_goes_on_from_the_same_step(tmp_path, exact):
    _, path = tiny_model("llama")
    tunable = ready(path, RESUMED)
    rows, validation = rows_of([12, 20, 9, 30, 25, 14], seed=1), rows_of([15, 11], seed=2)
    checkpoint = Checkpoint(tmp_path, "one")
    events = list(train(tunable, rows, validation, RESUMED, checkpoint, lambda: True))
    assert isinstance(events[-1], Interrupted)
    assert events[-1].step == 1
    again = list(train(ready(path, RESUMED), rows, validation, RESUMED, checkpoint, lambda: False))
    assert next(event.step for event in again if isinstance(event, StepReport)) == 2


def test_a_run_of_other_data_is_not_continued(tmp_path):
    _, path = tiny_model("llama")
    run(ready(path, RESUMED), tmp_path, RESUMED, stop_after=4)
    with pytest.raises(TrainingError, match="other settings, data or base"):
        run(ready(path, RESUMED), tmp_path, RESUMED, fingerprint="two")


def test_training_lowers_the_validation_loss_on_what_repeats(tmp_path):
    _, path = tiny_model("llama")
    run_plan = plan(epochs=30.0, batch_rows=4, evaluations=3, learning_rate=0.02)
    tunable = ready(path, run_plan)
    rows = rows_of([20] * 4, seed=4)
    before = validation_loss(tunable, rows, run_plan)
    list(train(tunable, rows, rows, run_plan, Checkpoint(tmp_path, "x"), lambda: False))
    assert validation_loss(tunable, rows, run_plan) < before / 2


def test_the_run_stops_when_validation_gets_no_better(tmp_path):
    _, path = tiny_model("llama")
    run_plan = plan(epochs=40.0, batch_rows=2, evaluations=40, patience=2, learning_rate=0.05)
    events = run(ready(path, run_plan), tmp_path, run_plan)
    losses = [event.loss for event in events if isinstance(event, EvaluationReport)]
    assert isinstance(events[-1], StoppedEarly)
    assert min(losses) == losses[-3]
    assert Checkpoint(tmp_path, "one").kept()[0][1] == min(losses)


@pytest.mark.parametrize(("total", "asked"), [(7, 6), (12, 4), (100, 7), (3, 6), (11, 6)])
def test_there_are_as_many_evaluations_as_asked_and_one_after_the_last_step(total, asked):
    due = [step for step in range(1, total + 1) if is_evaluated(step, total, asked)]
    assert len(due) == min(asked, total)
    assert due[-1] == total


def test_a_run_whose_loss_is_no_number_stops_and_says_what_to_lower(tmp_path):
    _, path = tiny_model("llama")
    run_plan = plan("full", epochs=8.0, batch_rows=2, evaluations=12, learning_rate=1e30, clip_norm=1e6)
    with pytest.raises(TrainingError, match=r"no number any more at step \d+ \(learning rate .*lower --learning-rate"):
        run(ready(path, run_plan), tmp_path, run_plan)
    for file in tmp_path.glob("step-*.pt"):
        assert all(torch.isfinite(weight).all() for weight in torch.load(file, weights_only=True).values())


def test_weights_that_are_no_numbers_are_not_saved_over_good_ones(tmp_path):
    _, path = tiny_model("llama")
    tunable = ready(path, plan())
    optimizer = torch.optim.AdamW(p for p in tunable.model.parameters() if p.requires_grad)
    checkpoint = Checkpoint(tmp_path, "one")
    checkpoint.save(tunable, optimizer, Progress(step=1), keep=False)
    with torch.no_grad():
        next(p for p in tunable.model.parameters() if p.requires_grad).fill_(float("inf"))
    with pytest.raises(TrainingError, match="up to step 2 is no number"):
        checkpoint.save(tunable, optimizer, Progress(step=2), keep=True)
    restored = checkpoint.restore(tunable, optimizer)
    assert restored is not None
    assert restored.step == 1
    assert not checkpoint.weights(2).exists()


def test_progress_counts_evaluations_since_the_best():
    progress = Progress()
    for step, loss in ((1, 3.0), (2, 2.0), (3, 2.5), (4, 2.1)):
        progress.step = step
        progress.evaluated(loss, patience=2)
    assert progress.stopped
    assert (progress.best_step, progress.best_loss) == (2, 2.0)


def test_the_rate_rises_then_falls_to_a_tenth():
    factors = [learning_rate_factor(step, 100, 0.1) for step in range(100)]
    assert factors[0] == 0.1
    assert max(factors) == factors[10] == 1.0
    assert math.isclose(factors[-1], 0.1, abs_tol=0.01)


def test_lora_plus_lets_b_learn_faster():
    _, path = tiny_model("llama")
    groups = parameter_groups(ready(path, plan(plus_ratio=16.0)), plan(plus_ratio=16.0))
    assert sorted(float(str(group["lr"])) for group in groups) == [0.01, 0.16]


def test_lower_layers_learn_slower_with_layer_decay():
    _, path = tiny_model("llama")
    run_plan = replace(plan("full"), layer_decay=0.5, weight_decay=0.0)
    groups = parameter_groups(ready(path, run_plan), run_plan)
    # The head and the last layer at the full rate, the layer below at half, the embedding at a quarter.
    assert sorted({float(str(group["lr"])) for group in groups}) == [0.0025, 0.005, 0.01]


def test_frozen_layers_do_not_change(tmp_path):
    _, path = tiny_model("llama")
    run_plan = plan("freeze", epochs=1.0)
    tunable = ready(path, run_plan)
    before = {name: parameter.detach().clone() for name, parameter in tunable.model.named_parameters()}
    run(tunable, tmp_path, run_plan)
    moved = {name for name, parameter in tunable.model.named_parameters() if not torch.equal(parameter, before[name])}
    assert moved
    assert all(name.startswith("model.layers.1.") or name == "model.norm.weight" for name in moved)
