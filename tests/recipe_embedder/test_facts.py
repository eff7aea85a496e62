"""Facts teach the embedder that other words mean the same: what says the same is never set against each other."""

import importlib
import random
from pathlib import Path

import numpy as np
import pytest

LANGUAGES = ("en", "ko")


def _split(corpus: Path, facts: Path, name: str):
    return importlib.import_module("embedder_corpus").Split(corpus, name, facts)


def _pairs(corpus: Path, facts: Path):
    split = _split(corpus, facts, "train")
    return list(importlib.import_module("embedder_corpus").fact_pairs(split, random.Random(1)))


def _documents(facts: Path, name: str):
    return importlib.import_module("chat.facts").read_facts(name, facts)


def test_every_way_of_asking_meets_every_way_of_telling_in_and_across_languages(corpus: Path, facts: Path):
    written = [fact for document in _documents(facts, "train") for fact in document.facts]
    expected = sum(
        len(fact.asks[asked]) * len(fact.says[told]) for fact in written for asked in LANGUAGES for told in LANGUAGES
    )
    pairs = _pairs(corpus, facts)

    assert len(pairs) == expected > 0
    assert {pair.source for pair in pairs} == {"facts en", "facts ko", "facts en-ko", "facts ko-en"}
    assert len({pair.meaning for pair in pairs}) == len(written)
    assert not [pair for pair in pairs if "{" in pair.anchor + pair.positive]


def test_what_tells_the_same_fact_is_no_negative(corpus: Path, facts: Path, tmp_path: Path):
    written, training = importlib.import_module("embedder_pairs"), importlib.import_module("embedder_training")
    pairs = _pairs(corpus, facts)
    tokenizer = importlib.import_module("embedder_tokenizer").train_tokenizer([p.positive for p in pairs], 400)
    written.save_pairs(
        tmp_path / "pairs.npz", tokenizer, {kind: pairs if kind == "fact" else [] for kind in written.KINDS}
    )
    shares = {**dict.fromkeys(written.KINDS, 0.0), "fact": 1.0}
    data, _ = written.load_pairs(tmp_path / "pairs.npz", shares, one_source=0.0, smallest_source=256)

    same = training._same_text(data, np.arange(len(pairs)), np.empty(0, np.int64)).numpy()

    meanings = np.array([pair.meaning for pair in pairs])
    anchors = np.array([pair.anchor for pair in pairs])
    expected = (meanings[:, None] == meanings[None, :]) | (anchors[:, None] == anchors[None, :])
    np.fill_diagonal(expected, False)
    assert (same == expected).all()


@pytest.mark.parametrize("name", ["facts en", "facts ko", "facts en-ko", "facts ko-en"])
def test_the_facts_that_are_held_out_are_a_task(corpus: Path, facts: Path, name: str):
    tasks = importlib.import_module("embedder_tasks").dev_tasks(_split(corpus, facts, "dev"))

    [task] = [task for task in tasks if task.name == name]

    assert task.cross == ("-" in name)
    assert len(task.passages) == sum(len(document.facts) for document in _documents(facts, "dev"))
    assert len(task.queries) == len(task.relevant)
    assert {at for right in task.relevant for at in right} == set(range(len(task.passages)))
