"""Markdown: the text as it stands in the file, with the headings a CommonMark parser finds in it."""

import re
from itertools import accumulate

from markdown_it import MarkdownIt

from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument, Heading
from lorag.documents.normalise import normalise, one_line
from lorag.documents.source import Source

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[^\n]*\n){0,200}?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_FRONT_MATTER_TITLE = re.compile(r"^title:[ \t]*['\"]?([^\n]*?)['\"]?[ \t]*$", re.MULTILINE)
_HEADING_MARKS = re.compile(r"^\s*#{1,6}\s+|\s+#+\s*$")
_INLINE_MARKS = re.compile(r"\*\*|__|`|!?\[([^\]]{0,200})\]\([^)]{0,500}\)")


def read(source: Source) -> ExtractedDocument:
    """Return the Markdown text with its headings."""
    return document_from(normalise(decode(source.data)))


def document_from(text: str) -> ExtractedDocument:
    """Return Markdown text that is already normalised as a document."""
    front = _FRONT_MATTER.match(text)
    title = _FRONT_MATTER_TITLE.search(text, 0, front.end()) if front else None
    body = "\n" * text.count("\n", 0, front.end()) + text[front.end() :] if front else text
    headings = _headings(text, body)
    shown = one_line(title[1]) if title else next((heading.text for heading in headings if heading.level == 1), "")
    return ExtractedDocument(text, shown, "text/markdown", headings, (), source_lines=True)


def _headings(text: str, body: str) -> tuple[Heading, ...]:
    """Return the headings of ``body``, with offsets in ``text``, whose lines it shares."""
    parser = MarkdownIt("commonmark")
    parser.disable("inline")  # only blocks are needed, and inline parsing is most of the time
    lines = text.split("\n")
    offsets = list(accumulate((len(line) + 1 for line in lines), initial=0))
    return tuple(
        Heading(offsets[token.map[0]], int(token.tag[1:]), _plain(lines[token.map[0]]))
        for token in parser.parse(body)
        if token.type == "heading_open" and token.map is not None and token.level == 0 and _plain(lines[token.map[0]])
    )


def _plain(line: str) -> str:
    """Return a heading's line without its marks."""
    return one_line(_INLINE_MARKS.sub(r"\1", _HEADING_MARKS.sub("", line)))
