"""The training benchmark's side of TRL: ``python -m benchmarks.training_trl FOLDER [fastest]`` prints its figures as JSON."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

from benchmarks.training_inputs import BATCH_ROWS, EPOCHS, LEARNING_RATE, RANK, Clock, measured, read_rows


def train_rows(folder: Path, *, fastest: bool) -> dict[str, float]:
    """Train with TRL: as it comes, or with its own switches set for speed."""
    rows = read_rows(folder)
    data = Dataset.from_list(
        [
            {"input_ids": row["ids"], "completion_mask": [0] * (len(row["ids"]) - row["answer"]) + [1] * row["answer"]}
            for row in rows
        ]
    )
    speed: dict[str, Any] = {"gradient_checkpointing": False, "bf16": True} if fastest else {}
    config = SFTConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=BATCH_ROWS,
        num_train_epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="cosine",
        warmup_steps=1,
        weight_decay=0.0,
        max_length=1024,
        completion_only_loss=True,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        seed=3,
        **speed,
    )
    lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = SFTTrainer(model=str(folder / "model"), args=config, train_dataset=data, peft_config=lora)
    started = Clock()
    trainer.train()
    seconds = started.since()
    return measured(trainer.model, folder, round(sum(len(row["ids"]) for row in rows) * EPOCHS), seconds)


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["LORAG_BENCH_THREADS"]))
    print(json.dumps(train_rows(Path(sys.argv[1]), fastest="fastest" in sys.argv)))
