"""Questions of small collections teach the embedder what people call things: they meet what answers, as lorag reads it."""

import importlib
from pathlib import Path

import pytest


def _split(collections: Path, name: str):
    return importlib.import_module("embedder_corpus").Split(collections, name, collections=collections)


def _asked(collections: Path, split: str):
    return importlib.import_module("chat.asked").asked_collections(split, collections)


def _pairs(kind: str, collections: Path):
    return list(getattr(importlib.import_module("embedder_corpus"), f"{kind}_pairs")(_split(collections, "train")))


def test_documents_are_read_as_the_library_reads_them(collections: Path):
    [hotel] = _asked(collections, "dev")

    [english, korean] = hotel.passages
    assert english.text.startswith("Rules of the hotel › Rules of the hotel\n")
    assert "The coffee of the hotel is number 4." in english.sentences
    assert "hotel의 커피은 4번입니다." in korean.sentences


def test_each_ask_meets_its_sentence_and_its_passage_in_and_across_languages(collections: Path):
    sentences, passages = _pairs("asked", collections), _pairs("found", collections)

    # Two collections, two documents, ten lines, two ways of asking.
    assert len(sentences) == len(passages) == 2 * 2 * 10 * 2
    assert {pair.source for pair in sentences} == {f"sentences {way}" for way in ("en", "ko", "en-ko", "ko-en")}
    for sentence, passage in zip(sentences, passages, strict=True):
        assert sentence.anchor == passage.anchor
        assert sentence.positive in passage.positive
    wanted = {"The coffee of the shed is number 4.", "shed의 커피은 4번입니다."}
    assert {pair.positive for pair in sentences if pair.anchor == "which coffee shed"} == wanted


def test_ways_of_asking_for_the_same_meet_even_where_nothing_answers(collections: Path):
    pairs = _pairs("reworded", collections)

    assert ("owner of the shed", "shed 주인이 누구예요") in {(pair.anchor, pair.positive) for pair in pairs}
    asked = {(pair.anchor, pair.meaning) for pair in pairs}
    assert len({pair.meaning for pair in pairs}) == 2 * 21
    assert all((pair.positive, pair.meaning) in asked for pair in pairs)


@pytest.mark.parametrize("name", ["asked en", "asked ko", "asked en-ko", "asked ko-en"])
def test_the_collections_that_are_held_out_are_a_task(collections: Path, corpus: Path, name: str):
    split = importlib.import_module("embedder_corpus").Split(corpus, "dev", collections=collections)

    [task] = [task for task in importlib.import_module("embedder_tasks").dev_tasks(split) if task.name == name]

    assert task.cross == ("-" in name)
    assert len(task.queries) == 10
    for query, right in zip(task.queries, task.relevant, strict=True):
        assert len(right) == 1, query
    assert not [passage for passage in task.passages if "shed" in passage]


def test_the_tokeniser_reads_train_collections_only(corpus: Path, collections: Path):
    split = importlib.import_module("embedder_corpus").Split(corpus, "train", collections=collections)

    texts = "\n".join(importlib.import_module("embedder_corpus").written_texts(split))

    assert "The coffee of the shed is number 4." in texts
    assert "owner of the kiosk" in texts
    assert "The coffee of the hotel is number 4." not in texts
