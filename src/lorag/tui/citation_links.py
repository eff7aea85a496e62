"""Turn ``[n]`` in a streamed answer into links, however the stream is cut."""

import re
from typing import Final

from lorag.tui.visible import visible

SCHEME: Final = "cite:"

_MARK: Final = re.compile(r"\[(\d{1,4}(?:\s*[,–-]\s*\d{1,4})*)\](?!\()")
_QUOTE: Final = re.compile(r"\[\d{1,4}\] ")
"""How a line of a quoted answer begins."""
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_TICKS: Final = re.compile(r"(`+)")
_OPEN: Final = re.compile(r"(?:\[[\d ,–-]{0,40}\]?|[\x1b\r`~]+|\x1b[\[\]][^\x07a-zA-Z]{0,40})\Z")
"""The end of a piece of text that may yet become a mark, a fence or an escape sequence."""


class CitationLinker:
    """Rewrites one answer piece by piece; code is left alone."""

    def __init__(self) -> None:
        self._held = ""
        self._line = ""
        self._fence = ""

    def feed(self, text: str) -> str:
        """Return the Markdown that can be written now; an unfinished mark is held back."""
        text = self._held + text
        unfinished = _OPEN.search(text)
        self._held = unfinished.group() if unfinished else ""
        return self._rewrite(text[: len(text) - len(self._held)])

    def end(self) -> str:
        """Return what was held back."""
        rest, self._held = self._held, ""
        return self._rewrite(rest)

    def _rewrite(self, text: str) -> str:
        written = []
        for piece in re.findall(r"[^\n]*\n|[^\n]+", visible(text)):
            before, self._line = self._line, self._line + piece
            in_code = bool(self._fence) or _FENCE.match(self._line) is not None
            written.append(piece if in_code else _link_marks(piece, inside=_inside_code_span(before)))
            if piece.endswith("\n"):
                if not in_code and _QUOTE.match(self._line):
                    # Markdown would draw the next quote on the same line.
                    written[-1] = written[-1][:-1] + "  \n"
                self._end_line()
        return "".join(written)

    def _end_line(self) -> None:
        fence = _FENCE.match(self._line)
        if fence and not self._fence:
            self._fence = fence.group(1)
        elif fence and fence.group(1).startswith(self._fence) and not self._line.strip().strip("`~"):
            self._fence = ""
        self._line = ""


def link_citations(answer: str) -> str:
    """Return a whole answer with its marks as links."""
    linker = CitationLinker()
    return linker.feed(answer) + linker.end()


def _inside_code_span(before: str) -> bool:
    return len(_TICKS.findall(before)) % 2 == 1


def _link_marks(piece: str, *, inside: bool) -> str:
    """Link the marks of a part of a line, ``inside`` a code span at its beginning or not."""
    written = []
    for part in _TICKS.split(piece):
        if part.startswith("`"):
            inside = not inside
            written.append(part)
        else:
            written.append(part if inside else _MARK.sub(_link, part))
    return "".join(written)


def _link(mark: re.Match[str]) -> str:
    """Make each number of ``[1, 3]`` a link; the brackets of a single number belong to its link."""
    numbers = mark.group(1)
    if numbers.isdigit():
        return f"[\\[{numbers}\\]]({SCHEME}{numbers})"
    return "\\[" + re.sub(r"\d+", lambda number: f"[{number.group()}]({SCHEME}{number.group()})", numbers) + "\\]"
