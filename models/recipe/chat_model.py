"""Makes the built-in chat model from the corpus: ``python models/recipe/chat_model.py --corpus DIR``.

It is trained in parts, each from the file that the one before it made. Killed at any time, it goes on from its last
checkpoint when the same command is given again. ``--rehearse`` does everything with a few steps of each stage, to see
that it runs before hours are spent on it.
"""

import argparse
import json
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from chat.batches import Place, batches_ahead, queues_for
from chat.bpe import load_tokenizer, train_tokenizer
from chat.card import write_card
from chat.corpus import Corpus
from chat.evaluate import DevExamples, Score, worth
from chat.export import export
from chat.initial import initialise
from chat.journal import append, best_worth, log_steps
from chat.model import Llama
from chat.optim import Optimizer, training_precision
from chat.settings import Recipe, read_recipes, rehearsal
from chat.start import exported_tokenizer, take_weights
from chat.token_vectors import token_vectors
from chat.train import (
    StepReport,
    Trainee,
    average,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
    train,
)
from torch.multiprocessing.spawn import spawn

LOG_EVERY: Final = 20
COMPILED_FROM: Final = 500_000
"""Tokens; fewer are read sooner than the network is compiled."""
FILE_NAME: Final = "lorag-small-f16.gguf"
RECIPE: Final = Path(__file__).parent / "chat" / "recipe.toml"
KEPT_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 36),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
"""Environment in which the C library keeps what a step has used for the next one: giving pages back and asking for them again takes
a fifth of the time (measured: 4,100 in place of 5,000 tokens/s)."""
START: Final = "start"
"""In an average: the weights of the file that a part goes on from."""


@dataclass(frozen=True, slots=True)
class Run:
    """Where one part reads and writes."""

    corpus: Path
    work: Path
    out: Path
    start: Path | None
    """The exported model that it goes on from, in place of first weights."""
    workers: int


def main() -> None:
    """Train, or go on training, and export."""
    arguments = _arguments()
    recipes = read_recipes(RECIPE)
    if arguments.part is not None:
        recipes = {arguments.part: recipes[arguments.part]}
    if arguments.rehearse:
        recipes = {name: rehearsal(recipe) for name, recipe in recipes.items()}
    # What a rehearsal makes must never stand where a run or the chat would take it for a trained model.
    work = arguments.work or Path("build/models", "rehearsal" if arguments.rehearse else "chat")
    out = arguments.out or (work / "out" if arguments.rehearse else Path("models/chat"))
    run = Run(arguments.corpus, work, out, arguments.start, arguments.workers)
    make(recipes, run, export_only=arguments.export_only)


def make(recipes: Mapping[str, Recipe], run: Run, *, export_only: bool = False) -> None:
    """Train and export one part after the other; the last one writes to ``run.out``, the others beside their checkpoints."""
    start, last = run.start, list(recipes)[-1]
    for name, recipe in recipes.items():
        work = run.work / name
        out = run.out if name == last else work / "model"
        if name == last or not (out / FILE_NAME).exists():
            _make_part(name, recipe, replace(run, work=work, out=out, start=start), export_only=export_only)
        start = out / FILE_NAME


