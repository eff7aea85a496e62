"""Turns examples into token rows: identifiers, what each next token weighs in the loss, and the marks of sentence ends."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chat.bpe import ASSISTANT, END, SYSTEM, USER
from chat.examples import Example
from chat.meaning import nothing_meant

ROLE_TOKENS: Final = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}


@dataclass(frozen=True, slots=True)
class LossWeights:
    """What each kind of next token weighs in the loss."""

    choice: float
    """The number of the sentence: all that selection is."""
    opening: float
    """The first token of an answer: whether it quotes or refuses."""
    closing: float
    """Whether another sentence follows or the turn ends."""
    copied: float
    """Copied words: easy, and many."""
    branching: float
    """How many times that where the last two tokens go on otherwise elsewhere: all that is hard in copying."""
    talk: float
    """The words of replies and refusals."""
    prompt: float
    """A random part of all other tokens, which keeps the model's language alive."""
    prompt_share: float
    """How large that part is."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as a model reads it."""

    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    """Weight of the loss of predicting the *next* token at each position."""
    sentence_ends: NDArray[np.int32]
    """Positions of the last token of each numbered sentence of the last user turn."""
    answers: NDArray[np.bool_]
    """For each of those sentences, whether it answers."""
    answer_start: int
    """Position from which the answer is asked for: the marker of its role."""
    meanings: NDArray[np.float32] = field(default_factory=nothing_meant)
    """What those sentences mean, and the question (:mod:`chat.meaning`); none where it is not told."""


def template_ids(tokenizer: Tokenizer, messages: Sequence[tuple[str, str]]) -> list[int]:
    """Return the tokens of a conversation in the chat template, up to the marker that asks for the next answer."""
    ids: list[int] = []
    for role, text in messages:
        ids += [ROLE_TOKENS[role], *tokenizer.encode(text).ids, END]
    return [*ids, ASSISTANT]


def encode(tokenizer: Tokenizer, example: Example, loss: LossWeights, rng: np.random.Generator) -> Encoded:
    """Return ``example`` as tokens, with the weight of each in the loss."""
    *history, (_, question), (_, answer) = example.messages
    before = template_ids(tokenizer, history)[:-1] if history else []
    asked = tokenizer.encode(question)
    answered = tokenizer.encode(answer).ids
    ids = np.array([*before, USER, *asked.ids, END, ASSISTANT, *answered, END], dtype=np.int32)
    start = len(ids) - len(answered) - 1
    weights = np.zeros(len(ids), dtype=np.float32)
    learned = rng.random(start - 1) < loss.prompt_share
    weights[: start - 1][learned] = loss.prompt
    weights[start - 1 : len(ids) - 1] = _answer_weights(tokenizer, ids, start, loss, quotes=bool(example.targets))
    ends = [position + len(before) + 1 for position in _sentence_ends(question, asked.offsets, example)]
    marks = np.zeros(len(ends), dtype=np.bool_)
    marks[[number - 1 for number in example.targets]] = True
    return Encoded(ids, weights, np.array(ends, dtype=np.int32), marks, start - 1)


def _answer_weights(
    tokenizer: Tokenizer, ids: NDArray[np.int32], start: int, loss: LossWeights, *, quotes: bool
) -> NDArray[np.float32]:
    """Return the weight of each token of the answer, which begins at ``start``: choices count most, copied words least."""
    answer = ids[start:]
    if not quotes:
        weights = np.full(len(answer), loss.talk, dtype=np.float32)
        weights[0] = loss.opening
        return weights
    weights = np.full(len(answer), loss.copied, dtype=np.float32)
    weights[_branching(ids, start)] *= loss.branching
    bracket = tokenizer.token_to_id("[")
    starts = [
        i for i in range(len(answer) - 2) if answer[i] == bracket and (i == 0 or _breaks(tokenizer, answer[i - 1]))
    ]
    for start in starts:
        weights[start + 1] = loss.choice
        if start:
            weights[start] = loss.closing
    weights[0] = loss.opening
    weights[-1] = loss.closing
    return weights


def _branching(ids: NDArray[np.int32], start: int) -> NDArray[np.bool_]:
    """Tell of each token from ``start`` on whether the two before it stand elsewhere, too, with another one behind them."""
    tokens = ids.tolist()
    behind = defaultdict[tuple[int, int], set[int]](set)
    for first, second, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
        behind[first, second].add(third)
    return np.array(
        [len(behind[tokens[at - 2], tokens[at - 1]]) > 1 for at in range(start, len(tokens))], dtype=np.bool_
    )


def _breaks(tokenizer: Tokenizer, token: int) -> bool:
    return (tokenizer.id_to_token(int(token)) or "").endswith("Ċ")


def _sentence_ends(question: str, offsets: Sequence[tuple[int, int]], example: Example) -> list[int]:
    """Return the positions, within the encoded user turn, of the token that ends each numbered sentence."""
    ends, cursor, token = [], 0, 0
    for number, sentence in enumerate(example.sentences, start=1):
        line = f"[{number}] {sentence}"
        cursor = question.index(line, cursor) + len(line)
        while token + 1 < len(offsets) and offsets[token][1] < cursor:
            token += 1
        ends.append(token)
    return ends
