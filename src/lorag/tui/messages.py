"""One question and one answer on screen."""

import asyncio
from collections.abc import Iterable
from typing import Final

from markdown_it import MarkdownIt
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream

from lorag.tui.citation_links import SCHEME, link_citations
from lorag.tui.stream import StreamBuffer
from lorag.tui.texts import Translated, texts_of
from lorag.tui.view import MessageShown
from lorag.tui.visible import visible

_SHOWN_LINES: Final = 20
"""Of a question; a pasted file is not to bury the answer."""


def foreign_markdown() -> MarkdownIt:
    """Return a parser that shows HTML as the text it is, because Textual would drop it, and keeps URLs as text."""
    return MarkdownIt("gfm-like", {"html": False, "linkify": False}).disable("image")


class QuestionView(Vertical, Translated):
    """What the user said."""

    def __init__(self, message: MessageShown) -> None:
        super().__init__()
        self.message = message
        self._whole = False

    def compose(self) -> ComposeResult:
        """Show who and what."""
        yield Static(self._header(), classes="message-header", markup=False)
        yield Static(self._text(), classes="question-text", markup=False)

    def retranslate(self) -> None:
        """Draw the header anew."""
        self.query_one(".message-header", Static).update(self._header())
        self.query_one(".question-text", Static).update(self._text())

    def on_click(self) -> None:
        """Show a long question whole, or fold it again."""
        self._whole = not self._whole
        self.retranslate()

    def _text(self) -> str:
        lines = visible(self.message.text).split("\n")
        if self._whole or len(lines) <= _SHOWN_LINES:
            return "\n".join(lines)
        more = texts_of(self)("message.more", count=len(lines) - _SHOWN_LINES)
        return "\n".join([*lines[:_SHOWN_LINES], more])

    def _header(self) -> str:
        texts = texts_of(self)
        if self.message.versions == 1:
            return texts("message.you")
        return f"{texts('message.you')}   ‹ {self.message.version}/{self.message.versions} ›"


class AnswerView(Vertical, Translated):
    """What the model said, as it streams and afterwards."""

    class Selected(Message):
        """This answer's sources are wanted in the sidebar."""

        def __init__(self, view: "AnswerView") -> None:
            super().__init__()
            self.view = view

    class CitationClicked(Message):
        """A number in the answer was clicked."""

        def __init__(self, view: "AnswerView", n: int) -> None:
            super().__init__()
            self.view = view
            self.n = n

    def __init__(self, message: MessageShown) -> None:
        super().__init__()
        self.message = message
        self.writes = 0
        self._progress = ""
        self._pointed = ""
        self._buffer = StreamBuffer()
        self._stream: MarkdownStream | None = None
        self._writing = asyncio.Lock()
        """Held until what was written has begun to be drawn: a stream that is stopped before loses it and ends its caller."""
        self._written = ""

    def compose(self) -> ComposeResult:
        """Show who, what and how it went."""
        yield Static(self._header(), classes="message-header", markup=False)
        # A streamed answer starts empty: Textual loses an open fence when text is there before the stream.
        text = None if self.message.status == "streaming" else link_citations(self.message.text)
        yield Markdown(text, parser_factory=foreign_markdown, open_links=False)
        yield Static(self._footer(), classes="answer-footer", markup=False)

    def retranslate(self) -> None:
        """Draw header and footer anew."""
        if not self._composed:
            return
        self.query_one(".message-header", Static).update(self._header())
        footer = self.query_one(".answer-footer", Static)
        footer.update(self._footer())
        footer.set_class(self.message.status == "failed", "-failed")

    def progress(self, text: str) -> None:
        """Say what is happening before the answer begins."""
        if text != self._progress:
            self._progress = text
            self.retranslate()

    def point(self, text: str) -> None:
        """Say which of the answer's citations the keys are on; with nothing, say again how the answer went."""
        self._pointed = text
        self.retranslate()

    def add(self, text: str) -> None:
        """Take a piece of the answer; it is on screen after the next ``flush``."""
        self._buffer.add(text)

    async def flush(self) -> None:
        """Write what has arrived."""
        async with self._writing:
            await self._write(self._buffer.take())

    async def finish(self, message: MessageShown) -> None:
        """Show the final text; it is drawn anew only when it is not what was streamed."""
        self.message = message
        self._progress = ""
        async with self._writing:
            await self._write(self._buffer.end())
            if self._stream is not None:
                await self._stream.stop()
                self._stream = None
        final = link_citations(message.text)
        if self._composed and final.strip() != self._written.strip():
            await self.query_one(Markdown).update(final)
        self.retranslate()

    async def _write(self, markdown: str) -> None:
        if not markdown or not self._composed:
            return
        if self._stream is None:
            self._stream = Markdown.get_stream(self.query_one(Markdown))
        if self._progress:
            self.progress("")
        self._written += markdown
        self.writes += 1
        await self._stream.write(markdown)

    @property
    def _composed(self) -> bool:
        """Whether there is something to write into; what is composed later begins with what is known then."""
        return bool(self.query(Markdown)) and bool(self.query(".answer-footer"))

    def on_click(self, event: events.Click) -> None:
        """Select this answer."""
        self.post_message(self.Selected(self))

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """Open a source; other links are never followed, an answer must not be able to call home."""
        event.stop()
        if event.href.startswith(SCHEME):
            self.post_message(self.CitationClicked(self, int(event.href.removeprefix(SCHEME))))

    def _header(self) -> str:
        writers = [self.message.model or texts_of(self)("message.assistant")]
        writers += [adapter_label(name, strength) for name, strength in self.message.adapters]
        header = " + ".join(writers)
        if self.message.versions > 1:
            header += f"   ‹ {self.message.version}/{self.message.versions} ›"
        return header

    def _footer(self) -> str:
        return self._progress or self._pointed or "  ·  ".join(self._facts())

    def _facts(self) -> Iterable[str]:
        texts, message = texts_of(self), self.message
        if message.failure:
            yield texts("answer.failed", reason=texts.of(message.failure))
        elif message.status in ("stopped", "failed"):
            yield texts(f"answer.{message.status}")
        cited = sum(source.n is not None for source in message.sources)
        if cited:
            yield texts("answer.sources", count=cited)
        if message.tokens_per_second:
            yield texts("answer.speed", speed=f"{message.tokens_per_second:.1f}")
        if message.timings.get("total_seconds"):
            yield texts("answer.seconds", seconds=f"{message.timings['total_seconds']:.1f}")


def adapter_label(name: str, strength: float) -> str:
    """Return an adapter with its strength where that is not 1."""
    return name if strength == 1 else f"{name}={strength:g}"
