"""First weights: a small circuit that already matches a question's words to sentences and reports their number.

Trained from random weights, a network this small needs tens of millions of tokens before it chooses sentences at all.
Attention heads can instead start as what such networks end as (Trockman and Kolter 2023 set query-key products near
identity; Olsson et al. 2022 describe the copying circuit). Everything below is only a start; what follows the first three layers is trained:

layer 0  two heads read the token before: its number, and its meaning
layer 1  a head reads the nearest number or line end before a token, and with it the number of the token's own sentence
layer 2  three heads match tokens of like meaning and vote for the number of the sentence that holds the match
layer 3  a head gathers the votes of the question's tokens, rare ones first, and names the number;
         two heads continue a quoted sentence by the token that follows the same token in it

The residual stream starts divided: flags, the code of a number, the code of a token's sentence, the meaning of the token
before, and the token's own meaning. Training is free to mix them.
"""

import math
import string
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from chat.bpe import HIGHEST_NUMBER, SPECIAL_TOKENS, USER
from chat.model import Block, Llama

_ONE, _LINE, _BRACKET, _INSIDE, _RARE, _SINK, _OPEN, _MATCHED = range(8)
"""Flags: always one; ends a number or a line; is ``]``; stands in a sentence; is rare; starts a turn; is ``[``;
has its like in a sentence."""
_NUMBER: Final = range(8, 48)
_SENTENCE: Final = range(48, 88)
_BEFORE: Final = range(88, 120)
_MEANING_START: Final = 120
FIXED_COLUMNS: Final = _MEANING_START
"""Columns of the embedding that the circuit reads as flags and codes."""
CIRCUIT_BLOCKS: Final = 4
MATCHING_BLOCKS: Final = 3
"""Blocks that are not trained: their flags are so finely set against each other that training, from votes that are wrong
at first, finds it easiest to unbalance them (after 300,000 tokens every token looked at the start of its turn)."""
_MARKS: Final = frozenset(string.punctuation + "ĠĊĉ")
_NEARNESS: Final = (0.006, 0.0, 0.009, 0.055, 0.087, 0.119, 0.256, 0.402, 0.065)
"""Weights of the rotary pairs whose cosines add up to what falls with every distance up to 500 (a linear program's)."""
_FAST: Final = 11
"""Rotary pairs that turn too fast to be used for anything but positions."""
_EVENT: Final = 2.0
"""Size of a flag that few tokens carry."""


class _Head:
    """Writes one attention head's part of a block's matrices."""

    def __init__(self, block: Block, index: int) -> None:
        self.width = block.head_width
        rows = slice(index * self.width, (index + 1) * self.width)
        self.query, self.key, self.value = (
            project.weight.data[rows] for project in (block.query, block.key, block.value)
        )
        self.output = block.output.weight.data[:, rows]
        for part in (self.query, self.key, self.value, self.output):
            part.zero_()

    def near(self, model: Llama, distance: float, strengths: Sequence[float]) -> None:
        """Attend to the position ``distance`` before, with one strength for each rotary pair from the fastest on."""
        half = self.width // 2
        frequency = model.shape.rope_base ** (-torch.arange(half) / half)
        for pair, strength in enumerate(strengths):
            scale = self._scale(strength)
            angle = float(frequency[pair]) * distance
            self.key[pair, _ONE] = scale
            self.query[pair, _ONE] = scale * math.cos(angle)
            self.query[half + pair, _ONE] = -scale * math.sin(angle)

    def flag(self, component: int, strength: float, pair: int, asker: int = _ONE) -> None:
        """Attend more (or less) to tokens whose flag is set; only from tokens whose flag ``asker`` is."""
        scale = self._scale(abs(strength))
        self.query[pair, asker] += math.copysign(scale, strength)
        self.key[pair, component] = scale

    def alike(self, query_basis: Tensor, key_basis: Tensor, strength: float, components: list[int]) -> None:
        """Attend to tokens whose projection on ``key_basis`` resembles this one's on ``query_basis``."""
        scale = self._scale(strength / len(components))
        self.query[components] += scale * query_basis[: len(components)]
        self.key[components] += scale * key_basis[: len(components)]

    def carry(self, read: Tensor, write: Tensor, gain: float) -> None:
        """Move what stands in the subspace ``read`` (rows, width) to the subspace ``write`` (rows, width)."""
        self.value[: len(read)] += read
        self.output[:, : len(write)] += gain * write.T

    @property
    def last(self) -> int:
        """The slowest rotary pair, on which flags are matched."""
        return self.width // 2 - 1

    def slow(self, start: int, to: int | None = None) -> list[int]:
        """Return the components of the rotary pairs from ``start`` on, up to the last: too slow to tell positions apart."""
        half, end = self.width // 2, self.last if to is None else to
        return [*range(start, end), *range(half + start, half + end)]

    def _scale(self, strength: float) -> float:
        # A score is a product of a query and a key component over the root of the head's width.
        return math.sqrt(strength * math.sqrt(self.width))


