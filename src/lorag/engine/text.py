"""From the bytes of tokens to text that may be shown."""

import codecs
from collections.abc import Sequence


class AnswerText:
    """Joins the pieces of an answer: holds back parts of characters and what may become a stop string."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.stopped = False
        """Whether a stop string has appeared; it and what follows are not part of the answer."""

    def add(self, piece: bytes) -> str:
        """Return what can be shown now that ``piece`` has come."""
        text = self._decoder.decode(piece)
        if not self._stop:
            return text
        self._held += text
        found = [position for stop in self._stop if (position := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            shown, self._held = self._held[: min(found)], ""
            return shown
        keep = self._unsure_length()
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def rest(self) -> str:
        """Return what was held back for a stop string that did not come; half a character is dropped."""
        held, self._held = self._held, ""
        return held

    def _unsure_length(self) -> int:
        """Return how many characters at the end may be the start of a stop string."""
        longest = max(len(stop) for stop in self._stop) - 1
        for length in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self._stop):
                return length
        return 0
