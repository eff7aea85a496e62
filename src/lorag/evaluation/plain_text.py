"""Texts brought into one form, so that they can be compared."""

import re
import unicodedata
from typing import Final

_CITATION: Final = re.compile(r"\[\d+(?:\s*[,\-–]\s*\d+)*\]")
_ARTICLES: Final = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION: Final = re.compile(r"[^\w\s]|_")


def without_citations(text: str) -> str:
    """Return a text without its ``[n]``."""
    return _CITATION.sub(" ", text)


def without_articles(text: str) -> str:
    """Return a text in lower case without English articles."""
    return _ARTICLES.sub(" ", text)


def plain(text: str) -> str:
    """Return a text in one form of Unicode and in lower case, without its citations."""
    return without_citations(unicodedata.normalize("NFC", text)).lower()


def normalised(text: str) -> str:
    """Return a text for comparison as SQuAD 1.1 does: lower case; no punctuation, then no articles, then single spaces.

    Punctuation leaves no gap ("3,000" is "3000"); citations go first, and signs that SQuAD does not know go too.
    """
    return " ".join(without_articles(_PUNCTUATION.sub("", plain(text))).split())
