"""A report as one HTML file, or as Markdown with its plots beside it."""

import base64
import html
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.errors import LoragError
from lorag.evaluation.table import Table

_STYLE: Final = (
    "body{font-family:system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;line-height:1.5}"
    "table{border-collapse:collapse}td,th{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}"
    "img{max-width:100%}pre{white-space:pre-wrap;background:#f6f6f6;padding:1rem}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with text or a table, and perhaps a plot."""

    heading: str
    body: str | Table
    plot: bytes | None = None
    """A PNG."""
    verbatim: bool = False
    """Whether the text keeps its lines and spaces."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found, for people."""

    title: str
    sections: tuple[Section, ...]

    def write(self, path: Path) -> None:
        """Write HTML or Markdown by the name's ending; the plots of Markdown get names from it.

        Raises:
            LoragError: A file cannot be written.
        """
        try:
            if path.suffix.lower() in {".html", ".htm"}:
                path.write_text(self.as_html(), encoding="utf-8")
            else:
                path.write_text(self._as_markdown(path), encoding="utf-8")
        except OSError as error:
            raise LoragError(f"{error.filename or path} cannot be written: {error.strerror or error}") from error

    def as_html(self) -> str:
        """Return one page that needs no other file."""
        parts = [f"<h1>{html.escape(self.title)}</h1>"]
        for section in self.sections:
            if section.heading:
                parts.append(f"<h2>{html.escape(section.heading)}</h2>")
            if isinstance(section.body, Table):
                parts.append(section.body.as_html())
            else:
                tag = "pre" if section.verbatim else "p"
                parts.append(f"<{tag}>{html.escape(section.body)}</{tag}>")
            if section.plot is not None:
                data = base64.b64encode(section.plot).decode("ascii")
                parts.append(f'<p><img alt="{html.escape(section.heading)}" src="data:image/png;base64,{data}"></p>')
        body = "\n".join(parts)
        head = f'<meta charset="utf-8"><title>{html.escape(self.title)}</title><style>{_STYLE}</style>'
        return f"<!doctype html>\n<html><head>{head}</head>\n<body>\n{body}\n</body></html>\n"

    def _as_markdown(self, path: Path) -> str:
        parts = [f"# {self.title}"]
        for number, section in enumerate(self.sections):
            if section.heading:
                parts.append(f"## {section.heading}")
            if isinstance(section.body, Table):
                parts.append(section.body.as_markdown())
            else:
                parts.append(_fenced(section.body) if section.verbatim else section.body)
            if section.plot is not None:
                plot = path.with_name(f"{path.stem}-{number}.png")
                plot.write_bytes(section.plot)
                parts.append(f"![{section.heading}](<{plot.name}>)")
        return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    """Return text in a fence longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"