def initialise(model: Llama, tokenizer: Tokenizer, vectors: NDArray[np.float32], rarity: NDArray[np.float32]) -> None:
    """Set all weights of ``model`` from token vectors (vocabulary, any) and the rarity of tokens (vocabulary,)."""
    generator = torch.Generator().manual_seed(0)
    shape = model.shape
    depth = 0.3 / math.sqrt(2 * shape.layers)
    for block in _blocks(model):
        for matrix in (block.query, block.key, block.value, block.gate, block.up):
            matrix.weight.data.normal_(0, shape.width**-0.5, generator=generator)
        block.output.weight.data.normal_(0, depth * shape.width**-0.5, generator=generator)
        block.down.weight.data.normal_(0, depth * shape.feed_forward**-0.5, generator=generator)
    # Embedding and output share their weights: a small gain keeps a token from predicting itself at the start.
    model.norm.gain.data.fill_(0.4 / math.sqrt(shape.width))
    _embed(model, tokenizer, vectors, rarity, generator)
    _circuit(model, generator)


def _blocks(model: Llama) -> list[Block]:
    return [block for block in model.blocks if isinstance(block, Block)]


def _embed(
    model: Llama,
    tokenizer: Tokenizer,
    vectors: NDArray[np.float32],
    rarity: NDArray[np.float32],
    generator: torch.Generator,
) -> None:
    """Fill the embedding: meaning, spelling and chance, so that like words are near and no two tokens the same."""
    width = model.shape.width - _MEANING_START
    vocabulary = tokenizer.get_vocab()
    own = torch.randn(len(vocabulary), width, generator=generator)
    spelled = torch.randn(len(vocabulary), width, generator=generator)
    first: dict[str, int] = {}
    for token, identifier in sorted(vocabulary.items(), key=lambda item: item[1]):
        spelled[identifier] = spelled[first.setdefault(token.lstrip("Ġ").lower(), identifier)]
    meaning = torch.as_tensor(vectors)[:, :width]
    meaning = meaning - meaning.mean(0)
    meaning = meaning / (meaning.norm(dim=1, keepdim=True) + 1e-6) * math.sqrt(width)
    table = _flags(vocabulary, rarity, generator)
    rows = 0.55 * meaning + 0.75 * spelled + 0.37 * own
    # Rows of one length: a longer key would draw attention by its length alone.
    room = (model.shape.width - table.square().sum(1, keepdim=True)).sqrt()
    model.embedding.weight.data.copy_(torch.cat([table, rows / rows.norm(dim=1, keepdim=True) * room], dim=1))


def _flags(vocabulary: dict[str, int], rarity: NDArray[np.float32], generator: torch.Generator) -> Tensor:
    """Return what stands before the meaning in the embedding: (vocabulary, start of the meaning)."""
    table = torch.zeros(len(vocabulary), _MEANING_START)
    table[:, _ONE] = 1.0
    table[:, _RARE] = ((torch.as_tensor(rarity) - 4.0) / 1.5).clamp(-2.0, 2.0)
    table[: len(SPECIAL_TOKENS), _RARE] = -2.0
    for token, identifier in vocabulary.items():
        if set(token) <= _MARKS:
            table[identifier, _RARE] = -2.0
        if token == "]" or token.endswith("Ċ"):
            table[identifier, _LINE] = _EVENT
    table[vocabulary["]"], _LINE] += 0.2  # the line end before a number is nearly as near as the number
    table[vocabulary["]"], _BRACKET] = _EVENT
    table[vocabulary["["], _OPEN] = _EVENT
    table[USER, _SINK] = _EVENT
    numbers = [vocabulary[str(number)] for number in range(HIGHEST_NUMBER + 1)]
    codes = torch.randn(len(numbers), len(_NUMBER), generator=generator)
    table[numbers, _NUMBER.start : _NUMBER.stop] = codes / codes.norm(dim=1, keepdim=True) * math.sqrt(len(_NUMBER))
    return table


