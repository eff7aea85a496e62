"""What a text is searched by: Hangul and CJK as overlapping bigrams, Latin words stemmed, numbers whole.

Korean glues particles to nouns, so whole words rarely match; bigrams need no dictionary and rank nearly as well as
morphemes (docs/decisions/0013-terms.md has the figures).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, Protocol

import snowballstemmer

from lorag.retrieval.stopwords import content_terms, without_ending

_RUN = re.compile(
    r"(?P<hangul>[가-힣ㄱ-ㆎ]+)"
    r"|(?P<cjk>[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々〆]+)"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<word>(?:[^\W\d_가-힣ㄱ-ㆎ\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"(?:['’](?=[a-zA-Z]))?)+)"
)
_HANGUL = re.compile("[가-힣]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MOST_CACHED_RUNS = 200_000


class TermSplitter(Protocol):
    """Turns a text into the terms it is indexed and searched by."""

    @property
    def identity(self) -> str:
        """Name and version; a library indexed under another identity has to be indexed again."""
        ...

    def terms(self, text: str) -> list[str]:
        """Return the terms in order, repeats included; no term is empty or holds white space."""
        ...

    def question_terms(self, question: str) -> list[str]:
        """Return the distinct terms that a question is searched by; all of them when none carries content."""
        ...


def searchable_text(title: str, heading: Sequence[str], text: str) -> str:
    """Return what of a chunk is indexed by words and by meaning: its text led by where it stands."""
    return f"{title} › {' › '.join(heading)}\n{text}" if heading else f"{title}\n{text}"


class BigramSplitter:
    """The splitter that needs no dictionary."""

    identity: Final = "bigram-1"

    def __init__(self) -> None:
        self._stemmer = snowballstemmer.stemmer("english")
        self._cache: dict[str, tuple[str, ...]] = {}

    def __reduce__(self) -> tuple[type["BigramSplitter"], tuple[()]]:
        """Travel to another process without the cache."""
        return BigramSplitter, ()

    def terms(self, text: str) -> list[str]:
        """Return the terms of ``text``."""
        cache = self._cache
        found: list[str] = []
        for match in _RUN.finditer(unicodedata.normalize("NFC", text)):
            run = match.group()
            terms = cache.get(run)
            if terms is None:
                terms = self._split(run, match.lastgroup or "")
                if len(cache) >= _MOST_CACHED_RUNS:
                    cache.clear()
                cache[run] = terms
            found += terms
        return found

    def question_terms(self, question: str) -> list[str]:
        """Return the terms that carry content.

        Endings go, because a bigram of noun and particle is found only where the same particle follows.
        """
        left = self.terms(_HANGUL.sub(lambda run: without_ending(run.group()), question))
        return content_terms(left or self.terms(question))

    def _split(self, run: str, kind: str) -> tuple[str, ...]:
        plain = unicodedata.normalize("NFKC", run)
        if kind == "number":
            return tuple(_number_terms(plain))
        if kind == "word":
            return tuple(self._word_terms(plain))
        return tuple(plain[i : i + 2] for i in range(max(1, len(plain) - 1)))

    def _word_terms(self, word: str) -> list[str]:
        """Return the stem of a word, and for a ``camelCase`` name the stems of its parts as well."""
        humps = _HUMP.findall(word)
        # Humps that are not the whole word come from an apostrophe or an accent, not from capitals.
        parts = [word, *humps] if len(humps) > 1 and "".join(humps) == word else [word]
        return [self._stemmer.stemWord(part.replace("’", "'").lower()) for part in parts]


def _number_terms(number: str) -> list[str]:
    """Return ``1,000`` as 1000 and ``3.5`` whole; a list, date or version as each of its numbers."""
    if _THOUSANDS.fullmatch(number):
        return [number.replace(",", "")]
    if number.count(".") == 1 and "," not in number:
        return [number]
    return re.split("[.,]", number)
