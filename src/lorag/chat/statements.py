"""Which sentences can answer: a question, a heading or a row of column names shares the words of what is asked, and tells nothing."""

import re
from typing import Final, Literal

from lorag.documents.tables import SEPARATOR
from lorag.retrieval.passages import Passage

SentenceKind = Literal["statement", "question", "heading", "names"]
"""Names are those of a table's columns."""

_MARKDOWN: Final = {".md", ".markdown"}
"""Elsewhere ``#`` may begin a comment, which can answer."""
_BRACKETED: Final = re.compile(r"\[[^\[\]]{1,40}\]|【[^【】]{1,40}】|<[^<>]{1,40}>|〈[^〈〉]{1,40}〉|《[^《》]{1,40}》")
_CLOSING: Final = "*_\"'”’」』)]】 "
_UNDERLINES: Final = "=-~^"
_ENDS: Final = (".", "!", ",", ":", ";", "。")
_NUMBERED: Final = re.compile(r"(?:\d{1,2}[.)]|\d{1,2}(?:\.\d{1,2})+\.?|[A-Z가-하][.)])\s+(?=\S)")
_LONGEST_TITLE: Final = 40
_PREDICATE: Final = re.compile(r"(?:[다요오음함됨임]|\s것)[\W_]*$")
"""How Korean sentences end, and the notes that leave their verb a noun."""


def kind_of(passage: Passage, start: int, end: int) -> SentenceKind:
    """Return what the sentence from ``start`` to ``end`` (offsets in the passage's text) is."""
    text = passage.text[start:end].strip()
    if is_question(text):
        return "question"
    below = _line_after(passage.text, end)
    marked = passage.path.suffix.lower() in _MARKDOWN and text.startswith("#")
    # A rule below a whole sentence parts it from what follows.
    underlined = _is_underline(below) and not text.endswith(_ENDS)
    if marked or underlined or _BRACKETED.fullmatch(text) or _is_numbered_title(passage.text, start, end):
        return "heading"
    return "names" if _holds_names(text, below) else "statement"


def is_question(text: str) -> bool:
    """Tell whether a sentence ends in a question mark, within whatever marks."""
    return text.rstrip(_CLOSING).endswith(("?", "？"))


def row_name(text: str) -> str:
    """Return what is in the first cell of a row of cells, its column's name left out; nothing if it is no row."""
    cells = [cell.strip() for cell in text.strip().strip("|").split(SEPARATOR)]
    return cells[0].rpartition(": ")[2] if len(cells) > 1 else ""


def _is_numbered_title(text: str, start: int, end: int) -> bool:
    """Tell whether a line is a title with a number, as in a plain text: ``3. Leave``, and no item of a list."""
    line = text[start:end].strip()
    numbered = _NUMBERED.match(line)
    if numbered is None or len(line) > _LONGEST_TITLE or line.endswith(_ENDS) or _PREDICATE.search(line):
        return False
    above, below = text[:start], text[end:]
    told = below.strip().partition("\n")[0]
    alone = below.lstrip(" \t").startswith("\n") if told else above.endswith("\n\n")
    # Items follow each other; the last one has another above it.
    return alone and not any(map(_NUMBERED.match, (told, above.rstrip().rpartition("\n")[2].strip())))


def _line_after(text: str, end: int) -> str:
    """Return the line below a sentence, nothing if more follows on its own line."""
    rest, _, after = text[end:].partition("\n")
    return "" if rest.strip() else after.partition("\n")[0].strip()


def _is_underline(line: str) -> bool:
    return len(line) >= 3 and line[0] in _UNDERLINES and not line.strip(line[0])


def _holds_names(row: str, below: str) -> bool:
    """Tell whether ``row`` holds the column names of a table: a rule is below it, or cells that begin with them."""
    if "|" in row and "-" in below and "|" in below and not below.strip("|:- \t"):
        return True
    names = {f"{name.strip().rstrip(':')}:" for name in row.split(SEPARATOR)}
    cells = below.split(SEPARATOR)
    return len(names) > 1 and all(any(cell.startswith(name) for name in names) for cell in cells)
