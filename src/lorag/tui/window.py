"""Which messages of a long chat are on screen; the rest are data only."""

from dataclasses import dataclass
from typing import Final

OPENED: Final = 12
"""Messages shown when a chat is opened; more than a tall screen holds."""
STEP: Final = 8
"""Messages added when the reader scrolls past an end."""
MOST: Final = 36
"""Messages on screen at most, when somebody reads upwards."""
STREAMED: Final = 16
"""Messages on screen at most while an answer streams: each costs layout work on every written piece."""


@dataclass(frozen=True, slots=True)
class Window:
    """Messages ``start`` to ``end`` (exclusive) of ``total``."""

    start: int
    end: int
    total: int

    @classmethod
    def tail(cls, total: int) -> "Window":
        """Return the window on the newest messages."""
        return cls(max(total - OPENED, 0), total, total)

    def older(self) -> "Window":
        """Return the window moved up by one step."""
        start = max(self.start - STEP, 0)
        return Window(start, min(self.end, start + MOST), self.total)

    def newer(self) -> "Window":
        """Return the window moved down by one step."""
        end = min(self.end + STEP, self.total)
        return Window(max(self.start, end - MOST), end, self.total)

    def grown(self, by: int) -> "Window":
        """Return the window after messages were added at the end; it must be at the end."""
        end = self.end + by
        return Window(max(self.start, end - STREAMED), end, self.total + by)

    @property
    def at_end(self) -> bool:
        """Whether the newest message is on screen."""
        return self.end == self.total
