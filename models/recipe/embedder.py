"""The recipe of the built-in embedder, from corpus to shipped folder; run it again to go on after an interruption.

python models/recipe/embedder.py --corpus DIR --out models/embedder
"""

import argparse
import json
import shutil
import time
import tomllib
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from chat.asked import FOLDER as COLLECTIONS
from chat.asked import collection_folders
from chat.corpus import Split as SplitName
from chat.facts import FOLDER, read_facts
from chat.thesaurus import FOLDER as THESAURUS
from chat.thesaurus import read_thesaurus
from embedder_bags import encode_unit
from embedder_card import LOG_NAME, hardware, write_card
from embedder_corpus import Split, all_texts, written_texts
from embedder_evaluation import ndcg_of, rank, score
from embedder_export import export_model, stored_vectors
from embedder_late import compare_texts
from embedder_mining import MiningOptions, mine
from embedder_pairs import Groups, collect_pairs, load_pairs, save_pairs
from embedder_start import starting_vectors
from embedder_tasks import Task, dev_tasks
from embedder_tokenizer import balanced, train_tokenizer
from embedder_training import PairSet, StageOptions, Trainer, drawn_rows
from numpy.typing import NDArray
from tokenizers import Tokenizer

SPLITS: Final[tuple[SplitName, ...]] = ("train", "dev")
_LOG = "log.jsonl"
_MINING = ("candidates", "kept", "largest_share")


