"""FAQ pages: definition lists, tables of two columns, foldable details, and headings that are questions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

from lorag.documents.normalise import one_line
from lorag.tuning.columns import ANSWER_NAMES, QUESTION_NAMES, is_question, without_mark
from lorag.tuning.examples import Finding, Origin, Row

_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_HIDDEN: Final = ("script", "style", "nav", "header", "footer", "form", "template", "noscript", "button", "svg")
_INLINE: Final = frozenset(
    {"a", "abbr", "b", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"}
)
_CELLS: Final = ("td", "th")
_FAQ_NAME: Final = re.compile(
    r"(?<![a-z])(?:FAQs?|Q\s?(?:&|and|n)\s?A)(?![a-z])|asked questions|자주\s?(?:묻는|하는)|질문(?:과|\s?[·/])\s?답|도움말",
    re.IGNORECASE,
)
_FEWEST_TOPICS: Final = 5
"""Headings with short texts that make a page a list of topics; a story or a shop window has fewer, or longer ones."""
_FEWEST_TOPICS_OF_FAQ: Final = 2
_LONGEST_TOPIC: Final = 60
_LONGEST_TEXT: Final = 400

Pair = tuple[int, str, str]
"""Line, question, answer."""


def read_html(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield question and answer pairs in reading order.

    A heading counts as a question when it ends as one or starts with ``Q.``; the text up to the next heading is its
    answer. The text under other headings is reported and left out, unless the page is a list of topics with short texts.
    """
    root: Any = etree.fromstring(text.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", huge_tree=False))
    if root is None:
        yield Finding(Origin(path, 0), "unreadable", "it holds no HTML", "dropped")
        return
    for element in list(root.iter(*_HIDDEN)):
        _remove(element)
    headed = list(_headed(root))
    chosen = [section for section in headed if is_question(section.heading)]
    pairs = [*_definitions(root), *_details(root)]
    pairs += _tables(root, only_named=bool(pairs or chosen))
    if not pairs and not chosen and (topics := _topics(path, root, headed)):
        chosen = topics
        reason = (
            f"no heading is a question: {len(topics)} of them were taken as one as they stand; better ask as people ask"
        )
        yield Finding(Origin(path, 0), "headings", reason, "warning")
    pairs += [(section.line, section.heading, section.text) for section in chosen]
    if not pairs:
        reason = (
            "it holds no question with its answer: no dl, no table of two columns, no heading that is a question, and no "
            "list of headings with short texts"
        )
        yield Finding(Origin(path, 0), "unrecognised", reason, "dropped")
        return
    for line, question, answer in sorted(pairs, key=lambda pair: pair[0]):
        yield Row(Origin(path, line), {"question": without_mark(question), "answer": answer})
    for section in headed if chosen else ():
        if section.text and section not in chosen:
            reason = f"the heading {section.heading!r} is no question"
            yield Finding(Origin(path, section.line), "unrecognised", reason, "dropped")


def _topics(path: Path, root: Any, headed: Sequence["_Section"]) -> list["_Section"]:
    """Return the headings of a page that is a list of topics, each with a short text; none of any other page."""
    levels = Counter(section.level for section in headed if section.text)
    if not levels:
        return []
    level = levels.most_common(1)[0][0]
    found = [section for section in headed if section.level == level and section.text]
    names = " ".join(
        [path.stem, *(_one_line(title) for title in root.iter("title")), *(section.heading for section in headed)]
    )
    fewest = _FEWEST_TOPICS_OF_FAQ if _FAQ_NAME.search(names) else _FEWEST_TOPICS
    short = all(len(s.heading) <= _LONGEST_TOPIC and len(s.text) <= _LONGEST_TEXT for s in found)
    return found if short and len(found) >= fewest else []


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is None:
        return
    # Text behind the element hangs on it and must stay.
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _definitions(root: Any) -> Iterator[Pair]:
    for term in root.iter("dt"):
        answers = []
        for sibling in term.itersiblings():
            if sibling.tag == "dt":
                break
            if sibling.tag == "dd":
                answers.append(_text(sibling))
        yield _line(term), _one_line(term), "\n".join(answers)


def _details(root: Any) -> Iterator[Pair]:
    for details in root.iter("details"):
        summary = details.find("summary")
        if summary is not None:
            rest = [_text(child) for child in details if child is not summary and isinstance(child.tag, str)]
            bare = one_line(summary.tail or "")
            yield _line(details), _one_line(summary), "\n".join(part for part in (bare, *rest) if part)


def _tables(root: Any, *, only_named: bool) -> Iterator[Pair]:
    """Yield the rows of tables with columns named as question and answer, or of any two columns."""
    for table in root.iter("table"):
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
        cells = [[cell for cell in row if cell.tag in _CELLS] for row in rows]
        names = [_one_line(cell).lower() for cell in cells[0]] if cells else []
        places = _place(names, QUESTION_NAMES), _place(names, ANSWER_NAMES)
        if places[0] is not None and places[1] is not None:
            yield from _column_pairs(rows[1:], cells[1:], (places[0], places[1]))
        elif not only_named:
            data = [(row, pair) for row, pair in zip(rows, cells, strict=True) if any(c.tag == "td" for c in pair)]
            two = [(row, pair) for row, pair in data if len(pair) == 2]
            yield from _column_pairs([row for row, _ in two], [pair for _, pair in two], (0, 1))


def _column_pairs(rows: Sequence[Any], cells: Sequence[Sequence[Any]], places: tuple[int, int]) -> Iterator[Pair]:
    for row, found in zip(rows, cells, strict=True):
        if len(found) > max(places):
            yield _line(row), _one_line(found[places[0]]), _text(found[places[1]])


def _place(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((index for index, name in enumerate(names) if name in known), None)


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading with the text up to the next one."""

    line: int
    level: str
    heading: str
    text: str


def _headed(root: Any) -> Iterator[_Section]:
    """Yield every heading with the text up to the next one, wherever in the page's boxes the two stand."""
    heading: Any = None
    parts: list[str] = []
    for element, text in _walk(root):
        if element.tag in _HEADINGS and text is None:
            if heading is not None:
                yield _section(heading, parts)
            heading, parts = element, []
        elif heading is not None and text is not None and not _inside_heading(element):
            parts.append(text)
    if heading is not None:
        yield _section(heading, parts)


def _section(heading: Any, parts: Sequence[str]) -> _Section:
    return _Section(_line(heading), heading.tag, _one_line(heading), _lines(parts))


def _inside_heading(element: Any) -> bool:
    return element.tag in _HEADINGS or any(parent.tag in _HEADINGS for parent in element.iterancestors())


def _walk(root: Any) -> Iterator[tuple[Any, str | None]]:
    """Yield ``(element, None)`` where an element starts and ``(the element it stands in, text)`` for each text."""
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            yield element, None
            between = " | " if element.tag in _CELLS and element.getprevious() is not None else _break(element)
            yield element, between + (element.text or "")
        elif element is not root and (parent := element.getparent()) is not None:
            yield parent, _break(element) + (element.tail or "")


def _break(element: Any) -> str:
    return "" if element.tag in _INLINE or element.tag in _CELLS else "\n"


def _text(element: Any) -> str:
    return _lines([text for _, text in _walk(element) if text is not None])


def _one_line(element: Any) -> str:
    return one_line(_text(element))


def _lines(parts: Sequence[str]) -> str:
    # Line ends of the source are spaces in HTML; those put in by ``_break`` stand at the start of a part.
    marked = "".join(
        ("\n" + part[1:].replace("\n", " ")) if part.startswith("\n") else part.replace("\n", " ") for part in parts
    )
    return "\n".join(line for line in (one_line(line).strip("| ") for line in marked.split("\n")) if line)


def _line(element: Any) -> int:
    return element.sourceline or 1
