"""From pairs of texts to the arrays the training reads."""

import hashlib
import itertools
import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from embedder_bags import Bags, encode
from embedder_corpus import (
    Pair,
    Split,
    asked_pairs,
    fact_pairs,
    found_pairs,
    parallel_pairs,
    question_pairs,
    reworded_pairs,
    text_pairs,
    word_pairs,
)
from embedder_training import PairSet
from numpy.typing import NDArray
from tokenizers import Tokenizer

KINDS = ("question", "parallel", "text", "fact", "word", "asked", "found", "reworded")
Groups = list[NDArray[np.int64]]


def collect_pairs(split: Split, seed: int) -> dict[str, list[Pair]]:
    """Return all pairs by kind."""
    return {
        "question": list(question_pairs(split)),
        "parallel": list(parallel_pairs(split, random.Random(seed))),
        "text": list(text_pairs(split, random.Random(seed), share=1.0)),
        "fact": list(fact_pairs(split, random.Random(seed))),
        "word": list(word_pairs(split, random.Random(seed))),
        "asked": list(asked_pairs(split)),
        "found": list(found_pairs(split)),
        "reworded": list(reworded_pairs(split)),
    }


def save_pairs(path: Path, tokenizer: Tokenizer, pairs: Mapping[str, list[Pair]]) -> None:
    """Tokenise the pairs and keep them as arrays."""
    everything = list(itertools.chain.from_iterable(pairs[kind] for kind in KINDS))
    anchors = encode(tokenizer, [pair.anchor for pair in everything])
    positives = encode(tokenizer, [pair.positive for pair in everything])
    sources = sorted({pair.source for pair in everything})
    numbers = {source: number for number, source in enumerate(sources)}
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(
        unfinished,
        anchor_ids=anchors.ids,
        anchor_starts=anchors.starts,
        positive_ids=positives.ids,
        positive_starts=positives.starts,
        anchor_keys=[_key(pair.anchor) for pair in everything],
        positive_keys=[_key(pair.meaning or pair.positive) for pair in everything],
        kinds=np.repeat(np.arange(len(KINDS)), [len(pairs[kind]) for kind in KINDS]),
        source_names=np.array(sources),
        source_numbers=[numbers[pair.source] for pair in everything],
    )
    unfinished.replace(path)


def load_pairs(
    path: Path, shares: Mapping[str, float], *, one_source: float, smallest_source: int
) -> tuple[PairSet, Groups]:
    """Return the training set, and its rows by kind and language.

    A batch is drawn from one kind and language, by ``shares``; in ``one_source`` of the cases from one source of it.
    """
    stored = np.load(path)
    languages = np.array([name.rsplit(" ", 1)[1] for name in stored["source_names"]])[stored["source_numbers"]]
    families: Groups = []
    groups: Groups = []
    weights: list[float] = []
    for number, kind in enumerate(KINDS):
        of_kind = np.flatnonzero(stored["kinds"] == number)
        for language in np.unique(languages[of_kind]):
            family = of_kind[languages[of_kind] == language]
            share = shares[kind] * len(family) / len(of_kind)
            large = _large_sources(family, stored["source_numbers"], smallest_source)
            alone = one_source if large else 0.0
            families.append(family)
            groups += [family, *large]
            total = sum(len(rows) for rows in large)
            weights += [share * (1 - alone), *(share * alone * len(rows) / total for rows in large)]
    data = PairSet(
        anchors=Bags(stored["anchor_ids"], stored["anchor_starts"]),
        positives=Bags(stored["positive_ids"], stored["positive_starts"]),
        anchor_keys=stored["anchor_keys"],
        positive_keys=stored["positive_keys"],
        groups=tuple(groups),
        weights=np.array(weights) / sum(weights),
    )
    return data, families


def _large_sources(family: NDArray[np.int64], sources: NDArray[np.int64], smallest: int) -> Groups:
    """Return the rows of each source that is large enough to fill a batch alone."""
    numbers, counts = np.unique(sources[family], return_counts=True)
    return [family[sources[family] == number] for number in numbers[counts >= smallest]]


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)
