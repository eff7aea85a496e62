"""The recipe's figures are those of lorag's own search."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from lorag.library.database import Database
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.static_vectors import load_static_vectors
from lorag.retrieval.thresholds import threshold_for
from tests.fakes_embedder import HashEmbedder
from tests.recipe_embedder.corpus import SUBJECTS
from tests.retrieval.library import SPLITTER, put
from tests.retrieval.tiny_static import write_static_model

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


def test_the_recipe_puts_passages_in_the_order_of_the_searcher(tmp_path: Path):
    evaluation, tasks = importlib.import_module("embedder_evaluation"), importlib.import_module("embedder_tasks")
    embedder = open_embedder("builtin")
    task = tasks.Task("made-up", False, QUERIES, PASSAGES, [set()] * len(QUERIES))

    fused = evaluation.compare(task, embedder).fused

    with Database.open(tmp_path / "library.db") as database:
        ids = put(database, "/a.txt", PASSAGES, embedder=embedder)
        searcher = Searcher(database, embedder, SPLITTER, SearchOptions())
        for row, query in zip(fused, QUERIES, strict=True):
            found = [ids.index(chunk.chunk_id) for chunk in searcher.rank(query)]
            assert found[:20] == row[:20].tolist()


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


@pytest.mark.parametrize("late", [0.0, 1.0])
def test_a_stage_resumed_from_a_checkpoint_ends_where_an_uninterrupted_one_does(late: float):
    training = importlib.import_module("embedder_training")
    torch = importlib.import_module("torch")
    rng = np.random.default_rng(0)
    bags = importlib.import_module("embedder_bags").Bags(
        rng.integers(0, 50, 400).astype(np.int32), np.arange(0, 401, 10)
    )
    keys = np.arange(40)
    data = training.PairSet(bags, bags, keys, keys, (keys,), np.ones(1))
    options = training.StageOptions(6, 8, 0.01, 0.1, 20.0, (8, 4), 0.1, 0.5, seed=3, late=late, longest=(4, 6))
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


def test_late_scores_are_what_lorag_finds_a_text_to_tell_of_a_question(tmp_path: Path):
    bags, late = importlib.import_module("embedder_bags"), importlib.import_module("embedder_late")
    folder = write_static_model(tmp_path / "four-words")
    vectors = load_static_vectors(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    weights = importlib.import_module("torch").from_numpy(load_file(folder / "model.safetensors")["embedding.weight"])
    questions, texts = ["leave refund", "day", "refund day day"], ["refund", "leave day", "day leave refund"]

    found = late.compare_texts(weights, tokenizer, questions, texts)

    for question, row in zip(questions, found, strict=True):
        shares, nearest = vectors.match(question, vectors.embed_with_parts(texts)[1])
        np.testing.assert_allclose(row, nearest @ shares, atol=1e-6)
    asked, said = bags.encode(tokenizer, questions), bags.encode(tokenizer, texts)
    np.testing.assert_allclose(late.late_scores(weights, asked, said).numpy(), found, atol=1e-6)


def test_a_long_text_is_cut_to_a_stretch_from_anywhere():
    bags, late = importlib.import_module("embedder_bags"), importlib.import_module("embedder_late")
    texts = bags.Bags(np.arange(26, dtype=np.int32), np.array([0, 3, 3, 26]))

    found = [late.cut(texts, 5, np.random.default_rng(seed)) for seed in range(40)]

    assert all(one.starts.tolist() == [0, 3, 3, 8] and one.ids[:3].tolist() == [0, 1, 2] for one in found)
    assert {int(one.ids[3]) for one in found} >= {3, 21}
    assert all((np.diff(one.ids[3:]) == 1).all() for one in found)