def _circuit(model: Llama, generator: torch.Generator) -> None:
    identity = _meaning(model, len(_BEFORE), generator)
    _read_the_token_before(model, identity)
    _read_the_number_of_the_sentence(model)
    _match_the_question(model, generator)
    _name_the_number(model)
    _continue_the_quote(model, identity, generator)


def _meaning(model: Llama, rows: int, generator: torch.Generator) -> Tensor:
    """Return random orthonormal directions (rows, width) of a token's own meaning."""
    square = torch.randn(model.shape.width - _MEANING_START, rows, generator=generator)
    return torch.cat([torch.zeros(rows, _MEANING_START), torch.linalg.qr(square).Q.T], dim=1)


def _part(model: Llama, components: range) -> Tensor:
    return torch.eye(model.shape.width)[components.start : components.stop]


def _read_the_token_before(model: Llama, identity: Tensor) -> None:
    number = _part(model, _NUMBER)
    for index, (read, write) in enumerate(((number, number), (identity, _part(model, _BEFORE)))):
        reader = _Head(_blocks(model)[0], index)
        reader.near(model, 1.0, [9.0] * 8)
        reader.carry(read, write, 1.0)


def _read_the_number_of_the_sentence(model: Llama) -> None:
    number = _part(model, _NUMBER)
    located = _Head(_blocks(model)[1], 0)
    located.near(model, 0.0, [90.0 * weight for weight in _NEARNESS])
    located.flag(_LINE, 55.0, located.last)
    located.carry(number, _part(model, _SENTENCE), 1.5)
    located.value[len(number), _BRACKET] = 1.0
    located.output[_INSIDE, len(number)] = 1.0


def _match_the_question(model: Llama, generator: torch.Generator) -> None:
    """Let tokens look for their like in the sentences; what has none looks at the start of the turn, which says nothing."""
    sentence = _part(model, _SENTENCE)
    rows = 2 * (model.shape.head_width // 2 - 1 - _FAST)
    for index, kept in enumerate(torch.split(_meaning(model, 3 * rows, generator), rows)):
        match = _Head(_blocks(model)[2], index)
        match.alike(kept, kept, 26.0, match.slow(_FAST))
        match.flag(_INSIDE, 40.0, match.last)
        match.key[match.last, _SINK] = match.key[match.last, _INSIDE] * 1.45
        match.carry(sentence, sentence, 1.0)
        match.value[len(sentence), _INSIDE] = 1.0
        match.output[_MATCHED, len(sentence)] = 0.5


def _name_the_number(model: Llama) -> None:
    gather = _Head(_blocks(model)[3], 0)
    last = gather.last
    gather.near(model, 0.0, [0.0] * 6 + [5.0] * 2)
    gather.flag(_INSIDE, -8.0, last)
    gather.flag(_RARE, 1.6, last - 1)
    gather.flag(_MATCHED, 5.0, last - 3)
    gather.flag(_LINE, -4.0, last - 4)
    gather.flag(_SINK, 8.0, last - 2)
    # After an opening bracket, and only there, the start of the turn is the last thing to look at.
    gather.query[last - 2, _OPEN] -= 2.0 * gather.query[last - 2, _ONE]
    gather.carry(_part(model, _SENTENCE), _part(model, _NUMBER), 12.0)


def _continue_the_quote(model: Llama, identity: Tensor, generator: torch.Generator) -> None:
    before, sentence, width = _part(model, _BEFORE), _part(model, _SENTENCE), model.shape.head_width
    for index, rows in enumerate(torch.split(_meaning(model, 2 * width, generator), width)):
        repeat = _Head(_blocks(model)[3], index + 1)
        slow = repeat.slow(_FAST, to=width // 2)
        repeat.alike(identity, before, 20.0, slow[::2])
        repeat.alike(sentence, sentence, 12.0, slow[1::2])
        repeat.carry(rows, rows, 2.0)
