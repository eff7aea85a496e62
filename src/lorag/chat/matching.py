"""Whether words of an answer stand in a sentence of a document: exactly, or nearly and with the same numbers."""

import re
import unicodedata
from typing import Final

from rapidfuzz import fuzz

_LEAST_SIMILARITY: Final = 80.0
"""Of 100; below it a paraphrase is too far from the sentence to vouch for it."""
_LEAST_WORD_SIMILARITY: Final = 75.0
"""Of 100; above it two words are forms of one."""
_LEAST_SHARE_OF_WORDS: Final = 0.8

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|cannot|unless|except)\b|n['’]t\b|않|없|못|아니|말아|말 것|금지|제외|\b안 "
)


def stands_in(claim: str, sentence: str) -> bool:
    """Tell whether the words of ``claim`` stand in ``sentence`` (or the whole sentence in the claim).

    A near match must not differ in its numbers or in being negated: "20 days" is close to "15 days" in letters only.
    """
    claim, sentence = _plain(claim), _plain(sentence)
    claimed, said = _tokens(claim), _tokens(sentence)
    if not claimed or not said:
        return False
    if _contains(said, claimed) or _contains(claimed, said):
        return True
    if not _numbers(claimed) <= _numbers(said) or bool(_NEGATION.search(claim)) != bool(_NEGATION.search(sentence)):
        return False
    if len(claimed) < 2 or _share_of_words(claimed, said) < _LEAST_SHARE_OF_WORDS:
        return False
    return _similarity(" ".join(claimed), " ".join(said)) >= _LEAST_SIMILARITY


def _share_of_words(claimed: list[str], said: list[str]) -> float:
    """Return the share of the claim's words that stand in the sentence in some form."""
    found = sum(any(fuzz.ratio(word, other) >= _LEAST_WORD_SIMILARITY for other in said) for word in claimed)
    return found / len(claimed)


def _similarity(claim: str, sentence: str) -> float:
    """Return how alike the claim and the stretch of the sentence it is most like are, 0 to 100."""
    found = fuzz.partial_ratio_alignment(claim, sentence)
    if found is None or len(claim) > len(sentence):
        return fuzz.ratio(claim, sentence)
    # A stretch as long as the claim: rapidfuzz may choose a shorter one, which would excuse the claim's last words.
    start = min(found.dest_start, len(sentence) - len(claim))
    return fuzz.ratio(claim, sentence[start : start + len(claim)])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _tokens(text: str) -> list[str]:
    return [token.replace(",", "") if token[0].isdigit() else token for token in _TOKEN.findall(text)]


def _numbers(tokens: list[str]) -> set[str]:
    return {token for token in tokens if token[0].isdigit()}


def _contains(tokens: list[str], part: list[str]) -> bool:
    """Tell whether ``part`` is a run of ``tokens``; Korean may be spaced differently, numbers never touch others."""
    if any(tokens[index : index + len(part)] == part for index in range(len(tokens) - len(part) + 1)):
        return True
    joined = _unspaced(part)
    return len(joined) > 1 and bool(_HANGUL.search(joined)) and joined in _unspaced(tokens)


def _unspaced(tokens: list[str]) -> str:
    return "".join(f"<{token}>" if token[0].isdigit() else token for token in tokens)
