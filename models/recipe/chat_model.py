"""Makes the built-in chat model from the corpus: ``python models/recipe/chat_model.py --corpus DIR --work DIR``."""

import argparse
import json
import os
import sys
from collections import deque
from pathlib import Path

import numpy as np
import torch

from chat.batches import Place, batches_ahead, shared_out
from chat.bpe import load_tokenizer, train_tokenizer
from chat.corpus import Corpus
from chat.encode import CHOICE_WEIGHT
from chat.initial import initialise
from chat.model import Llama
from chat.optim import Optimizer
from chat.settings import Recipe, read_recipe
from chat.token_vectors import token_vectors
from chat.train import StepReport, Trainee, load_checkpoint, save_checkpoint, train


def main() -> None:
    """Train, or go on training, and export."""
    arguments = _arguments()
    recipe = read_recipe(arguments.recipe)
    arguments.work.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(arguments.corpus, "train")
    _prepare(recipe, corpus, arguments.work)
    if arguments.workers == 1:
        _train(0, 1, recipe, corpus, arguments.work)
    else:
        torch.multiprocessing.spawn(_train, (arguments.workers, recipe, corpus, arguments.work), arguments.workers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the corpus files")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints and logs")
    parser.add_argument("--out", type=Path, default=Path("models/chat"), help="folder of the finished model")
    parser.add_argument("--recipe", type=Path, default=Path(__file__).parent / "chat" / "recipe.toml")
    parser.add_argument(
        "--workers",
        type=int,
        default=1 if torch.cuda.is_available() else os.cpu_count() or 1,
        help="training processes of one thread each; on a shared CPU they wait for each other far less than threads do",
    )
    return parser.parse_args()


def _prepare(recipe: Recipe, corpus: Corpus, work: Path) -> None:
    """Make the tokenizer and the first token vectors, once."""
    tokenizer_path, vectors_path = work / "tokenizer.json", work / "vectors.npy"
    if not tokenizer_path.exists():
        tokenizer = train_tokenizer(corpus, recipe.model.vocabulary, recipe.sample_megabytes, recipe.seed)
        tokenizer.save(str(tokenizer_path))
    if not vectors_path.exists():
        tokenizer = load_tokenizer(tokenizer_path)
        np.save(vectors_path, token_vectors(corpus, tokenizer, recipe.model.width - 4, recipe.seed))


def _train(worker: int, workers: int, recipe: Recipe, corpus: Corpus, work: Path) -> None:
    if workers > 1:
        meeting = f"file://{work.absolute()}/meeting-{os.getppid()}"
        torch.distributed.init_process_group("gloo", init_method=meeting, rank=worker, world_size=workers)
    if workers > 1:
        torch.set_num_threads(1)
    tokenizer = load_tokenizer(work / "tokenizer.json")
    torch.manual_seed(recipe.seed)
    model = Trainee(Llama(recipe.model))
    initialise(model.llama, tokenizer, np.load(work / "vectors.npy"), recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    optimizer = Optimizer(model, recipe.optimizer.matrix_rate, recipe.optimizer.other_rate)
    model.bfloat16()
    checkpoint = work / "checkpoint.pt"
    place = load_checkpoint(checkpoint, optimizer) if checkpoint.exists() else Place()
    batches = shared_out(batches_ahead(recipe, corpus, work / "tokenizer.json", place), workers, worker)
    recent: deque[StepReport] = deque(maxlen=20)
    for report in train(model, optimizer, recipe.optimizer, batches, CHOICE_WEIGHT):
        place = report.place
        if worker > 0:
            continue
        recent.append(report)
        if report.step % 20 == 0:
            _log(work / "log.jsonl", recent)
        if report.step % recipe.checkpoint_every == 0:
            save_checkpoint(checkpoint, optimizer, report.place)
    if worker == 0:
        save_checkpoint(checkpoint, optimizer, place)


def _log(path: Path, recent: deque[StepReport]) -> None:
    last, count = recent[-1], len(recent)
    line = {
        "step": last.step,
        "tokens": last.place.tokens,
        "stage": last.stage.name,
        "loss": round(sum(report.loss for report in recent) / count, 3),
        "choice": round(float(np.nanmean([report.choice for report in recent])), 3),
        "chosen": round(float(np.nanmean([report.chosen for report in recent])), 3),
        "marker": round(float(np.nanmean([report.marker for report in recent])), 3),
        "tokens_per_second": round((last.place.tokens - recent[0].place.tokens) / sum(r.seconds for r in list(recent)[1:])),
    }
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    sys.stderr.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
