"""Bytes of unknown encoding become text; Korean encodings are tried before the guess, which often mistakes them."""

import codecs
import re
from typing import TYPE_CHECKING, Final

from lorag.errors import DocumentError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch, CharsetMatches

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES: Final = 64 * 1024
_BINARY_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_HANGUL = re.compile(r"[가-힣]")
_READABLE = re.compile(r"[\w\s!-/:-@\[-`{-~]")
_WESTERN: Final = "cp1252"
_WESTERN_LANGUAGES: Final = frozenset(
    {"English", "French", "German", "Spanish", "Portuguese", "Italian", "Dutch", "Swedish", "Danish", "Norwegian"}
)
_SIGN_IN_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][¡-¿×÷][A-Za-zÀ-ÖØ-öø-ÿ]")
"""What the letters of eastern languages look like when they are read as western: ``Za³¹cznik`` for ``Załącznik``."""
_NOT_TEXT = "it is not text: the bytes are no text in any known encoding"


def decode(data: bytes, *, declared: str | None = None) -> str:
    """Return ``data`` as text: by its byte-order mark, the ``declared`` encoding, UTF-8, UTF-16, CP949, or a guess.

    A few broken characters become U+FFFD; DocumentError is raised when the bytes are not text.
    """
    text = _marked(data)
    if text is None:
        text = _declared(data, declared) or (_utf16(data) if _has_many_nulls(data) else _utf8(data))
    if text is None:
        text = _korean(data)
    if text is None:
        text = _guessed(data)
    if len(_BINARY_CONTROL.findall(text[:_SAMPLE_BYTES])) > len(text[:_SAMPLE_BYTES]) * 0.02:
        raise DocumentError(_NOT_TEXT)
    return text


def _marked(data: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    return None


def _has_many_nulls(data: bytes) -> bool:
    sample = data[:_SAMPLE_BYTES]
    return sample.count(0) * 20 > len(sample)


def _declared(data: bytes, declared: str | None) -> str | None:
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip()).name
        # What calls itself EUC-KR is nearly always its superset CP949.
        return data.decode("cp949" if name in {"euc_kr", "ks_c-5601-1987"} else name)
    except (LookupError, UnicodeError, ValueError):
        return None


def _utf8(data: bytes) -> str | None:
    """Decode UTF-8, with a broken byte now and then forgiven."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    wide = sum(byte >= 0xC0 for byte in data[:_SAMPLE_BYTES])
    broken = text[:_SAMPLE_BYTES].count("\ufffd")
    return text if broken * 8 <= wide else None


def _utf16(data: bytes) -> str | None:
    """Decode UTF-16 without a byte-order mark, in the byte order that gives the more readable text."""
    sample = data[: _SAMPLE_BYTES & ~1]
    best, best_share = None, 0.9
    for encoding in ("utf-16-le", "utf-16-be"):
        share = _readable_share(sample.decode(encoding, errors="replace"))
        if share > best_share:
            best, best_share = encoding, share
    return data.decode(best, errors="replace") if best else None


def _readable_share(text: str) -> float:
    """Return the share of ASCII, Hangul and white space: nearly all of a text, and little of one read in wrong order."""
    known = sum(character < "\u0250" or "가" <= character <= "힣" for character in text)
    nulls = text.count("\x00")
    return (known - 2 * nulls) / max(1, len(text))


def _korean(data: bytes) -> str | None:
    """Decode CP949 if that gives mostly common Hangul, which other encodings read as CP949 do not."""
    text = data.decode("cp949", errors="replace")
    sample = text[:_SAMPLE_BYTES]
    wide = sum(character >= "\x80" for character in sample)
    hangul = "".join(_HANGUL.findall(sample))
    common = len(hangul.encode("euc_kr", errors="ignore")) / 2
    if wide and common >= 0.7 * wide and sample.count("\ufffd") <= 0.02 * wide:
        return text
    return None


def _guessed(data: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - 30 ms that only unusual files should pay

    sample = data[:_SAMPLE_BYTES]
    encoding = _likeliest(from_bytes(sample))
    if encoding is None:
        raise DocumentError(_NOT_TEXT)
    text = data.decode(encoding, errors="replace")
    if len(_READABLE.findall(text[:4000])) < 0.7 * len(text[:4000]):
        raise DocumentError(_NOT_TEXT)
    return text


def _likeliest(guesses: "CharsetMatches") -> str | None:
    """Return the best guess; where French or Spanish would read as well in an eastern encoding, the western one."""
    best = guesses.best()
    if best is None:
        return None
    for guess in guesses:
        if guess.encoding == _WESTERN and guess.chaos <= best.chaos and _reads_as_western(guess, best):
            return _WESTERN
    return best.encoding


def _reads_as_western(guess: "CharsetMatch", best: "CharsetMatch") -> bool:
    """Tell whether a text is western by its language, or is too short to have one and shows no eastern letter."""
    if guess.language in _WESTERN_LANGUAGES:
        return True
    return best.language == "Unknown" and not _SIGN_IN_WORD.search(str(guess))
