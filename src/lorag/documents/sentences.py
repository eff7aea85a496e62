"""Sentences of English and Korean text with their exact positions; chunks and citations are made of them."""

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end offsets, end exclusive."""

_TERMINATOR = re.compile(r"(?:[.!?…]+|[。！？｡])[\"'”’」』)\]]*(?=\s|$)|[。！？]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|al|Fig|No|Vol|Inc|Ltd|Co|Corp|approx|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|pp?|Art|Sec|Ch|U\.S|a\.m|p\.m)$"
)
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,3}|[A-Za-z가-힣])$")
_ITEM_START = re.compile(r"\s*(?:[-*+•·▪‣○●◦※]\s|\d{1,3}[.)]\s|[A-Za-z가-힣][.)]\s|#{1,6}\s|\||>|Q[.:]|A[.:]|①|②|③|④|⑤)")
_WRAPPED_LINE_WIDTH = 50
_LONGEST_SENTENCE = 600
_SOFT_BREAK = re.compile(r"[;:,、]\s|\s")


def sentence_spans(text: str) -> list[Span]:
    """Return the spans of the sentences of ``text``: in order, not overlapping, none blank.

    A blank line always ends a sentence. A single line break ends one unless the paragraph is prose wrapped at a width,
    so list items, table rows and ``key: value`` lines stay apart. Longer than 600 characters is cut at a clause.
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
    for paragraph in re.finditer(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*", text):
        lines = [
            (paragraph.start() + match.start(), paragraph.start() + match.end())
            for match in re.finditer(r"[^\n]+", paragraph.group())
        ]
        start = lines[0][0]
        for line, following in zip(lines, lines[1:], strict=False):
            if not _is_wrapped(text, line, following):
                yield start, line[1]
                start = following[0]
        yield start, lines[-1][1]


def _is_wrapped(text: str, line: Span, following: Span) -> bool:
    """Tell whether the break between two lines is only a wrap of running prose."""
    first = text[line[0] : line[1]].rstrip()
    return (
        _display_width(first) >= _WRAPPED_LINE_WIDTH
        and not _ITEM_START.match(text, *following)
        and not first.endswith((":", "|", "\\"))
    )


def _display_width(line: str) -> int:
    """Return a terminal-like width: a CJK character is two columns."""
    return len(line) + sum(ord(character) >= 0x1100 for character in line)


def _split_line(text: str, line: Span) -> Iterator[Span]:
    start, end = _stripped(text, *line)
    for match in _TERMINATOR.finditer(text, start, end):
        if match.end() < end and _ends_sentence(text, start, match):
            yield _stripped(text, start, match.end())
            start, end = _stripped(text, match.end(), end)
    if start < end:
        yield start, end


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    """Tell an end of sentence from a dot in an abbreviation, an initial, a list number or before a lower-case word."""
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    before = text[start : match.start()]
    if _ABBREVIATION.search(before) or _LIST_NUMBER.match(before):
        return False
    following = text[match.end() :].lstrip()[:1]
    return not following.islower()


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
