"""Printing for people: foreign text made harmless, one status line, sources as one line each."""

import json
import re
import sys
from typing import Final, TextIO

from lorag.chat.events import Citation
from lorag.commands.words import Words
from lorag.retrieval.passages import Passage

_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_LONGEST_QUOTE: Final = 200


def harmless(text: str) -> str:
    """Return foreign text without anything that would move the cursor, colour the screen or turn its direction."""
    return _UNSEEN.sub("", _ESCAPES.sub("", text))


def harmless_line(text: str) -> str:
    """Return foreign text on one line."""
    return " ".join(harmless(text).split())


def harmless_json(value: object, stream: TextIO, *, one_line: bool = False) -> str:
    """Return JSON that loses nothing and still holds no character a terminal would obey."""
    plain = (stream.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(value, ensure_ascii=plain, indent=None if one_line else 2)
    return _UNSEEN.sub(lambda match: match.group() if match.group() in "\n\t" else f"\\u{ord(match.group()):04x}", text)


def shown_size(count: int) -> str:
    """Return a number of bytes as people write it."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.{0 if count >= 1e7 else 1}f} MB"


def never_fail_on_encoding() -> None:
    """Print what a terminal's encoding cannot show as a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def place_of(passage: Passage, first: int | None, last: int | None, words: Words) -> str:
    """Return where something stands: ``leave-policy.md › Annual leave, lines 12-14``."""
    place = " › ".join(harmless_line(part) for part in (passage.path.name, *passage.heading))
    if passage.page is not None:
        place += f", {words.say('page', page=passage.page)}"
    elif first is not None:
        key = "line" if last in (None, first) else "lines"
        place += f", {words.say(key, first=first, last=last)}"
    return place


def source_line(citation: Citation, words: Words, *, quoted: bool = False) -> str:
    """Return one line for one citation: number, place, whether the words were found there, the sentence.

    Where the answer itself is ``quoted``, the sentence has just been read.
    """
    place = place_of(citation.passage, citation.line_start, citation.line_end, words)
    verdict = "✓" if citation.verified else f"✗ {words.say('unverified')}:"
    line = f"[{citation.n}] {place} {verdict}"
    if quoted and citation.verified:
        return line
    quote = harmless_line(citation.quote)
    if len(quote) > _LONGEST_QUOTE:
        quote = quote[: _LONGEST_QUOTE - 1].rstrip() + "…"
    return f'{line} "{quote}"'


class StatusLine:
    """One line on stderr that says what is going on; silent when nobody watches."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._enabled = stream.isatty()
        self._shown = False

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._enabled:
            self._stream.write(f"\r\x1b[2K{text[:100]}")
            self._stream.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._shown = False
