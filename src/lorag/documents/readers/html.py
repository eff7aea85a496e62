"""HTML: the main text of a page, with headings, and tables as rows that name their columns."""

import re
from typing import Any, Final, cast

from lxml import etree

from lorag.documents.builder import TextBuilder
from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.source import Source
from lorag.documents.tables import table_lines
from lorag.errors import DocumentError

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_HIDDEN: Final = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "canvas",
        "iframe",
        "object",
        "select",
        "button",
        "nav",
        "dialog",
        "datalist",
        "audio",
        "video",
    }
)
_PAGE_FURNITURE: Final = frozenset({"header", "footer", "aside"})
_BLOCKS: Final = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "address",
        "fieldset",
        "form",
        "details",
        "summary",
        "hr",
        "body",
        "center",
    }
)
_CELLS: Final = frozenset({"td", "th"})
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SMALLEST_MAIN: Final = 200


def read(source: Source) -> ExtractedDocument:
    """Return the main text of a page."""
    builder = TextBuilder(source.limits)
    add_html(builder, source.data)
    return builder.document("text/html")


def add_html(builder: TextBuilder, data: bytes, *, charset: str | None = None) -> None:
    """Add the main text of a page to a document; what was declared outside the page as its ``charset`` goes first."""
    found = _CHARSET.search(data[:2048])
    declared = charset or (found[1].decode("ascii", errors="replace") if found else None)
    text = decode(data, declared=declared)
    page = _Page(builder.limits)
    parser = etree.HTMLParser(target=cast("Any", page), encoding="utf-8", huge_tree=True)
    try:
        parser.feed(text.encode("utf-8", errors="replace"))
        parser.close()
    except (etree.LxmlError, ValueError) as error:
        raise DocumentError(f"it is damaged: its HTML cannot be read ({error})") from error
    builder.title = builder.title or page.title
    page.add_to(builder)


class _Block:
    """A heading, a paragraph, a list item or a table, in the order of the page."""

    __slots__ = ("in_main", "level", "rows", "text", "tight")

    def __init__(self, text: str, *, in_main: bool, level: int = 0, tight: bool = False) -> None:
        self.text = text
        self.in_main = in_main
        self.level = level
        self.tight = tight
        self.rows: list[list[str]] | None = None


class _Page:
    """A parser target that turns events into blocks; nothing here recurses, so no nesting is too deep."""

    def __init__(self, limits: Limits) -> None:
        self.title = ""
        self._limits = limits
        self._blocks: list[_Block] = []
        self._text: list[str] = []
        self._hidden: list[str] = []
        self._main_depth = 0
        self._pre_depth = 0
        self._level = 0
        self._item = ""
        self._rows: list[list[list[str]]] = []
        self._in_title = False

    def start(self, tag: str, attributes: "dict[str, str]") -> None:
        if self._hidden or self._hides(tag, attributes):
            if tag not in _VOID and (not self._hidden or tag == self._hidden[0]):
                self._hidden.append(tag)
        elif tag == "title" and not self.title:
            self._in_title = True
        elif tag in ("table", "tr", "td", "th"):
            self._start_table_part(tag)
        elif tag == "br":
            self._text.append("\n")
        elif tag == "img" and attributes.get("alt"):
            self._text.append(f" {attributes['alt']} ")
        else:
            self._start_block(tag, attributes)

    def end(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
        elif tag == "title":
            self._in_title = False
        elif tag == "table" and self._rows:
            self._end_table()
        elif tag in _BLOCKS or tag in _HEADINGS or tag == "li":
            self._end_block(tag)

    def data(self, text: str) -> None:
        if self._hidden:
            return
        if self._in_title:
            self.title += text
        else:
            self._text.append(text if self._pre_depth else _SPACES.sub(" ", text))

    def comment(self, text: str) -> None:
        """Comments are not text."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Processing instructions are not text."""

    def close(self) -> None:
        while self._rows:
            self._end_table()
        self._flush()

    def add_to(self, builder: TextBuilder) -> None:
        """Add the blocks: those of the main part alone when the page marks one that holds real text."""
        in_main = sum(_size(block) for block in self._blocks if block.in_main)
        only_main = in_main >= min(_SMALLEST_MAIN, sum(map(_size, self._blocks)) / 2) and in_main > 0
        for block in self._blocks:
            if only_main and not block.in_main:
                continue
            if block.rows is not None:
                for index, line in enumerate(table_lines(block.rows)):
                    (builder.line if index else builder.paragraph)(line)
            elif block.level:
                builder.heading(block.level, block.text)
            elif block.tight:
                builder.line(block.text)
            else:
                builder.paragraph(block.text)

    def _hides(self, tag: str, attributes: "dict[str, str]") -> bool:
        if tag in _HIDDEN or (tag in _PAGE_FURNITURE and not self._main_depth):
            return True
        if not attributes:
            return False
        return (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or attributes.get("role") in ("navigation", "banner", "contentinfo", "search")
            or _HIDDEN_STYLE.search(attributes.get("style", "")) is not None
        )

    def _start_block(self, tag: str, attributes: "dict[str, str]") -> None:
        if tag in _HEADINGS and not self._rows:
            self._flush()
            self._level = _HEADINGS[tag]
        elif tag == "li":
            self._flush()
            self._item = "- "
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag in ("main", "article") or attributes.get("role") == "main":
            self._main_depth += 1
        if tag == "pre":
            self._pre_depth += 1

    def _end_block(self, tag: str) -> None:
        self._flush()
        if tag in ("main", "article") and self._main_depth:
            self._main_depth -= 1
        if tag == "pre" and self._pre_depth:
            self._pre_depth -= 1

    def _start_table_part(self, tag: str) -> None:
        if tag == "table":
            self._flush()
            self._rows.append([])
        elif self._rows:
            self._flush()
            rows = self._rows[-1]
            if tag == "tr" or not rows:
                rows.append([])
            if tag in _CELLS:
                rows[-1].append("")

    def _end_table(self) -> None:
        self._flush()
        rows = [row for row in self._rows.pop() if any(cell.strip() for cell in row)]
        if not rows:
            return
        if self._rows and self._rows[-1] and self._rows[-1][-1]:
            cell = self._rows[-1][-1]  # a table inside a cell is read as text of that cell
            cell[-1] += " " + " ".join(" ".join(row) for row in rows)
        elif any(len(row) > 1 for row in rows):
            block = _Block("", in_main=self._main_depth > 0)
            block.rows = rows
            self._blocks.append(block)
        else:  # one column is layout, not data
            self._blocks.extend(_Block(row[0], in_main=self._main_depth > 0) for row in rows)

    def _flush(self) -> None:
        """Turn the text so far into a block, or into text of the table cell it stands in."""
        text = "".join(self._text)
        self._text.clear()
        level, self._level = self._level, 0
        if not text.strip():
            return
        item, self._item = self._item, ""
        lines = text.split("\n")
        text = "\n".join(line.rstrip() if self._pre_depth else line.strip() for line in lines).strip("\n")
        if self._rows and self._rows[-1] and self._rows[-1][-1]:
            self._rows[-1][-1][-1] += " " + text
        else:
            block = _Block(item + text, in_main=self._main_depth > 0, level=level, tight=bool(item))
            self._blocks.append(block)


def _size(block: _Block) -> int:
    return len(block.text) + sum(len(cell) for row in block.rows or () for cell in row)
