"""The recipe's figures are those of lorag's own search."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from lorag.library.database import Database
from lorag.retrieval.search import Searcher, SearchOptions
from lorag.retrieval.thresholds import threshold_for
from tests.fakes_embedder import HashEmbedder
from tests.recipe_embedder.corpus import SUBJECTS
from tests.retrieval.library import SPLITTER, put

EMBEDDER = HashEmbedder()
PASSAGES = sorted(f"The {one} and the {other} 그리고 {SUBJECTS[one]}는" for one in SUBJECTS for other in SUBJECTS)
QUERIES = ["the price of music", "환불은 언제 되나요", "winter garden submarine"]


def test_fused_scores_are_those_of_the_searcher(tmp_path: Path):
    evaluation = importlib.import_module("embedder_evaluation")
    tasks = importlib.import_module("embedder_tasks")
    task = tasks.Task("made-up", False, QUERIES, PASSAGES, [set()] * len(QUERIES))
    words = evaluation.word_scores(task)
    cosines = evaluation.cosine_scores(task, EMBEDDER.embed_passages)
    options = evaluation.FusionOptions(floor=evaluation.similarity_floor(EMBEDDER))
    expected = evaluation.fused_scores(words, cosines, options)
    with Database.open(tmp_path / "library.db") as database:
        ids = put(database, "/a.txt", PASSAGES, embedder=EMBEDDER)
        searcher = Searcher(database, EMBEDDER, SPLITTER, SearchOptions())
        for row, query in enumerate(QUERIES):
            found = {chunk.chunk_id: chunk.score for chunk in searcher.rank(query)}
            legs = {chunk.chunk_id: chunk.word.score for chunk in searcher.rank(query, leg="words") if chunk.word}
            assert found == pytest.approx({chunk: float(expected[row, ids.index(chunk)]) for chunk in found}, abs=1e-4)
            assert legs == pytest.approx({chunk: float(words.bm25[row, ids.index(chunk)]) for chunk in legs}, abs=1e-4)
    assert threshold_for(0.2, 10_000) == pytest.approx(0.2)


def test_every_passage_that_contains_the_wanted_one_is_right():
    tasks = importlib.import_module("embedder_tasks")

    task = tasks.make_task("x", [("q", "leave is long")], ["leave is long", "the leave is long today", "leave"])

    assert [task.passages[at] for at in sorted(task.relevant[0])] == ["leave is long", "the leave is long today"]


def test_recall_and_ndcg_of_a_known_ranking():
    evaluation = importlib.import_module("embedder_evaluation")
    ranking = np.array([[4, 1, 2], [0, 3, -1]])

    scores = evaluation.score(ranking, [{1}, {5}], at=10)

    assert scores.recall == 0.5
    assert scores.ndcg == pytest.approx(0.5 / np.log2(3))


def test_a_stage_resumed_from_a_checkpoint_ends_where_an_uninterrupted_one_does():
    training = importlib.import_module("embedder_training")
    torch = importlib.import_module("torch")
    rng = np.random.default_rng(0)
    bags = training.Bags(rng.integers(0, 50, 400).astype(np.int32), np.arange(0, 401, 10))
    keys = np.arange(40)
    data = training.PairSet(bags, bags, keys, keys, (keys,), np.ones(1))
    options = training.StageOptions(6, 8, 0.01, 0.1, 20.0, (8, 4), 0.1, 0.5, seed=3)
    start = torch.randn(50, 8, generator=torch.Generator().manual_seed(1))

    whole = training.Trainer(start, data, None, options)
    for _ in range(6):
        whole.step()
    first = training.Trainer(start, data, None, options)
    for _ in range(3):
        first.step()
    second = training.Trainer(start, data, None, options)
    second.resume(first.state())
    for _ in range(3):
        second.step()

    assert torch.equal(whole.vectors, second.vectors)
