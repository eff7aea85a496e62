"""Sentences of English and Korean text with their exact positions; chunks and citations are made of them.

Every pattern here looks at a bounded stretch of text, so that the time is linear in the length whatever the text is.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end offsets, end exclusive."""

_TERMINATOR = re.compile(
    r"(?:(?<![.!?…])[.!?…]++|[。！？｡])(?P<closing>[\"'”’」』)\]]{0,8}+)(?=\s|$)|[。！？]",
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|al|Fig|No|Vol|Inc|Ltd|Co|Corp|approx|"
    r"[Mm]ax|(?<!\d\s)[Mm]in|[Tt]el|[Ee]xt|incl|excl|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|pp?|Art|Sec|Ch|U\.S|a\.m|p\.m)$"
)
_LONGEST_ABBREVIATION = 12
"""Characters looked at before a dot."""
_LIST_NUMBER = re.compile(r"^(?:[#*>-]{1,6} {1,3})?(?:\d{1,3}|[A-Za-z가-힣])$")
_ITEM_START = re.compile(
    r"\s*+(?:[-*+•·▪‣○●◦※]\s|\d{1,3}[.)]\s|[A-Za-z가-힣][.)]\s|#{1,6}\s|\||>|Q[.:]|A[.:]|①|②|③|④|⑤)"
)
_NEXT_CHARACTER = re.compile(r"\s*+(\S?)")
_NOT_BLANK = re.compile(r"\S")
_ROW_SEPARATOR = " | "
_WRAPPED_LINE_WIDTH = 50
_LONGEST_SENTENCE = 600
_SOFT_BREAK = re.compile(r"[;:,、]\s|\s")


def sentence_spans(text: str) -> list[Span]:
    """Return the spans of the sentences of ``text``: in order, not overlapping, none blank.

    A blank line always ends a sentence. A single line break ends one unless the paragraph is prose wrapped at a width,
    so list items, table rows and ``key: value`` lines stay apart. A row of cells (``a | b``) is one sentence.
    Longer than 600 characters is cut at a clause.
    """
    return [
        piece
        for line in _logical_lines(text)
        for sentence in _split_line(text, line)
        for piece in _split_long(text, sentence)
    ]


def split_sentences(text: str) -> list[str]:
    """Return the sentences of ``text`` as strings."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _logical_lines(text: str) -> Iterator[Span]:
    """Yield runs of text in which a line break, if any, is only a wrap."""
    start: int | None = None
    previous: Span = (0, 0)
    for line in _lines(text):
        blank = _NOT_BLANK.search(text, *line) is None
        if start is not None and (blank or not _is_wrapped(text, previous, line)):
            yield start, previous[1]
            start = None
        if not blank:
            start = line[0] if start is None else start
            previous = line
    if start is not None:
        yield start, previous[1]


def _lines(text: str) -> Iterator[Span]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def _is_wrapped(text: str, line: Span, following: Span) -> bool:
    """Tell whether the break between two lines is only a wrap of running prose."""
    first = text[line[0] : line[1]].rstrip()
    return (
        _display_width(first) >= _WRAPPED_LINE_WIDTH
        and not _ITEM_START.match(text, *following)
        and not first.endswith((":", "|", "\\"))
        and _ROW_SEPARATOR not in first
        and text.find(_ROW_SEPARATOR, *following) < 0
    )


def _display_width(line: str) -> int:
    """Return a terminal-like width: a CJK character is two columns."""
    if len(line) >= _WRAPPED_LINE_WIDTH or line.isascii():
        return len(line)
    return len(line) + sum(ord(character) >= 0x1100 for character in line)


def _split_line(text: str, line: Span) -> Iterator[Span]:
    start, end = _stripped(text, *line)
    if text.find(_ROW_SEPARATOR, start, end) < 0:
        for match in _TERMINATOR.finditer(text, start, end):
            if match.end() < end and _ends_sentence(text, start, match):
                yield _stripped(text, start, match.end())
                start, end = _stripped(text, match.end(), end)
    if start < end:
        yield start, end


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    """Tell an end of sentence from a dot in an abbreviation, an initial, a list number or before a lower-case word."""
    dot = match.start()
    if text[dot] != "." or text.startswith("..", dot):
        return True
    before = text[max(start, dot - _LONGEST_ABBREVIATION) : dot]
    if _ABBREVIATION.search(before) or (dot - start <= _LONGEST_ABBREVIATION and _LIST_NUMBER.match(before)):
        return False
    following = _NEXT_CHARACTER.match(text, match.end())
    return following is None or not following[1].islower()


def _split_long(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    while end - start > _LONGEST_SENTENCE:
        window = range(start + _LONGEST_SENTENCE // 2, start + _LONGEST_SENTENCE)
        breaks = [match.end() for match in _SOFT_BREAK.finditer(text, window.start, window.stop)]
        cut = breaks[-1] if breaks else window.stop
        yield _stripped(text, start, cut)
        start, end = _stripped(text, cut, end)
    if start < end:
        yield start, end


def _stripped(text: str, start: int, end: int) -> Span:
    """Narrow a span so that it neither starts nor ends with white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
