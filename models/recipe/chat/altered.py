"""Sentences with words exchanged: what is copied must be what stands there, not what would usually stand there."""

import random
import re
from collections.abc import Sequence
from typing import Final

from lorag.prompts.grounded import PromptPassage

_CORE: Final = re.compile(r"\w(?:.*\w)?", re.DOTALL)
"""A word without the marks around it."""
_SHARE: Final = 0.15
"""Share of the words of a sentence that are exchanged."""
_MOST_TWINS: Final = 3
_MOST_ECHOES: Final = 2
_OWN_WORDS: Final = 0.6
"""Share of the runs told again that are the sentence's own; the others are of any sentence."""
_SCATTERED: Final = 0.5
_LONGEST_RUN: Final = 4
"""Words that stay together in a scattered sentence."""


def altered(sentence: str, strangers: Sequence[str], rng: random.Random, share: float = _SHARE) -> str:
    """Return ``sentence`` with some words, at least one, exchanged for ``strangers``; the marks around them stay."""
    words = sentence.split(" ")
    count = max(1, round(share * len(words)))
    for place in rng.sample(range(len(words)), min(count, len(words))):
        core = _CORE.search(rng.choice(strangers))
        if core is not None:
            words[place] = _CORE.sub(core.group().replace("\\", ""), words[place], count=1)
    return " ".join(words)


def scattered(sentence: str, rng: random.Random) -> str:
    """Return the runs of words that ``sentence`` is made of in another order.

    Where a run ends, the last words do not tell how the sentence goes on: the other one has the same.
    """
    words, runs = sentence.split(" "), list[list[str]]()
    while words:
        length = rng.randint(2, _LONGEST_RUN)
        runs.append(words[:length])
        words = words[length:]
    first, *others = runs
    rng.shuffle(others)
    return " ".join(word for run in (*others, first) for word in run)


def with_echoes(passages: Sequence[PromptPassage], rng: random.Random) -> list[PromptPassage]:
    """Return ``passages`` with runs of words of their own told again within a few sentences.

    Behind such a run a sentence goes on in two ways, as menus and titles do ("Orders > Open > Orders > Orders due").
    """
    told = [list(passage.sentences) for passage in passages]
    places = [(number, at) for number, sentences in enumerate(told) for at in range(len(sentences))]
    for number, at in rng.sample(places, min(len(places), rng.randint(1, _MOST_TWINS))):
        sentence = told[number][at]
        for _ in range(rng.randint(1, _MOST_ECHOES)):
            source = sentence if rng.random() < _OWN_WORDS else rng.choice(rng.choice(told))
            sentence = _with_run(sentence, source.split(" "), rng)
        told[number][at] = sentence
    return [PromptPassage(passage.header, tuple(kept)) for passage, kept in zip(passages, told, strict=True)]


def _with_run(sentence: str, source: Sequence[str], rng: random.Random) -> str:
    """Return ``sentence`` with a run of the words ``source`` somewhere within it."""
    words = sentence.split(" ")
    first = rng.randrange(len(source))
    place = rng.randint(0, len(words))
    return " ".join([*words[:place], *source[first : first + rng.randint(1, _LONGEST_RUN)], *words[place:]])


def with_twins(passages: Sequence[PromptPassage], rng: random.Random) -> list[PromptPassage]:
    """Return ``passages`` with a few sentences told twice, the second time with other words or in another order.

    The last words do not tell how the copied sentence goes on: only its number does.
    """
    everything = [sentence for passage in passages for sentence in passage.sentences]
    words = " ".join(everything).split()
    told = [list(passage.sentences) for passage in passages]
    for sentence in rng.sample(everything, min(len(everything), rng.randint(1, _MOST_TWINS))):
        sentences = rng.choice(told)
        apart = sentence.count(" ") >= _LONGEST_RUN and rng.random() < _SCATTERED
        twin = scattered(sentence, rng) if apart else altered(sentence, words, rng, share=0.0)
        sentences.insert(rng.randint(0, len(sentences)), twin)
    return [PromptPassage(passage.header, tuple(kept)) for passage, kept in zip(passages, told, strict=True)]
