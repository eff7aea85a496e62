"""The built-in embedder on the dev splits of its corpus: ``LORAG_CORPUS=/path python -m benchmarks builtin_embedder``.

With ``OTHER_EMBEDDER`` set to a sentence-transformers model, by name or folder, that one is measured beside it.
``BENCH_TASKS="qa en,pairs en"`` takes these tasks alone, for a model that knows one language.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.recipe import corpus_folder
from benchmarks.report import Figure
from lorag.retrieval.embedders import Embedder, open_embedder
from lorag.retrieval.fusion import FusionOptions
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.thresholds import threshold_for
from lorag.retrieval.unrelated import similarity_floor

sys.path.insert(0, str(Path(__file__).parents[1] / "models" / "recipe"))

from embedder_corpus import Split, passages_of
from embedder_evaluation import Comparison, compare, cosine_scores, fused_scores, score, word_scores
from embedder_tasks import Task, dev_tasks, make_task

LOST_POINTS = 1.0
CROSS_RECALL = 0.6
SIZES = (100, 1_000, 10_000)
"""Library sizes for the refusals; the last takes every passage there is."""


def figures() -> list[Figure]:
    """Measure, where the corpus is."""
    folder = corpus_folder()
    if folder is None:
        print(
            "builtin_embedder: not measured, no corpus: name its folder with --corpus or LORAG_CORPUS", file=sys.stderr
        )
        return []
    split, embedder = Split(folder, "dev"), open_embedder("builtin")
    tasks = _wanted(dev_tasks(split), os.environ.get("BENCH_TASKS", ""))
    found = [*_ranking("built-in", embedder, tasks), *_refusals(embedder, split)]
    if other := os.environ.get("OTHER_EMBEDDER"):
        found += _ranking(other, open_embedder(other), tasks)
    return found


def _wanted(tasks: list[Task], names: str) -> list[Task]:
    """Return the tasks with these names, separated by commas, or all of them when none is named."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := wanted - {task.name for task in tasks}:
        raise SystemExit(f"builtin_embedder: no task {', '.join(sorted(unknown))}; {', '.join(t.name for t in tasks)}")
    return [task for task in tasks if not wanted or task.name in wanted]


def _ranking(name: str, embedder: Embedder, tasks: list[Task]) -> Iterator[Figure]:
    compared = [compare(task, embedder) for task in tasks]
    for found in compared:
        yield _against_better_leg(name, found)
    if not (across := [found for found in compared if found.task.cross]):
        return
    recall = min(score(found.vectors, found.task.relevant).recall for found in across)
    yield Figure(
        f"{name}: cross-language recall@10, worst task",
        100 * recall,
        "%",
        f"≥ {100 * CROSS_RECALL:g} %",
        recall >= CROSS_RECALL,
    )


def _against_better_leg(name: str, found: Comparison) -> Figure:
    legs = {"words": found.words, "vectors": found.vectors, "by ranks": found.by_rank, "fused": found.fused}
    scores = {leg: score(ranking, found.task.relevant) for leg, ranking in legs.items()}
    points = 100 * (scores["fused"].ndcg - max(scores["words"].ndcg, scores["vectors"].ndcg))
    detail = ", ".join(f"{leg} {100 * one.recall:.1f} / {100 * one.ndcg:.1f}" for leg, one in scores.items())
    return Figure(
        f"{name}: fused nDCG@10 against the better leg, {found.task.name}",
        points,
        "points",
        f"≥ -{LOST_POINTS:g}",
        points >= -LOST_POINTS,
        f"recall@10 / nDCG@10: {detail}",
    )


def _refusals(embedder: Embedder, split: Split) -> Iterator[Figure]:
    """Count answerable questions that are refused and unanswerable ones that are not, in libraries of several sizes."""
    pool = _mixed_pool(split)
    passages = sorted(pool)
    questions = {
        "qa en": make_task("qa en", [(row["question"], row["passage"]) for row in split.rows("qa.en")], passages),
        "qa ko": make_task("qa ko", [(row["question"], row["passage"]) for row in split.rows("qa.ko")], passages),
        "cross-language": make_task(
            "en-ko", [(row["query"], row["passage"]) for row in split.rows("pairs") if row["lang"] == "en-ko"], passages
        ),
    }
    default = SearchOptions().threshold
    for name, task in questions.items():
        # What counts is the right passage: others may come before it, but they are found by chance in any library.
        best = np.array(
            [row[sorted(right)].max() for row, right in zip(_fused(task, embedder), task.relevant, strict=True)]
        )
        shares = {size: float(np.mean(best < threshold_for(default, size))) for size in SIZES}
        yield Figure(f"answerable but refused, {name}", 100 * shares[SIZES[-1]], "%", detail=_by_size(shares))
    for language in ("en", "ko"):
        rows = list(split.rows(f"unanswerable.{language}"))
        task = Task(language, False, [row["question"] for row in rows], passages, [])
        scores = _fused(task, embedder)
        for row, line in zip(rows, scores, strict=True):
            # The corpus may hold the answer in passages of the question's own source.
            line[[row["source"] in pool[passage] for passage in passages]] = 0
        shares = {size: float(np.mean(_best_of(scores, size) >= threshold_for(default, size))) for size in SIZES}
        yield Figure(f"unanswerable but answered, {language}", 100 * shares[SIZES[-1]], "%", detail=_by_size(shares))


def _by_size(shares: dict[int, float]) -> str:
    return ", ".join(f"{100 * share:.1f} % among {size:,} chunks" for size, share in shares.items())


def _best_of(scores: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the best score of each question in a library of so many passages drawn at random."""
    rng = np.random.default_rng(1)
    count = scores.shape[1]
    chosen = [rng.choice(count, size=min(size, count), replace=False) for _ in scores]
    return np.array([line[columns].max() for line, columns in zip(scores, chosen, strict=True)])


def _fused(task: Task, embedder: Embedder) -> NDArray[np.float32]:
    options = FusionOptions(floor=similarity_floor(embedder))
    return fused_scores(word_scores(task), cosine_scores(task, embedder.embed_passages), options)


def _mixed_pool(split: Split) -> dict[str, set[str]]:
    """Return passages of both languages, each with its sources: those of the questions, and chunks of whole pages."""
    pool: dict[str, set[str]] = {}
    for name in ("pairs", "qa.en", "qa.ko"):
        for row in split.rows(name):
            pool.setdefault(row["passage"], set()).add(row["source"])
    for language in ("en", "ko"):
        for row in split.rows(f"text.{language}"):
            for section in row["sections"]:
                header = " › ".join(part for part in (row["title"], section["heading"]) if part)
                for passage in passages_of(section["paragraphs"]):
                    pool.setdefault(f"{header}\n{passage}", set()).add(row["source"])
    return pool
