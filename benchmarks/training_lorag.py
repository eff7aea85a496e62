"""The training benchmark's side of lorag: ``python -m benchmarks.training_lorag FOLDER`` prints its figures as JSON."""

import json
import os
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from benchmarks.training_inputs import BATCH_ROWS, EPOCHS, LEARNING_RATE, RANK, Clock, measured, read_rows
from lorag.tuning.checkpoint import Checkpoint
from lorag.tuning.encode import EncodedRow
from lorag.tuning.examples import Origin
from lorag.tuning.learner import make_ready
from lorag.tuning.loop import StepReport, train
from lorag.tuning.plan import LoraOptions, Plan


def train_rows(folder: Path) -> dict[str, float]:
    """Train with lorag's own loop."""
    rows = [
        EncodedRow(
            Origin(Path("rows.json"), number),
            tuple(row["ids"]),
            (False,) * (len(row["ids"]) - row["answer"]) + (True,) * row["answer"],
        )
        for number, row in enumerate(read_rows(folder), 1)
    ]
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    plan = Plan(
        method="lora",
        objective="sft",
        epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        batch_rows=BATCH_ROWS,
        micro_batch_tokens=1024,
        max_tokens=1024,
        seed=3,
        lora=LoraOptions(rank=RANK, alpha=2.0 * RANK, dropout=0.0),
        evaluations=1,
        weight_decay=0.0,
    )
    tunable = make_ready(model, plan)
    started, tokens, seconds = Clock(), 0, (0.0, 0.0)
    for event in train(tunable, rows, rows[:1], plan, Checkpoint(folder / "run", "bench"), lambda: False):
        if isinstance(event, StepReport):
            tokens += event.tokens
            seconds = started.since()
    return measured(tunable.model, folder, tokens, seconds)


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["LORAG_BENCH_THREADS"]))
    print(json.dumps(train_rows(Path(sys.argv[1]))))
