"""What the tests of training share: plans, models with something learned, and the comparison with llama.cpp."""

from dataclasses import replace
from pathlib import Path

import torch

from lorag.tuning.artefact import Exporter
from lorag.tuning.base import compare, load_base, read_facts, token_log_likelihoods
from lorag.tuning.checkpoint import Checkpoint, learned_weights
from lorag.tuning.encode import EncodedRow
from lorag.tuning.examples import Origin
from lorag.tuning.methods import prepare
from lorag.tuning.plan import LoraOptions, Plan

TEXT = "Hello world, the number 42 and 서울의 날씨 on a long and winding road, again and again."

PLAN = Plan(
    method="lora",
    objective="sft",
    epochs=1.0,
    learning_rate=0.01,
    batch_rows=4,
    micro_batch_tokens=256,
    max_tokens=256,
    seed=3,
    lora=LoraOptions(rank=4, alpha=8.0, dropout=0.0),
    last_layers=1,
    evaluations=4,
)


def plan(method="lora", **changes):
    lora = {name: changes.pop(name) for name in list(changes) if hasattr(PLAN.lora, name)}
    return replace(PLAN, method=method, lora=replace(PLAN.lora, **lora), **changes)


def fresh(path):
    return load_base(path, dtype=torch.float32, device=torch.device("cpu"))


def ready(path, run_plan):
    """Return a model in full precision of which a part learns."""
    return prepare(fresh(path), run_plan)


def changed(path, run_plan, amount=0.1):
    """Return a model in which the learned weights have moved at random, as after training."""
    tunable = ready(path, run_plan)
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in tunable.model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * amount)
    return tunable


def exporter(tunable, path, run_plan, folder: Path):
    """Return an exporter whose step 1 is the model as it is."""
    checkpoint = Checkpoint(folder / "checkpoints", "test")
    checkpoint.folder.mkdir(parents=True)
    torch.save(learned_weights(tunable), checkpoint.weights(1))
    return Exporter(tunable, read_facts(path), run_plan, checkpoint, path, lambda: fresh(path))


def difference(engine, model, ids):
    return compare(token_log_likelihoods(model, ids), engine.score_tokens(ids))


def rows_of(lengths, trained=None, vocabulary=300, seed=0):
    """Return random rows; ``trained`` is how many tokens at the end of each count in the loss."""
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for index, length in enumerate(lengths):
        ids = torch.randint(3, vocabulary, (length,), generator=generator).tolist()
        learned = (trained or [length // 2] * len(lengths))[index]
        mask = [False] * (length - learned) + [True] * learned
        rows.append(EncodedRow(Origin(Path("rows.jsonl"), index + 1), tuple(ids), tuple(mask)))
    return rows
