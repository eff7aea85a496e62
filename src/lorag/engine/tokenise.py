"""Turn prompt segments into tokens so that only the template's own markers can be control tokens.

llama.cpp cuts a prompt at its special tokens and tokenises each stretch of plain text between them by itself. The same is
done here with the template's text alone deciding where the cuts are, so harmless text gives exactly the tokens of the
whole string (merges across a template's newline and SentencePiece's leading space included), and a marker inside a
document or a message stays the characters it is written with.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lorag.prompts.messages import Segment

_BARRIER: Final = "\x01"
"""No SentencePiece vocabulary merges this with anything."""
_ASCII_SPACE: Final = " \t\n\v\f\r"


@dataclass(frozen=True, slots=True)
class Marker:
    """A token that the text of a document must never become."""

    text: str
    token: int
    strips_left: bool = False
    """Whether white space before it is dropped."""
    strips_right: bool = False


class Vocabulary(Protocol):
    """What is needed of a model's tokeniser."""

    markers: Sequence[Marker]
    prefixes_space: bool
    """Whether a space is put before text that starts a stretch (SentencePiece)."""
    bos: int | None
    """The token every prompt starts with, if the model wants one."""

    def plain_tokens(self, text: str) -> list[int]:
        """Return the tokens of text without control tokens, as llama.cpp gives them."""
        ...


class Tokeniser:
    """Tokenises segments and plain text for one model."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._by_text = {marker.text: marker for marker in vocabulary.markers}
        self._text_of = {marker.token: marker.text for marker in vocabulary.markers}
        longest_first = sorted(self._by_text, key=len, reverse=True)
        # An empty alternation would match everywhere; this one matches nowhere.
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def count(self, text: str) -> int:
        """Return how many tokens plain text has."""
        return len(self.plain(text))

    def prompt(self, segments: Sequence[Segment]) -> list[int]:
        """Return the tokens of a prompt, with one begin-of-text token if the model wants one."""
        tokens: list[int] = []
        for stretch in self._stretches(segments):
            tokens += [stretch.token] if isinstance(stretch, Marker) else self.plain(stretch)
        bos = self._vocabulary.bos
        if bos is not None:
            while tokens[:1] == [bos]:
                del tokens[0]
            tokens.insert(0, bos)
        return tokens

    def continuation(self, prompt: Sequence[Segment], text: str) -> list[int]:
        """Return the tokens of text that goes on where a prompt ends."""
        return self.following(prompt, [Segment(text, special=False)])

    def following(self, prompt: Sequence[Segment], segments: Sequence[Segment]) -> list[int]:
        """Return the tokens of segments that go on where a prompt ends, without a begin-of-text token of their own."""
        before = self._stretches(prompt)
        goes_on = bool(before) and isinstance(before[-1], str)
        tokens: list[int] = []
        for index, stretch in enumerate(self._stretches(segments)):
            if isinstance(stretch, Marker):
                tokens.append(stretch.token)
            else:
                tokens += self._plain_inside(stretch) if goes_on and index == 0 else self.plain(stretch)
        return tokens

    def plain(self, text: str) -> list[int]:
        """Return the tokens of text in which nothing is a control token."""
        tokens = self._vocabulary.plain_tokens(text)
        # llama.cpp may still give one: user-defined tokens are always cut out, and SentencePiece can merge up to "</s>".
        found = {self._text_of[token] for token in tokens if token in self._text_of}
        if not found:
            return tokens
        return self._spelled_out(text, found)

    def _spelled_out(self, text: str, markers: set[str]) -> list[int]:
        cuts = re.compile(
            "|".join(
                rf"(?<={re.escape(marker[0])})(?={re.escape(marker[1:])})" for marker in markers if len(marker) > 1
            )
        )
        first, *rest = cuts.split(text)
        tokens = self._vocabulary.plain_tokens(first)
        for part in rest:
            tokens += self._plain_inside(part)
        if not any(token in self._text_of for token in tokens):
            return tokens
        spelled = [token for character in text for token in self._plain_inside(character)]
        return [token for token in spelled if token not in self._text_of]

    def _plain_inside(self, text: str) -> list[int]:
        """Return the tokens of text that does not start a stretch: without the space put before one."""
        if not self._vocabulary.prefixes_space:
            return self._vocabulary.plain_tokens(text)
        barrier = len(self._vocabulary.plain_tokens(_BARRIER))
        return self._vocabulary.plain_tokens(_BARRIER + text)[barrier:]

    def _stretches(self, segments: Sequence[Segment]) -> list[str | Marker]:
        """Return control tokens and the stretches of plain text between them."""
        stretches: list[str | Marker] = []
        for segment in segments:
            for part in self._parts(segment):
                if isinstance(part, str) and stretches and isinstance(stretches[-1], str):
                    stretches[-1] += part
                else:
                    stretches.append(part)
        return [part for part in _stripped(stretches) if part != ""]

    def _parts(self, segment: Segment) -> list[str | Marker]:
        if not segment.special:
            return [segment.text]
        parts: list[str | Marker] = []
        position = 0
        for match in self._pattern.finditer(segment.text):
            parts += [segment.text[position : match.start()], self._by_text[match.group()]]
            position = match.end()
        parts.append(segment.text[position:])
        return [part for part in parts if part != ""]


def _stripped(stretches: list[str | Marker]) -> list[str | Marker]:
    result = list(stretches)
    for index, part in enumerate(stretches):
        if not isinstance(part, Marker):
            continue
        before = result[index - 1] if index else None
        after = result[index + 1] if index + 1 < len(result) else None
        if part.strips_left and isinstance(before, str):
            result[index - 1] = before.rstrip(_ASCII_SPACE)
        if part.strips_right and isinstance(after, str):
            result[index + 1] = after.lstrip(_ASCII_SPACE)
    return result
