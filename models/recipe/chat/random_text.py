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


def random_gold(rng: random.Random) -> Gold:
    """Return a few nonsense sentences and a question that repeats words of one of them."""
    korean = rng.random() < 0.5
    sentences = [[_word(korean, rng) for _ in range(rng.randint(3, 11))] for _ in range(rng.randint(2, 6))]
    target = rng.randrange(len(sentences))
    asked = rng.sample(sentences[target], min(len(sentences[target]), rng.randint(2, 4)))
    question = " ".join(asked) + rng.choice(("?", "", "에 대해 알려줘" if korean else " please?"))
    texts = tuple(" ".join(words).capitalize() + rng.choice((".", ".", "")) for words in sentences)
    return Gold(question, _word(korean, rng), texts, (target,), "random", "random")


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
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.randint(1, 3)))