def _make_part(name: str, recipe: Recipe, run: Run, *, export_only: bool) -> None:
    run.work.mkdir(parents=True, exist_ok=True)
    if run.start is None:
        _prepare(recipe, Corpus(run.corpus, "train"), run.work)
    else:
        exported_tokenizer(run.start).save(str(run.work / "tokenizer.json"))
    # A small corpus holds fewer pieces of words than were asked for.
    vocabulary = load_tokenizer(run.work / "tokenizer.json").get_vocab_size()
    recipe = replace(recipe, model=replace(recipe.model, vocabulary=vocabulary))
    if not export_only:
        queues = queues_for(run.workers)
        if run.workers == 1:
            _train(0, recipe, run, queues)
        else:
            for name, value in KEPT_MEMORY.items():
                os.environ.setdefault(name, value)
            spawn(_train, (recipe, run, queues), run.workers)  # type: ignore[no-untyped-call]
    _finish(recipe, run, goes_on=None if run.start is None else name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the corpus files")
    parser.add_argument("--work", type=Path, help="folder for checkpoints and logs (build/models/chat)")
    parser.add_argument("--out", type=Path, help="folder of the finished model (models/chat)")
    parser.add_argument(
        "--part", choices=read_recipes(RECIPE), help="run this part alone, in place of all of them in order"
    )
    parser.add_argument("--start", type=Path, help="an exported model to go on from, in place of first weights")
    parser.add_argument(
        "--export-only", action="store_true", help="export the best checkpoint so far; train no further"
    )
    parser.add_argument("--rehearse", action="store_true", help="a few steps of each stage, in build/models/rehearsal")
    parser.add_argument(
        "--workers",
        type=int,
        default=1 if torch.cuda.is_available() else os.cpu_count() or 1,
        help="training processes of one thread each; on a shared CPU they wait for each other far less than threads do",
    )
    arguments = parser.parse_args()
    if not (arguments.corpus / "text.en.train.jsonl.xz").is_file():
        parser.error(f"--corpus {arguments.corpus}: there is no corpus (text.en.train.jsonl.xz and so on)")
    if arguments.start is not None and arguments.part is None:
        parser.error("--start needs --part: the part that goes on from that file")
    return arguments


def _prepare(recipe: Recipe, corpus: Corpus, work: Path) -> None:
    """Make the tokenizer and the first token vectors, once."""
    tokenizer_path, vectors_path = work / "tokenizer.json", work / "vectors.npy"
    if not tokenizer_path.exists():
        tokenizer = train_tokenizer(corpus, recipe.model.vocabulary, recipe.sample_megabytes, recipe.seed)
        tokenizer.save(str(tokenizer_path))
    if not vectors_path.exists():
        tokenizer = load_tokenizer(tokenizer_path)
        np.save(vectors_path, token_vectors(corpus, tokenizer, recipe.model.width - 4, recipe.seed))


def _started(recipe: Recipe, work: Path, start: Path | None) -> tuple[Trainee, Optimizer]:
    """Return the network at its first weights, in training precision, and its optimizer."""
    torch.manual_seed(recipe.seed)
    model = Trainee(Llama(recipe.model))
    if start is None:
        tokenizer = load_tokenizer(work / "tokenizer.json")
        initialise(model.llama, tokenizer, np.load(work / "vectors.npy"), recipe.seed)
    else:
        take_weights(model.llama, start)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    optimizer = Optimizer(model, recipe.optimizer.matrix_rate, recipe.optimizer.other_rate)
    model.to(training_precision(device))
    return model, optimizer


def _train(worker: int, recipe: Recipe, run: Run, queues: Sequence[Any]) -> None:
    workers, work = run.workers, run.work
    if workers > 1:
        meeting = f"file://{work.absolute()}/meeting-{os.getppid()}"
        torch.distributed.init_process_group("gloo", init_method=meeting, rank=worker, world_size=workers)
        torch.set_num_threads(1)
    model, optimizer = _started(recipe, work, run.start)
    checkpoint = work / "checkpoint.pt"
    place = load_checkpoint(checkpoint, optimizer) if checkpoint.exists() else Place()
    corpus = Corpus(run.corpus, "train")
    batches = batches_ahead(recipe, corpus, work / "tokenizer.json", place, queues, worker)
    recent: deque[StepReport] = deque(maxlen=LOG_EVERY)
    judge = Judge(recipe, Corpus(run.corpus, "dev"), work)
    parent = os.getppid()
    compiled = recipe.tokens >= COMPILED_FROM
    for report in train(model, optimizer, recipe.optimizer, batches, recipe.loss.choice, compiled=compiled):
        place = report.place
        if workers > 1 and os.getppid() != parent:
            return  # the command was killed: its processes must not go on beside those of the next one
        if worker > 0:
            continue
        recent.append(report)
        if report.step % LOG_EVERY == 0:
            sys.stderr.write(log_steps(work, recent) + "\n")
        judge.after_step(report, optimizer)
    if worker == 0:
        save_checkpoint(checkpoint, optimizer, place)
        judge.keep_if_best(optimizer, place)


class Judge:
    """Measures checkpoints on the dev split and keeps the best one."""

    def __init__(self, recipe: Recipe, corpus: Corpus, work: Path) -> None:
        self._recipe, self._corpus, self._work = recipe, corpus, work
        self._examples: DevExamples | None = None

    def after_step(self, report: StepReport, optimizer: Optimizer) -> None:
        """Keep what a step is due to leave behind: a checkpoint, its measure, the weights at the end of a stage."""
        place = report.place
        if report.step % self._recipe.checkpoint_every == 0:
            save_checkpoint(self._work / "checkpoint.pt", optimizer, place)
        if report.step % self._recipe.evaluate_every == 0:
            self.keep_if_best(optimizer, place)
        if (at := self._recipe.stage_at(place.tokens)) is None or at[0] != report.stage:
            save_weights(self._work / f"{report.stage.name}.pt", optimizer.weights(), place)

    def keep_if_best(self, optimizer: Optimizer, place: Place) -> None:
        """Write what the checkpoint is worth to the log, and its weights to ``best.pt`` if that is the most so far."""
        if self._examples is None:
            self._examples = DevExamples(self._corpus, load_tokenizer(self._work / "tokenizer.json"))
        weights = optimizer.weights()
        model = _llama(self._recipe, weights)
        scores = list(self._examples.scores(model, self._recipe.evaluate_questions, (3,)))
        talk = self._examples.small_talk(model, 2 * self._recipe.evaluate_questions)
        value, best = worth(scores, talk), best_worth(self._work)
        append(self._work, _evaluation(place, scores, talk, value))
        if value >= best:
            save_weights(self._work / "best.pt", weights, place)


def _evaluation(place: Place, scores: list[Score], talk: float, value: float) -> dict[str, object]:
    rows = {f"{score.kind}, {score.passages}": [score.free, score.constrained] for score in scores}
    return {
        "evaluated_at": place.tokens,
        "worth": round(value, 4),
        "small talk": round(talk, 3),
        "right free and constrained": rows,
    }


def _llama(recipe: Recipe, weights: dict[str, torch.Tensor]) -> Llama:
    """Return the network without its training heads, in full precision."""
    trainee = Trainee(Llama(recipe.model))
    trainee.load_state_dict(weights)
    return trainee.llama.eval()


def _exported(recipe: Recipe, run: Run) -> tuple[dict[str, torch.Tensor], Place]:
    """Return the weights that are shipped: the best checkpoint, or the average that the recipe asks for."""
    if not recipe.average:
        return load_weights(run.work / "best.pt")
    stages = {stage: load_weights(run.work / f"{stage}.pt") for stage in recipe.average if stage != START}
    weights = {stage: reached for stage, (reached, _) in stages.items()}
    if START in recipe.average:
        weights[START] = {name: weight.detach() for name, weight in _taken(recipe, run.start).state_dict().items()}
    mixed = average([(weights[name], share) for name, share in recipe.average.items()])
    return mixed, max((place for _, place in stages.values()), key=lambda place: place.tokens)


def _taken(recipe: Recipe, start: Path | None) -> Trainee:
    if start is None:
        raise ValueError(f"the average holds {START!r}, but this part begins with first weights")
    trainee = Trainee(Llama(recipe.model))
    take_weights(trainee.llama, start)
    return trainee


def _finish(recipe: Recipe, run: Run, *, goes_on: str | None) -> None:
    """Export the best checkpoint, measure what was exported, and write the card."""
    dev, work, out = Corpus(run.corpus, "dev"), run.work, run.out
    tokenizer = load_tokenizer(work / "tokenizer.json")
    weights, place = _exported(recipe, run)
    model = _llama(recipe, weights)
    out.mkdir(parents=True, exist_ok=True)
    part = out / (FILE_NAME + ".part")
    export(part, model, tokenizer, recipe.context)
    part.replace(out / FILE_NAME)
    scores = list(DevExamples(dev, tokenizer).scores(model, recipe.report_questions))
    write_card(out / "README.md", recipe, place, work, scores, goes_on=goes_on)
    sys.stderr.write(json.dumps({"exported": str(out / FILE_NAME), "tokens": place.tokens}) + "\n")


if __name__ == "__main__":
    main()
