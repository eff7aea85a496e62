"""reStructuredText: the text as it stands in the file, with the section titles found by their under- and overlines.

Docutils would build the whole document, follow includes and stop at unknown directives; the titles are all we need.
"""

import re

from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument, Heading
from lorag.documents.normalise import normalise, one_line
from lorag.documents.source import Source

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*$")


def read(source: Source) -> ExtractedDocument:
    """Return the text with its section titles."""
    text = normalise(decode(source.data))
    headings = _headings(text)
    title = headings[0].text if headings else ""
    return ExtractedDocument(text, title, "text/x.rst", headings, (), source_lines=True)


def _headings(text: str) -> tuple[Heading, ...]:
    lines = text.split("\n")
    headings: list[Heading] = []
    styles: list[tuple[str, bool]] = []
    offset = previous_offset = 0
    for index, line in enumerate(lines):
        if index and _is_title(lines[index - 1], line):
            overlined = index > 1 and lines[index - 2].rstrip() == line.rstrip()
            style = (line[0], overlined)
            if style not in styles:
                styles.append(style)  # the order in which styles first appear is the order of levels
            start = previous_offset - len(lines[index - 2]) - 1 if overlined else previous_offset
            headings.append(Heading(start, styles.index(style) + 1, one_line(lines[index - 1])))
        previous_offset, offset = offset, offset + len(line) + 1
    return tuple(headings)


def _is_title(title: str, underline: str) -> bool:
    title = title.rstrip()
    width = len(title) + sum(character >= "\u1100" for character in title)
    return (
        bool(title)
        and _ADORNMENT.match(underline) is not None
        and _ADORNMENT.match(title) is None
        and len(underline.rstrip()) >= min(width, len(title) + 1, 200) * 0.8
    )
