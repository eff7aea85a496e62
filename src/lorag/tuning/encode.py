"""Examples → token ids and the mask of what is learned, built together from one walk over the conversation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lorag.prompts.messages import Message, Segment
from lorag.tuning.examples import Example, Origin

Render = Callable[[Sequence[Message], bool], tuple[Segment, ...]]
"""Messages and whether to add the generation prompt → the chat's own rendering."""


class Tokenise(Protocol):
    """The model's own tokeniser, llama.cpp's, as in the chat."""

    def __call__(self, segments: Sequence[Segment], after: Sequence[Segment] | None = None) -> list[int]:
        """Return the tokens of a prompt, or of what goes on ``after`` one (then without a beginning-of-text token)."""
        ...


class EncodeError(ValueError):
    """A row cannot be turned into tokens that teach the right thing."""


class RewrittenTurnsError(EncodeError):
    """The template renders an earlier turn in another way once a new one follows."""


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """One row as the model is trained on it."""

    origin: Origin
    ids: tuple[int, ...]
    trained: tuple[bool, ...]
    """For each token, whether predicting it counts in the loss; the same length as ``ids``."""

    @property
    def trained_tokens(self) -> int:
        """How many tokens are learned."""
        return sum(self.trained)


@dataclass(frozen=True, slots=True)
class Encoder:
    """Turns examples into rows for one model."""

    render: Render
    tokenise: Tokenise
    end_tokens: frozenset[int]
    """Tokens that end a turn for llama.cpp; one of them must be learned after every answer."""
    bos_token: int | None
    """The token every text starts with, None when the model has none."""

    def rows(self, example: Example) -> tuple[EncodedRow, ...]:
        """Encode an example; one row, or one per answer where the template rewrites earlier turns.

        Raises:
            EncodeError: The template does not render an answer as a continuation of its prompt, or does not end it with
                a token that llama.cpp stops at.
        """
        if not example.messages:
            return (self._text(example),)
        try:
            return (self._conversation(example),)
        except RewrittenTurnsError:
            # Thinking models drop the thoughts of earlier turns: then every answer is learned after its own prompt.
            return tuple(self._single_answers(example))

    def _conversation(self, example: Example) -> EncodedRow:
        """Encode a conversation; every answer of it is learned, up to and including the end of its turn."""
        ids: list[int] = []
        trained: list[bool] = []
        done: tuple[Segment, ...] = ()
        left_over: list[int] = []
        for turn in _answers(example):
            asked = self.render(example.messages[:turn], True)
            answered = self.render(example.messages[: turn + 1], False)
            prompt = left_over + self.tokenise(continuation(done, asked), done or None)
            # What the template puts after the end of a turn is never generated: it opens the next turn's prompt.
            answer, left_over = self._cut_at_end(self.tokenise(continuation(asked, answered), asked))
            ids += prompt + answer
            trained += [False] * len(prompt) + [True] * len(answer)
            done = answered
        return EncodedRow(example.origin, tuple(ids), tuple(trained))

    def _single_answers(self, example: Example) -> Iterator[EncodedRow]:
        for turn in _answers(example):
            asked = self.render(example.messages[:turn], True)
            answered = self.render(example.messages[: turn + 1], False)
            prompt = self.tokenise(asked)
            answer, _ = self._cut_at_end(self.tokenise(continuation(asked, answered), asked))
            trained = (False,) * len(prompt) + (True,) * len(answer)
            yield EncodedRow(example.origin, (*prompt, *answer), trained)

    def _text(self, example: Example) -> EncodedRow:
        """Encode plain text; every token after the first is learned."""
        ids = self.tokenise([Segment(example.text, special=False)])
        return EncodedRow(example.origin, tuple(ids), tuple(index > 0 for index in range(len(ids))))

    def _cut_at_end(self, tokens: list[int]) -> tuple[list[int], list[int]]:
        """Split after the end of the turn; content is never tokenised as special, so the first such token is it."""
        for index, token in enumerate(tokens):
            if token in self.end_tokens:
                return tokens[: index + 1], tokens[index + 1 :]
        raise EncodeError("the chat template ends an answer with no token that llama.cpp stops at")


def continuation(before: Sequence[Segment], after: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return what ``after`` adds to ``before``.

    Raises:
        RewrittenTurnsError: ``after`` does not start with ``before``: the template rewrites earlier turns.
    """
    start = "".join(segment.text for segment in before)
    whole = "".join(segment.text for segment in after)
    if not whole.startswith(start):
        raise RewrittenTurnsError("the chat template rewrites earlier turns when a new one is added")
    left = len(start)
    added: list[Segment] = []
    for segment in after:
        if left < len(segment.text):
            added.append(Segment(segment.text[left:], segment.special))
        left = max(0, left - len(segment.text))
    return tuple(added)


def _answers(example: Example) -> list[int]:
    """Return the indices of the answers."""
    return [index for index, message in enumerate(example.messages) if message.role == "assistant"]
