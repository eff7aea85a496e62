"""Sentences of made-up words: copying must not depend on which words are copied."""

import random
from typing import Final

from chat.pools import Gold

_ONSETS: Final = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "ch",
    "dr",
    "gl",
    "kr",
    "pl",
    "sh",
    "st",
    "th",
    "tr",
]
_VOWELS: Final = ["a", "e", "i", "o", "u", "ai", "ea", "ou", "y"]
_CODAS: Final = ["", "", "n", "r", "s", "l", "m", "th", "ck", "x", "nd", "st"]
_SYLLABLES: Final = [chr(code) for code in range(0xAC00, 0xD7A4, 7)]

_SHARED: Final = 0.7
"""Share of examples whose sentences have words, or runs of up to four words, in common."""


def random_gold(rng: random.Random) -> Gold:
    """Return a few nonsense sentences and a question that repeats words of one of them.

    Mostly they share words and runs of words, so that the last ones alone do not tell how the copied sentence goes on.
    """
    korean = rng.random() < 0.5
    shared: list[list[str]] = []
    if rng.random() < _SHARED:
        longest = rng.choice((1, 2, 4))
        shared = [_words(rng.randint(1, longest), korean, rng) for _ in range(rng.randint(6, 24) // longest)]
    asked: list[str] = []
    while not asked:
        count = rng.randint(2, 6)
        sentences = [_sentence(rng.randint(3, 14), shared, korean, rng) for _ in range(count)]
        target = rng.randrange(count)
        asked = _telling(sentences, target, rng)
    question = " ".join(asked) + rng.choice(("?", "", "에 대해 알려줘" if korean else " please?"))
    texts = tuple(" ".join(words).capitalize() + rng.choice((".", ".", "")) for words in sentences)
    return Gold(question, _word(korean, rng), texts, (target,), "random", "random")


def _sentence(length: int, shared: list[list[str]], korean: bool, rng: random.Random) -> list[str]:
    words: list[str] = []
    while len(words) < length:
        words += rng.choice(shared) if shared and rng.random() < 0.85 else [_word(korean, rng)]
    return words


def _words(count: int, korean: bool, rng: random.Random) -> list[str]:
    return [_word(korean, rng) for _ in range(count)]


def _telling(sentences: list[list[str]], target: int, rng: random.Random) -> list[str]:
    """Return words of one sentence which no other sentence holds together, or none if it has no such words."""
    words = list(dict.fromkeys(sentences[target]))
    rng.shuffle(words)
    for count in range(min(len(words), rng.randint(2, 4)), len(words) + 1):
        asked = set(words[:count])
        if not any(asked <= set(other) for index, other in enumerate(sentences) if index != target):
            return words[:count]
    return []


def _word(korean: bool, rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.12:
        return str(rng.randint(0, 10 ** rng.randint(1, 5)))
    if roll < 0.2:
        return (
            "".join(rng.choice("ABCDEFGHKLMNPQRSTUVXYZ0123456789-") for _ in range(rng.randint(2, 6))).strip("-") or "X"
        )
    if korean:
        return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(1, 4)))
    return made_up_word(korean=False, rng=rng)


def made_up_word(*, korean: bool, rng: random.Random) -> str:
    """Return a word of letters that means nothing."""
    if korean:
        return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 3)))
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.randint(1, 3)))
