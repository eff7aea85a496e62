"""FAQ pages: definition lists, tables of two columns, and headings that are questions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bs4 import BeautifulSoup, Tag

from lorag.tuning.examples import Origin, Row

_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_DROPPED: Final = ("script", "style", "nav", "header", "footer", "form", "template", "noscript")


def read_html(path: Path, text: str) -> Iterator[Row]:
    """Yield question and answer pairs in reading order.

    A heading counts as a question when it ends in a question mark or starts with Q, and the text up to the next
    heading is its answer; ``details`` elements pair their summary with the rest.
    """
    soup = BeautifulSoup(text, "html.parser")
    for tag in soup(list(_DROPPED)):
        tag.decompose()
    pairs = [*_definitions(soup), *_tables(soup), *_details(soup), *_headed(soup)]
    for line, question, answer in sorted(pairs, key=lambda pair: pair[0]):
        yield Row(Origin(path, line), {"question": question, "answer": answer})


Pair = tuple[int, str, str]


def _definitions(soup: BeautifulSoup) -> Iterator[Pair]:
    for term in soup.find_all("dt"):
        answers = []
        for sibling in term.find_next_siblings():
            if sibling.name == "dt":
                break
            if sibling.name == "dd":
                answers.append(_text(sibling))
        yield _line(term), _question(_text(term)), "\n".join(answers)


def _tables(soup: BeautifulSoup) -> Iterator[Pair]:
    for row in soup.find_all("tr"):
        cells = row.find_all("td", recursive=False)
        if len(cells) == 2:
            yield _line(row), _question(_text(cells[0])), _text(cells[1])


def _details(soup: BeautifulSoup) -> Iterator[Pair]:
    for details in soup.find_all("details"):
        summary = details.find("summary")
        if isinstance(summary, Tag):
            question = _question(_text(summary))
            answer = _text(details).removeprefix(_text(summary)).strip()
            yield _line(details), question, answer


def _headed(soup: BeautifulSoup) -> Iterator[Pair]:
    for heading in soup.find_all(list(_HEADINGS)):
        question = _text(heading)
        if not (question.endswith(("?", "？")) or question[:2].lower() in {"q.", "q:", "q "}):
            continue
        answers = []
        for sibling in heading.find_next_siblings():
            if sibling.name in _HEADINGS:
                break
            answers.append(_text(sibling))
        yield _line(heading), _question(question), "\n".join(part for part in answers if part)


def _question(text: str) -> str:
    """Drop a leading ``Q.`` or ``Q:``."""
    return text[2:].strip() if text[:2].lower() in {"q.", "q:"} else text


def _text(tag: Tag) -> str:
    lines = (" ".join(line.split()) for line in tag.get_text("\n" if tag.find(["p", "li", "br"]) else " ").split("\n"))
    return "\n".join(line for line in lines if line)


def _line(tag: Tag) -> int:
    return tag.sourceline or 1
