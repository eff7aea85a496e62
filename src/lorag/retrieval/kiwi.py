"""Korean by morphemes: a little better than bigrams, for a large dictionary and half a gigabyte of memory."""

import unicodedata
from typing import TYPE_CHECKING, Final

from lorag.errors import UsageError
from lorag.retrieval.stopwords import content_terms
from lorag.retrieval.terms import BigramSplitter

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

_CONTENT_TAGS = ("N", "V", "XR", "MAG", "MM")
"""Nouns, verbs, roots, adverbs and determiners carry meaning; particles, endings and affixes do not."""
_EMPTY_TAGS = frozenset({"VX", "VCP", "VCN"})
_FOREIGN_TAGS = ("SL", "SH", "SN", "W_")


class KiwiSplitter:
    """Content morphemes of Korean; everything else as ``BigramSplitter`` splits it."""

    identity: Final = "kiwi-1"

    def __init__(self) -> None:
        self._other = BigramSplitter()
        self._kiwi: Kiwi | None = None

    def __reduce__(self) -> tuple[type["KiwiSplitter"], tuple[()]]:
        """Travel to another process without the dictionary."""
        return KiwiSplitter, ()

    def terms(self, text: str) -> list[str]:
        """Return the terms of ``text``."""
        if self._kiwi is None:
            self._kiwi = _load()
        found: list[str] = []
        for token in self._kiwi.tokenize(unicodedata.normalize("NFC", text)):
            tag = str(token.tag)
            if tag.startswith(_FOREIGN_TAGS):
                found += self._other.terms(token.form)
            elif tag.startswith(_CONTENT_TAGS) and tag not in _EMPTY_TAGS:
                found.append(token.form.replace(" ", ""))
        return found

    def question_terms(self, question: str) -> list[str]:
        """Return the terms that carry content; endings are no terms here."""
        return content_terms(self.terms(question))


def _load() -> "Kiwi":
    try:
        from kiwipiepy import Kiwi  # noqa: PLC0415 - an extra that takes seconds and half a gigabyte to load
    except ImportError as error:
        raise UsageError(
            "the setting tokenizer = kiwi needs the package kiwipiepy; install it with: pip install 'lorag[kiwi]'"
        ) from error
    return Kiwi()
