"""Answers on a terminal: they grow as plain text and end as rendered Markdown. The one importer of rich here."""

from typing import Final, TextIO

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

_LINES_SHOWN: Final = 12
_REFRESHES_PER_SECOND: Final = 10


class LivePreview:
    """The last lines of an answer while it is written; they vanish when it is done."""

    def __init__(self, stream: TextIO) -> None:
        self._console = _console(stream)
        self._text = ""
        self._live = Live(console=self._console, transient=True, refresh_per_second=_REFRESHES_PER_SECOND)

    def add(self, text: str) -> None:
        """Let the answer grow; the display begins with the first words."""
        self._text += text
        self._live.start()
        # What has scrolled out of a live display cannot be taken away again, so only the tail is shown.
        tail = Text(self._text[-_LINES_SHOWN * self._console.width :]).wrap(self._console, self._console.width)
        self._live.update(Text("\n").join(tail[-_LINES_SHOWN:]))

    def close(self) -> None:
        """Take the display away."""
        self._live.stop()


def print_markdown(text: str, stream: TextIO, *, verbatim: bool) -> None:
    """Print an answer; quotes stay letter for letter, where a document's ``*`` is no emphasis."""
    # An address behind a link's text could be anything: it is printed, not hidden in an escape sequence.
    _console(stream).print(Text(text) if verbatim else Markdown(text, hyperlinks=False))


def _console(stream: TextIO) -> Console:
    return Console(file=stream, highlight=False, markup=False, emoji=False)
