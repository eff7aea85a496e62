"""Words that mean the same: how they are written down, and what the embedder is given of them."""

import importlib
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

LANGUAGES = ("en", "ko")
ENTRY = "en: quit | resign\nko: 그만두다 | 퇴사\n"


def _module(name: str = "chat.thesaurus"):
    return importlib.import_module(name)


def _written():
    return _module().read_thesaurus()


def test_every_entry_is_in_both_languages_and_no_phrase_stands_twice_in_a_file():
    entries = _written()
    assert len(entries) > 5_000
    for entry in entries:
        for language in LANGUAGES:
            assert all(len(phrase) <= 80 for phrase in entry.phrases[language])
        assert not re.search("[가-힣]", " ".join(entry.phrases["en"])), entry
        assert re.search("[가-힣]", " ".join(entry.phrases["ko"])), entry
    counts = Counter(
        (entry.file, phrase.casefold()) for entry in entries for lang in LANGUAGES for phrase in entry.phrases[lang]
    )
    assert [where for where, count in counts.items() if count > 1] == []


def test_no_question_that_is_measured_with_is_an_entry():
    held_out = _module("chat.facts").read_facts("dev")
    asked = {
        " ".join(re.findall(r"\w+", ask.casefold()))
        for document in held_out
        for fact in document.facts
        for language in LANGUAGES
        for ask in fact.asks[language]
    }
    collections = _module("chat.asked").asked_collections("dev", _module("chat.asked").FOLDER)
    asked |= {
        " ".join(re.findall(r"\w+", ask.casefold())) for one in collections for rows in one.asked for ask in rows.asks
    }
    phrases = {
        " ".join(re.findall(r"\w+", phrase.casefold()))
        for entry in _written()
        for language in LANGUAGES
        for phrase in entry.phrases[language]
    }

    assert len(asked) > 1_000
    assert asked & phrases == set()


def test_pairs_are_of_one_entry_in_and_across_languages(tmp_path: Path):
    (tmp_path / "jobs.txt").write_text(f"# jobs\n\n{ENTRY}\nen: bonus\nko: 상여금\n", encoding="utf-8")
    entries = _module().read_thesaurus(tmp_path)

    pairs = list(_module().synonyms(entries, 2, random.Random(1)))

    assert Counter((pair.meaning, pair.languages) for pair in pairs) == {
        ("words 0", ("en", "en")): 2,
        ("words 0", ("en", "ko")): 2,
        ("words 0", ("ko", "en")): 2,
        ("words 0", ("ko", "ko")): 2,
        ("words 1", ("en", "ko")): 1,
        ("words 1", ("ko", "en")): 1,
    }
    assert {pair.file for pair in pairs} == {"jobs"}
    assert not [pair for pair in pairs if pair.anchor == pair.positive]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("en: quit\n", 1),
        (f"{ENTRY}en: bonus\n", 3),
        ("ko: 퇴사\nen: quit\n", 1),
        ("en: quit | \nko: 퇴사\n", 1),
        ("en: quit\nen: leave\n", 2),
    ],
)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, text: str, line: int):
    (tmp_path / "jobs.txt").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=rf"jobs\.txt:{line}: "):
        _module().read_thesaurus(tmp_path)


def test_what_the_positive_repeats_is_left_out_of_the_chosen_anchors():
    bags = _module("embedder_bags").Bags
    anchors = bags(np.array([1, 2, 3, 4, 5, 5, 6], np.int32), np.array([0, 3, 5, 6, 7]))
    positives = bags(np.array([2, 9, 4, 5, 5, 1], np.int32), np.array([0, 2, 4, 5, 6]))

    left = anchors.unrepeated(positives, np.array([True, False, True, True]))

    # The third would be empty and stays whole; the fourth repeats nothing.
    assert left.ids.tolist() == [1, 3, 4, 5, 5, 6]
    assert left.starts.tolist() == [0, 2, 4, 5, 6]


def test_only_the_pairs_that_will_be_read_are_mined(
    corpus: Path, facts: Path, thesaurus: Path, collections: Path, tmp_path: Path
):
    pairs_of, training, mining = (_module(f"embedder_{name}") for name in ("pairs", "training", "mining"))
    collected = pairs_of.collect_pairs(
        _module("embedder_corpus").Split(corpus, "train", facts, thesaurus, collections), 1
    )
    tokenizer = _module("embedder_tokenizer").train_tokenizer([pair.positive for pair in collected["question"]], 300)
    pairs_of.save_pairs(tmp_path / "pairs.npz", tokenizer, collected)
    shares = dict.fromkeys(pairs_of.KINDS, 0.2)
    data, families = pairs_of.load_pairs(tmp_path / "pairs.npz", shares, one_source=0.5, smallest_source=16)
    vectors = importlib.import_module("torch").randn(tokenizer.get_vocab_size(), 8)
    options = mining.MiningOptions(candidates=10, kept=2, largest_share=0.95)
    stage = training.StageOptions(3, 16, 0.01, 0.1, 20.0, (8,), 0.1, 0.5, seed=1)

    drawn = training.drawn_rows(data, stage)
    some = mining.mine(vectors, data, families, drawn, options, 1)
    whole = mining.mine(vectors, data, families, np.arange(len(data.anchors)), options, 1)

    assert 16 < len(drawn) <= 3 * 16
    np.testing.assert_array_equal(some[drawn], whole[drawn])
    assert (whole[drawn] >= 0).any()
    others = np.setdiff1d(np.arange(len(data.anchors)), drawn)
    assert (some[others] == -1).all()
