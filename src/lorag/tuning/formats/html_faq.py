"""FAQ pages: definition lists, tables of two columns, foldable details, and headings that are questions."""

from collections.abc import Iterator, Sequence
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

Pair = tuple[int, str, str]
"""Line, question, answer."""


def read_html(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield question and answer pairs in reading order.

    A heading counts as a question when it ends as one or starts with ``Q.``; the text up to the next heading is its
    answer. The text under other headings is reported and left out.
    """
    root: Any = etree.fromstring(text.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", huge_tree=False))
    if root is None:
        yield Finding(Origin(path, 0), "unreadable", "it holds no HTML", "dropped")
        return
    for element in list(root.iter(*_HIDDEN)):
        _remove(element)
    headed = list(_headed(root))
    asked = [pair for pair in headed if is_question(pair[1])]
    pairs = [*_definitions(root), *_details(root), *asked]
    pairs += _tables(root, only_named=bool(pairs))
    if not pairs:
        reason = "it holds no question with its answer: no dl, no table of two columns, no heading that is a question"
        yield Finding(Origin(path, 0), "unrecognised", reason, "dropped")
        return
    for line, question, answer in sorted(pairs, key=lambda pair: pair[0]):
        yield Row(Origin(path, line), {"question": without_mark(question), "answer": answer})
    for line, heading, answer in headed if asked else ():
        if answer and not is_question(heading):
            yield Finding(Origin(path, line), "unrecognised", f"the heading {heading!r} is no question", "dropped")


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


def _headed(root: Any) -> Iterator[Pair]:
    """Yield every heading with the text up to the next one, wherever in the page's boxes the two stand."""
    heading: Any = None
    parts: list[str] = []
    for element, text in _walk(root):
        if element.tag in _HEADINGS and text is None:
            if heading is not None:
                yield _line(heading), _one_line(heading), _lines(parts)
            heading, parts = element, []
        elif heading is not None and text is not None and not _inside_heading(element):
            parts.append(text)
    if heading is not None:
        yield _line(heading), _one_line(heading), _lines(parts)


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
