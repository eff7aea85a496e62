"""One form for all text: NFC, ``\\n`` line ends, and no character that cannot be seen but can mislead."""

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_LINE_END = re.compile(r"\r\n?")
_INVISIBLE = re.compile(
    # Controls but tab and line feed, soft hyphen, zero-width space, directional marks, byte-order mark, the
    # non-characters PDF readers emit, and the tag block, which can carry a hidden message.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\U000e0000-\U000e007f]"
)
_SEPARATOR = re.compile("[\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return ``text`` in the one form that documents have; the number of ``\\n``-ended lines is that of the input."""
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    if "\x1b" in text:
        text = _ESCAPE_SEQUENCE.sub("", text)
    text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", _SEPARATOR.sub(" ", text))
        text = unicodedata.normalize("NFC", text)
    return text


def one_line(text: str) -> str:
    """Return ``text`` normalised on a single line, with single spaces."""
    return _SPACES.sub(" ", normalise(text)).strip()
