"""What both sides of the training benchmark start from, and how both are measured."""

import json
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

ROWS: Final = 48
VOCABULARY: Final = 16_000
BATCH_ROWS: Final = 8
RANK: Final = 16
LEARNING_RATE: Final = 1e-3
EPOCHS: Final = 1.0


class Clock:
    """Wall time and processor time from now on; the second says the same on a busy machine."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def since(self) -> tuple[float, float]:
        """Return the seconds of both."""
        return time.perf_counter() - self._wall, time.process_time() - self._processor


def write_inputs(folder: Path) -> None:
    """Write a random llama with a vocabulary of usual proportions, and rows with long prompts and short answers."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=320,
        intermediate_size=896,
        num_hidden_layers=8,
        num_attention_heads=5,
        num_key_value_heads=5,
        tie_word_embeddings=True,
        max_position_embeddings=1024,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder / "model")
    words = {"<pad>": 0, "<end>": 1} | {f"w{index}": index for index in range(2, VOCABULARY)}
    tokeniser = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="<pad>")), pad_token="<pad>", eos_token="<end>"
    )
    tokeniser.save_pretrained(folder / "model")
    generator = random.Random(2)
    rows = []
    for _ in range(ROWS):
        prompt = [generator.randrange(2, VOCABULARY) for _ in range(generator.randint(40, 360))]
        # Answers from few words, so that there is something to learn in one epoch.
        answer = [generator.randrange(2, 60) for _ in range(generator.randint(10, 60))]
        rows.append({"ids": [*prompt, *answer, 1], "answer": len(answer) + 1})
    (folder / "rows.json").write_text(json.dumps(rows))


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows: ``ids`` and how many of the last are the answer."""
    rows: list[dict[str, Any]] = json.loads((folder / "rows.json").read_text())
    return rows


def measured(model: Any, folder: Path, tokens: int, seconds: tuple[float, float]) -> dict[str, float]:
    """Return the figures; the loss is computed in the same way for both, in full precision, after the memory was read."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    model = model.float().eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for row in read_rows(folder)[: 4 * BATCH_ROWS]:
            labels = [-100] * (len(row["ids"]) - row["answer"]) + row["ids"][-row["answer"] :]
            loss = model(input_ids=torch.tensor([row["ids"]]), labels=torch.tensor([labels])).loss.item()
            total, count = total + loss * row["answer"], count + row["answer"]
    wall, processor = seconds
    return {"speed": tokens / wall, "processor_speed": tokens / processor, "memory": float(peak), "loss": total / count}


if __name__ == "__main__":
    write_inputs(Path(sys.argv[1]))