def main() -> None:
    """Run every stage that is not done yet."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    config = tomllib.loads(arguments.config.read_text(encoding="utf-8"))
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    train, dev = (
        Split(arguments.corpus, name, arguments.facts, arguments.thesaurus, arguments.collections) for name in SPLITS
    )
    tokenizer, data, families = _prepare(train, work, config)
    tasks = dev_tasks(dev)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    vectors = _start(work, tokenizer, data, config).to(device)
    vectors = _run_stage(
        "contrastive", work, config, Trainer(vectors, data, None, _options(config, "contrastive")), (tokenizer, tasks)
    )
    negatives = _mine(work, vectors, data, families, config)
    hard = Trainer(vectors, data, negatives, _options(config, "hard_negatives"))
    vectors = _run_stage("hard_negatives", work, config, hard, (tokenizer, tasks))
    late = Trainer(vectors, data, None, _options(config, "late_interaction"))
    vectors = _run_stage("late_interaction", work, config, late, (tokenizer, tasks))
    size = export_model(arguments.out, tokenizer, vectors)
    print(f"{arguments.out}: {size:,} bytes")
    shutil.copyfile(work / _LOG, arguments.out / LOG_NAME)
    write_card(arguments.out, dev, config)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the corpus files")
    parser.add_argument(
        "--facts", type=Path, default=FOLDER, help="folder with the facts that are asked for in other words"
    )
    parser.add_argument(
        "--thesaurus", type=Path, default=THESAURUS, help="folder with the words and phrases that mean the same"
    )
    parser.add_argument(
        "--collections", type=Path, default=COLLECTIONS, help="folder with small collections and what was asked of them"
    )
    parser.add_argument("--out", type=Path, default=Path("models/embedder"), help="folder of the finished model")
    parser.add_argument(
        "--work", type=Path, default=Path("build/models/embedder"), help="folder for arrays and checkpoints"
    )
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".toml"))
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if not (arguments.corpus / "pairs.train.jsonl.xz").is_file():
        parser.error(f"--corpus {arguments.corpus}: there is no corpus (pairs.train.jsonl.xz and so on)")
    if not all(read_facts(split, arguments.facts) for split in SPLITS):
        parser.error(f"--facts {arguments.facts}: there are no facts (dev.toml and others)")
    if not read_thesaurus(arguments.thesaurus):
        parser.error(f"--thesaurus {arguments.thesaurus}: there is no thesaurus (*.txt)")
    if not all(collection_folders(split, arguments.collections) for split in SPLITS):
        parser.error(f"--collections {arguments.collections}: there are no collections (hotel and others)")
    return arguments


def _prepare(split: Split, work: Path, config: dict[str, Any]) -> tuple[Tokenizer, PairSet, Groups]:
    """Train the tokeniser and tokenise all pairs, once."""
    seed = config["seed"]
    tokenizer_path, pairs_path = work / "tokenizer.json", work / "pairs.npz"
    if not tokenizer_path.exists():
        settings = config["tokenizer"]
        characters = {"en": settings["english_characters"], "ko": settings["korean_characters"]}
        texts = balanced(all_texts(split), characters, seed)
        texts += list(written_texts(split)) * settings["written_repeats"]
        train_tokenizer(texts, settings["vocabulary_size"]).save(str(tokenizer_path))
    tokenizer = Tokenizer.from_file(str(tokenizer_path))
    if not pairs_path.exists():
        save_pairs(pairs_path, tokenizer, collect_pairs(split, seed))
    settings = config["data"]
    data, families = load_pairs(
        pairs_path, settings, one_source=settings["one_source"], smallest_source=settings["smallest_source"]
    )
    return tokenizer, data, families


def _start(work: Path, tokenizer: Tokenizer, data: PairSet, config: dict[str, Any]) -> torch.Tensor:
    """Compute the first vectors, once."""
    path = work / "start.pt"
    if not path.exists():
        settings = config["vectors"]
        vectors = starting_vectors(
            data,
            tokenizer.get_vocab_size(),
            dimensions=settings["dimensions"],
            spectral_share=settings["spectral_share"],
            scale=settings["initial_scale"],
            seed=config["seed"],
        )
        _save(vectors, path)
    return torch.load(path)


def _options(config: dict[str, Any], stage: str) -> StageOptions:
    chosen = {name: value for name, value in config[stage].items() if name not in _MINING}
    tuples = {name: tuple(value) for name, value in chosen.items() if isinstance(value, list)}
    return StageOptions(**{**chosen, **tuples}, seed=config["seed"])


def _run_stage(
    name: str, work: Path, config: dict[str, Any], trainer: Trainer, dev: tuple[Tokenizer, list[Task]]
) -> torch.Tensor:
    """Train one stage with checkpoints and return its best vectors on the dev split."""
    checkpoint, best = work / f"{name}.pt", work / f"{name}-best.pt"
    if checkpoint.exists():
        trainer.resume(torch.load(checkpoint, map_location=trainer.vectors.device))
    every, steps = config["checkpoints"]["every_steps"], config[name]["steps"]
    losses, tokens, started = [], 0, time.perf_counter()
    while trainer.next_step < steps:
        report = trainer.step()
        losses.append(report.loss)
        tokens += report.tokens
        if trainer.next_step % every == 0 or trainer.next_step == steps:
            seconds = time.perf_counter() - started
            figures = _dev_figures(trainer.vectors, *dev)
            _log(
                work,
                stage=name,
                step=trainer.next_step,
                loss=float(np.mean(losses)),
                tokens=tokens,
                seconds=seconds,
                ndcg=figures,
            )
            if _mean(figures) >= _best_so_far(work, name):
                _save(trainer.vectors.detach(), best)
            _save(trainer.state(), checkpoint)
            losses, tokens, started = [], 0, time.perf_counter()
    return torch.load(best, map_location=trainer.vectors.device)


def _dev_figures(vectors: torch.Tensor, tokenizer: Tokenizer, tasks: list[Task]) -> dict[str, float]:
    """Return nDCG@10 of every dev task, of sentences also by late interaction, with the vectors as they would be stored."""
    kept = stored_vectors(vectors)
    figures = {task.name: ndcg_of(task, lambda texts: encode_unit(kept, tokenizer, texts)) for task in tasks}
    for task in tasks:
        if task.sentences:
            scores = compare_texts(kept, tokenizer, task.queries, task.passages)
            figures[f"{task.name}, late"] = score(rank(scores), task.relevant).ndcg
    return figures


def _mean(figures: dict[str, float]) -> float:
    return sum(figures.values()) / len(figures)


def _best_so_far(work: Path, stage: str) -> float:
    rows = [json.loads(line) for line in (work / _LOG).read_text().splitlines()]
    return max(_mean(row["ndcg"]) for row in rows if row["stage"] == stage)


def _log(work: Path, **figures: Any) -> None:
    """Keep one line per checkpoint; the card is made of them."""
    figures["hardware"] = torch.cuda.get_device_name() if torch.cuda.is_available() else hardware()
    with (work / _LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(figures) + "\n")
    print(
        f"{figures['stage']} {figures['step']}: loss {figures['loss']:.3f}, nDCG@10 {_mean(figures['ndcg']):.4f}",
        flush=True,
    )


def _mine(
    work: Path, vectors: torch.Tensor, data: PairSet, families: Groups, config: dict[str, Any]
) -> NDArray[np.int64]:
    """Mine hard negatives, once."""
    path = work / "negatives.npy"
    if not path.exists():
        settings = MiningOptions(**{name: config["hard_negatives"][name] for name in _MINING})
        wanted = drawn_rows(data, _options(config, "hard_negatives"))
        np.save(path, mine(vectors, data, families, wanted, settings, config["seed"]))
    return np.load(path)


def _save(content: Any, path: Path) -> None:
    """Replace a file at once, so that an interruption leaves the old one."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    torch.save(content, unfinished)
    unfinished.replace(path)


if __name__ == "__main__":
    main()
