"""Tells what answers a question although it is not the passage that was taken for it: such a passage does not mislead."""

import re
from collections.abc import Collection
from typing import Final

from chat.pools import Gold, language_of_sentences
from lorag.chat import definitions
from lorag.chat.definitions import asked_term

_FEWEST_LETTERS: Final = 20
"""A shorter text may stand within another by chance."""
_WORD: Final = re.compile(r"\w+")
_NAMELESS: Final = frozenset({"index", "readme", "ko", "en", "knowledge", "dev", "train"})
"""Files that are named after what they are and not after what they are about."""


def repeats(sentence: str, wanted: Collection[str]) -> bool:
    """Tell whether a sentence holds what a wanted one says, or the other way round (``Thai House: …``, ``tar (…)``)."""
    said = _letters(sentence)
    return any(_holds(said, answer) or _holds(answer, said) for answer in map(_letters, wanted))


def defines(sentence: str, question: str) -> bool:
    """Tell whether a sentence says what something is, where the question asks for just that (``- fuel cell: …``)."""
    term = asked_term(question)
    return bool(term) and definitions.defines(sentence, term)


def is_edition(gold: Gold, other: Gold) -> bool:
    """Tell whether ``other`` is from the same page as ``gold``, in its other language or for another system."""
    name = _page(gold.doc)
    if not name or name != _page(other.doc):
        return False
    return gold.doc != other.doc or language_of_sentences(gold.sentences) != language_of_sentences(other.sentences)


def _page(doc: str) -> str:
    stem = doc.split("#")[0].rsplit("/", 1)[-1].split(".")[0].casefold()
    return "" if stem in _NAMELESS or stem.isdecimal() else stem


def _holds(text: str, part: str) -> bool:
    return part in text if len(part) >= _FEWEST_LETTERS else text.endswith(part)


def _letters(text: str) -> str:
    """Return a text without marks and case, its words apart by single spaces and between two."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
