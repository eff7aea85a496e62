"""How well a text holds an answer: the numbers must be there, and the words, however they are inflected."""

import re
from typing import Final

from rapidfuzz import fuzz

SUPPORTED: Final = 70.0
"""From this support on, of 100, a text holds an answer; measured on answers that rephrase their source."""
_SHORTEST: Final = 2
_FEWEST_WORDS: Final = 3
"""A text holds fewer words than this by chance, so they prove nothing."""
_AMOUNT: Final = re.compile(r"(\d+(?:[.,:]\d+)*)(?:(천만|백만|만)(?:\s?(\d)천)?|(천))?")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_UNITS: Final = {"천": 1_000, "만": 10_000, "백만": 1_000_000, "천만": 10_000_000}
_WORD: Final = re.compile(r"[^\W\d_]+")
_STEM: Final = 2
"""Syllables of a Korean word that particles and endings leave as they are."""
_SAYS_NOTHING: Final = frozenset(
    [
        "고객",
        "죄송",
        "감사",
        "안녕",
        "드립",
        "드릴",
        "드리",
        "있습",
        "없습",
        "않습",
        "않은",
        "않고",
        "하지",
        "되지",
        "됩니",
        "합니",
        "입니",
        "주세",
        "해서",
        "대해",
        "그리",
        "하지만",
    ]
)
"""Beginnings of words that polite answers share whatever they are about."""


def support(answer: str, text: str) -> float:
    """Return how well a text holds an answer, 0 to 100; a number that it does not hold cannot come from it."""
    said, found = " ".join(answer.split()).lower(), " ".join(text.split()).lower()
    if min(len(said), len(found)) < _SHORTEST or numbers(said) - numbers(found):
        return 0.0
    return closeness(said, found)


def closeness(answer: str, text: str) -> float:
    """Return how much of the shorter text stands in the other, or of the Korean words of the answer; 0 to 100."""
    said, found = answer.lower(), text.lower()
    return max(fuzz.token_set_ratio(said, found), fuzz.partial_ratio(said, found), _held_words(said, found))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of a text, written one way: ``40,000`` and ``4만`` are the same."""
    return frozenset(_plain(match) for match in _AMOUNT.finditer(text))


def _plain(match: re.Match[str]) -> str:
    digits, unit, thousands, alone = match.groups()
    digits = _THOUSANDS.sub("", digits)
    factor = _UNITS.get(unit or alone or "")
    if factor is None or not digits.replace(".", "", 1).isdigit():
        return digits
    return f"{float(digits) * factor + int(thousands or 0) * _UNITS['천']:.0f}"


def _held_words(said: str, found: str) -> float:
    """Return the share of the answer's Korean words whose beginning stands in the text, 0 when there are few.

    A rephrased answer keeps the beginnings of its words: 환불해 드립니다, 환불은, 환불됩니다.
    """
    beginnings = {
        word[:_STEM] for word in _WORD.findall(said) if len(word) >= _STEM and "가" <= word[0] <= "힣"
    } - _SAYS_NOTHING  # fmt: skip
    if len(beginnings) < _FEWEST_WORDS:
        return 0.0
    return 100 * sum(beginning in found for beginning in beginnings) / len(beginnings)
