"""Facts teach the embedder that other words mean the same: what says the same is never set against each other."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from tests.recipe_embedder.conftest import RECIPE


def _pairs(corpus: Path):
    modules = importlib.import_module("embedder_corpus")
    return list(modules.fact_pairs(modules.Split(corpus, "train"), importlib.import_module("random").Random(1)))


def test_every_way_of_asking_meets_every_way_of_telling_in_and_across_languages(corpus: Path):
    documents = importlib.import_module("chat.facts").read_facts("train", RECIPE / "chat" / "facts")
    expected = sum(
        len(fact.asks[asked]) * len(fact.says[told])
        for document in documents
        for fact in document.facts
        for asked in ("en", "ko")
        for told in ("en", "ko")
    )
    pairs = _pairs(corpus)

    assert len(pairs) == expected
    assert {pair.source for pair in pairs} == {"facts en", "facts ko", "facts en-ko", "facts ko-en"}
    assert len({pair.meaning for pair in pairs}) == sum(len(document.facts) for document in documents)
    assert not [pair for pair in pairs if "{" in pair.anchor + pair.positive]


def test_what_tells_the_same_fact_is_no_negative(corpus: Path, tmp_path: Path):
    written, training = importlib.import_module("embedder_pairs"), importlib.import_module("embedder_training")
    pairs = [pair for pair in _pairs(corpus) if pair.source == "facts en"][:400]
    tokenizer = importlib.import_module("embedder_tokenizer").train_tokenizer([p.positive for p in pairs], 400)
    written.save_pairs(tmp_path / "pairs.npz", tokenizer, {"question": [], "parallel": [], "text": [], "fact": pairs})
    shares = {"question": 0.0, "parallel": 0.0, "text": 0.0, "fact": 1.0}
    data, _ = written.load_pairs(tmp_path / "pairs.npz", shares, one_source=0.0, smallest_source=256)

    rows = np.arange(len(pairs))
    same = training._same_text(data, rows, np.empty(0, np.int64)).numpy()

    meanings = np.array([pair.meaning for pair in pairs])
    anchors = np.array([pair.anchor for pair in pairs])
    expected = (meanings[:, None] == meanings[None, :]) | (anchors[:, None] == anchors[None, :])
    np.fill_diagonal(expected, False)
    assert (same == expected).all()


@pytest.mark.parametrize("name", ["facts en", "facts ko", "facts en-ko", "facts ko-en"])
def test_the_facts_that_are_held_out_are_a_task(corpus: Path, name: str):
    modules, tasks = importlib.import_module("embedder_corpus"), importlib.import_module("embedder_tasks")
    documents = importlib.import_module("chat.facts").read_facts("dev", RECIPE / "chat" / "facts")

    [task] = [task for task in tasks.dev_tasks(modules.Split(corpus, "dev")) if task.name == name]

    assert task.cross == ("-" in name)
    assert len(task.passages) == sum(len(document.facts) for document in documents)
    assert len(task.queries) == len(task.relevant)
    assert {at for right in task.relevant for at in right} == set(range(len(task.passages)))
