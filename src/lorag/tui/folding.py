"""Long pastes stand in the prompt as one short token that can be looked into and is written out when sent."""

import re
from typing import Final

from lorag.tui.visible import visible

FOLDED_LINES: Final = 8
FOLDED_CHARACTERS: Final = 600


class PasteFolder:
    """The pastes behind the tokens of one prompt."""

    def __init__(self, label: str) -> None:
        """Take the token's text with ``{number}`` and ``{lines}`` in it."""
        self.label = label
        self._pastes: dict[str, str] = {}

    def fold(self, pasted: str) -> str:
        """Return what to put into the prompt for a paste: itself, or a token when it is long."""
        text = visible(pasted.replace("\r\n", "\n").replace("\r", "\n"))
        lines = text.count("\n") + 1
        if lines < FOLDED_LINES and len(text) < FOLDED_CHARACTERS:
            return text
        token = self.label.format(number=len(self._pastes) + 1, lines=lines)
        self._pastes[token] = text
        return token

    def unfold(self, prompt: str) -> str:
        """Return the prompt with every token written out."""
        if not self._pastes:
            return prompt
        tokens = "|".join(map(re.escape, self._pastes))
        # One pass, so that a token inside a paste stays what it is: text.
        return re.sub(tokens, lambda found: self._pastes[found.group()], prompt)

    def tokens_in(self, prompt: str) -> list[tuple[str, str]]:
        """Return the tokens that stand in the prompt, each with its paste."""
        return [(token, text) for token, text in self._pastes.items() if token in prompt]

    def clear(self) -> None:
        """Forget all pastes."""
        self._pastes.clear()
