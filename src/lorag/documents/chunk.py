"""Cuts a document into chunks of about equal length that end with a sentence and stay under one heading on one page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lorag.documents.model import Chunk, ExtractedDocument
from lorag.documents.sections import Section, sections
from lorag.documents.sentences import Span, sentence_spans
from lorag.documents.tables import SEPARATOR
from lorag.documents.tokens import estimate_tokens

CHUNKER_ID: Final = "sections-1"
"""Changes whenever the same file would give other chunks."""

CODE_MEDIA_PREFIX: Final = "text/x-"
"""Media types that begin so are cut at lines and blank lines instead of sentences."""

_CODE_LINE = re.compile(r"\S[^\n]*")
_MID_PARAGRAPH_COST: Final = 0.15


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is not cut: a sentence, a row of a table or a line of code."""

    start: int
    end: int
    n_tokens: int
    advance: int
    """Tokens up to the start of the next unit."""
    ends_paragraph: bool


@dataclass(frozen=True, slots=True)
class _Sizes:
    least: int
    target: int
    most: int


def chunk_document(document: ExtractedDocument, *, target_tokens: int) -> list[Chunk]:
    """Return the chunks of a document: in order, not overlapping, and covering all but white space.

    A chunk has between 2/3 and 4/3 of ``target_tokens`` unless the section it stands in is shorter.
    """
    sizes = _Sizes(target_tokens * 2 // 3, target_tokens, max(1, target_tokens * 4 // 3))
    chunks: list[Chunk] = []
    line, counted_to = 1, 0
    for section in sections(document):
        for start, end in _section_spans(document, section, sizes):
            line += document.text.count("\n", counted_to, start)
            line_end = line + document.text.count("\n", start, end)
            text = document.text[start:end]
            chunks.append(
                Chunk(
                    ordinal=len(chunks),
                    text=text,
                    start=start,
                    end=end,
                    heading=section.heading,
                    page=section.page,
                    line_start=line if document.source_lines else None,
                    line_end=line_end if document.source_lines else None,
                    n_tokens=estimate_tokens(text),
                )
            )
            line, counted_to = line_end, end
    return chunks


def _section_spans(document: ExtractedDocument, section: Section, sizes: _Sizes) -> Iterator[Span]:
    """Yield the spans of a section's chunks, as equal in length as its units allow."""
    units = _units(document, section, sizes)
    remaining = sum(unit.advance for unit in units)
    first = 0
    while first < len(units):
        last = _last_unit(units, first, remaining, sizes)
        yield units[first].start, units[last].end
        remaining -= sum(unit.advance for unit in units[first : last + 1])
        first = last + 1


def _last_unit(units: Sequence[_Unit], first: int, remaining: int, sizes: _Sizes) -> int:
    """Return the index of the unit that best ends the chunk beginning at ``first``."""
    n_chunks = max(-(-remaining // sizes.most), round(remaining / sizes.target), 1)
    share = remaining / n_chunks
    best, best_cost = first, float("inf")
    before = 0
    for index in range(first, len(units)):
        unit = units[index]
        length = before + unit.n_tokens
        if length > sizes.most:
            break
        before += unit.advance
        too_short = length < sizes.least or 0 < remaining - before < sizes.least
        cost = abs(length - share) / share + _MID_PARAGRAPH_COST * (not unit.ends_paragraph) + too_short
        if cost < best_cost and (n_chunks > 1 or index == len(units) - 1):
            best, best_cost = index, cost
    return best


def _units(document: ExtractedDocument, section: Section, sizes: _Sizes) -> list[_Unit]:
    text = document.text[section.start : section.end]
    spans = _code_lines(text) if document.media_type.startswith(CODE_MEDIA_PREFIX) else _sentences_and_rows(text, sizes)
    cut = [piece for span in spans for piece in _cut_to_fit(text, span, sizes)]
    starts = [start for start, _ in cut] + [len(text)]
    return [
        _Unit(
            section.start + start,
            section.start + end,
            estimate_tokens(text[start:end]),
            estimate_tokens(text[start:following]),
            text.count("\n", end, following) > 1,
        )
        for (start, end), (_, following) in zip(cut, pairwise(starts), strict=True)
    ]


def _code_lines(text: str) -> Iterator[Span]:
    return (match.span() for match in _CODE_LINE.finditer(text))


def _sentences_and_rows(text: str, sizes: _Sizes) -> list[Span]:
    """Return the sentences of ``text``, with the pieces of a long row of cells put together again."""
    units: list[Span] = []
    for start, end in sentence_spans(text):
        if units and "\n" not in text[units[-1][1] : start]:
            row = text[units[-1][0] : end]
            if SEPARATOR in row and estimate_tokens(row) <= sizes.most:
                units[-1] = (units[-1][0], end)
                continue
        units.append((start, end))
    return units


def _cut_to_fit(text: str, span: Span, sizes: _Sizes) -> Iterator[Span]:
    """Yield ``span``, or pieces of it when it is longer than a chunk may be."""
    start, end = span
    n_tokens = estimate_tokens(text[start:end])
    if n_tokens <= sizes.most:
        yield span
        return
    step = max(1, sizes.most)  # no character costs more than one token
    for piece in range(start, end, step):
        if not text[piece : min(piece + step, end)].isspace():
            yield piece, min(piece + step, end)
