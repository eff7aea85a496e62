"""Collects the pieces of a streamed answer so that the screen is written about ten times a second, not per token."""

from typing import Final

from lorag.tui.citation_links import CitationLinker

WRITE_EVERY_SECONDS: Final = 0.1


class StreamBuffer:
    """What has arrived and is not yet on screen."""

    def __init__(self) -> None:
        self._linker = CitationLinker()
        self._pending: list[str] = []

    def add(self, text: str) -> None:
        """Take a piece of the answer."""
        self._pending.append(text)

    def take(self) -> str:
        """Return the Markdown to write now, empty when there is nothing new."""
        text = "".join(self._pending)
        self._pending.clear()
        return self._linker.feed(text) if text else ""

    def end(self) -> str:
        """Return all that is left."""
        return self.take() + self._linker.end()
