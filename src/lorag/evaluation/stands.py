"""Whether a text holds a stretch of words or a figure: whole, and not as a part of another one."""

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lorag.evaluation.plain_text import plain, without_articles

_SPACED: Final = "a-zÀ-ɏͰ-ϿЀ-ӿ"
"""Letters of scripts that put spaces between words; Korean hangs particles on its words and varies its spaces."""
_NUMERALS: Final = "일이삼사오육칠팔구십백천만억"
_GOES_ON: Final = {"개": "월", "시": "간", "분": "기", "주": "년", **dict.fromkeys("십백천만억", "[십백천만억]")}
"""Units behind a figure that another letter makes another unit: 3개 (three pieces) and 3개월 (three months)."""
_PIECE: Final = re.compile(rf"\d+(?:,\d{{3}})*(?:\.\d+)*|[{_SPACED}]+|[^\W\d_{_SPACED}]+|\s+")
_ARTICLE: Final = r"(?:(?:a|an|the)[\W_]+)?"


def stands_in(text: str, wanted: str) -> bool:
    """Tell whether a text holds what is wanted, whatever the case, the punctuation and Korean spacing.

    A figure is held only as a whole (5 is neither in 15 nor in 1,500), a word only from its beginning to its end; Korean
    words may have particles behind them.
    """
    pattern = _pattern(wanted)
    return pattern is not None and pattern.search(plain(text)) is not None


@lru_cache(maxsize=4096)
def _pattern(wanted: str) -> re.Pattern[str] | None:
    whole = plain(wanted)
    pieces = _pieces(without_articles(whole)) or _pieces(whole)
    if not pieces:
        return None
    return re.compile(_before(pieces[0]) + "".join(_body(pieces)) + _after(pieces))


def _pieces(text: str) -> list[str]:
    """Return figures and words, and the spaces between them."""
    pieces = _PIECE.findall(text)
    inner = [index for index, piece in enumerate(pieces) if not piece.isspace()]
    return pieces[inner[0] : inner[-1] + 1] if inner else []


def _body(pieces: list[str]) -> Iterator[str]:
    words = [piece for piece in pieces if not piece.isspace()]
    spaced = [before.isspace() for before, piece in itertools.pairwise(pieces) if not piece.isspace()]
    yield _letters(words[0])
    for previous, word, space in zip(words, words[1:], spaced, strict=False):
        yield _between(previous, word, space=space) + _letters(word)


def _between(previous: str, word: str, *, space: bool) -> str:
    """Return what may stand between two words: anything but letters, and a space where Latin words and figures had one."""
    if not space:
        return r"[\W_]*"
    alike = (previous[-1].isdigit() and word[0].isdigit()) or (_is_spaced(previous[-1]) and _is_spaced(word[0]))
    return (r"[\W_]+" if alike else r"[\W_]*") + _ARTICLE


def _letters(piece: str) -> str:
    if piece[0].isdigit():
        return ",?".join(re.escape(digit) for digit in piece.replace(",", ""))
    # Hyphens come and go inside a Latin word, spaces inside a Korean one.
    gap = r"[^\w\s]*" if _is_spaced(piece[0]) else r"[\W_]*"
    return gap.join(map(re.escape, piece))


def _is_spaced(letter: str) -> bool:
    return re.match(f"[{_SPACED}]", letter) is not None


def _before(piece: str) -> str:
    if piece[0].isdigit():
        return r"(?<!\d)(?<!\d[.,:])"
    if _is_spaced(piece[0]):
        return f"(?<![{_SPACED}])"
    if len(piece) == 1:
        return "(?<![가-힣])"
    return f"(?<![{_NUMERALS}])" if piece[0] in _NUMERALS else ""


def _after(pieces: list[str]) -> str:
    last = pieces[-1]
    if last[-1].isdigit():
        return r"(?!\d)(?![.,:]\d)"
    if _is_spaced(last[-1]):
        return f"(?![{_SPACED}])"
    is_unit = len(last) == 1 and any(piece[0].isdigit() for piece in pieces[:-1])
    return f"(?!{_GOES_ON[last]})" if is_unit and last in _GOES_ON else ""
