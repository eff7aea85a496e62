"""First weights: a small circuit that already matches a question's words to sentences and reports their number.

Trained from random weights, a network this small needs tens of millions of tokens before it chooses sentences at all.
Attention heads can instead start as what such networks end as (Trockman and Kolter 2023 set query-key products near
identity; Olsson et al. 2022 describe the copying circuit). Everything below is only a start, and all of it is trained:

layer 0  two heads read the token before and the one before that
layer 1  a head reads the nearest ``]`` before a token, and with it the number of the token's own sentence
layer 2  heads match tokens of like meaning and vote for the number of the sentence that holds the match;
         one head continues repeated text (an induction head)
layer 3  a head gathers the votes of the latest tokens, which are the question's, and names the number
"""

import math
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from chat.bpe import HIGHEST_NUMBER
from chat.model import Block, Llama

_CONSTANT, _BOUNDARY, _BRACKET, _INSIDE = range(4)
"""Components of the residual stream set aside: always one; ends a number or a line; is ``]``; stands in a sentence."""
_RESERVED: Final = 4


class _Head:
    """Writes one attention head's part of a block's matrices."""

    def __init__(self, block: Block, index: int) -> None:
        width = block.head_width
        rows = slice(index * width, (index + 1) * width)
        self.width = width
        self.query, self.key, self.value = (
            project.weight.data[rows] for project in (block.query, block.key, block.value)
        )
        self.output = block.output.weight.data[:, rows]
        for part in (self.query, self.key, self.value, self.output):
            part.zero_()

    def pairs(self, start: int, end: int) -> list[int]:
        """Return the components of the rotary pairs from ``start`` to ``end``."""
        half = self.width // 2
        return [*range(start, end), *range(half + start, half + end)]

    def near(self, model: Llama, distance: float, strength: float, pairs: tuple[int, int]) -> None:
        """Attend to the position ``distance`` before, the sharper the more and faster ``pairs`` are used."""
        half = self.width // 2
        frequency = model.shape.rope_base ** (-torch.arange(half) / half)
        scale = math.sqrt(strength * math.sqrt(self.width))
        for pair in range(*pairs):
            angle = float(frequency[pair]) * distance
            self.key[pair, _CONSTANT] = scale
            self.query[pair, _CONSTANT] = scale * math.cos(angle)
            self.query[half + pair, _CONSTANT] = -scale * math.sin(angle)

    def flag(self, component: int, strength: float, pair: int) -> None:
        """Attend more to tokens whose ``component`` is set."""
        scale = math.sqrt(strength * math.sqrt(self.width))
        self.query[pair, _CONSTANT] += scale
        self.key[pair, component] += scale

    def alike(self, query_basis: Tensor, key_basis: Tensor, strength: float, pairs: tuple[int, int]) -> None:
        """Attend to tokens whose projection on ``key_basis`` resembles this one's on ``query_basis``."""
        components = self.pairs(*pairs)
        scale = math.sqrt(strength * math.sqrt(self.width) / len(components))
        self.query[components] += scale * query_basis[: len(components)]
        self.key[components] += scale * key_basis[: len(components)]

    def carry(self, read: Tensor, write: Tensor, gain: float) -> None:
        """Move what stands in the subspace ``read`` (head width, width) to the subspace ``write``."""
        self.value += read
        self.output += gain * write.T


def initialise(model: Llama, tokenizer: Tokenizer, vectors: NDArray[np.float32], seed: int) -> None:
    """Set all weights of ``model``."""
    generator = torch.Generator().manual_seed(seed)
    shape = model.shape
    depth = 0.5 / math.sqrt(2 * shape.layers)
    for block in model.blocks:
        for matrix in (block.query, block.key, block.value, block.gate, block.up):
            matrix.weight.data.normal_(0, shape.width**-0.5, generator=generator)
        block.output.weight.data.normal_(0, depth * shape.width**-0.5, generator=generator)
        block.down.weight.data.normal_(0, depth * shape.feed_forward**-0.5, generator=generator)
    # The embedding's rows have unit variance and are the output too: this keeps first logits near unit variance.
    model.norm.gain.data.fill_(1.2 / math.sqrt(shape.width))
    _embed(model, tokenizer, vectors, generator)
    _matching_circuit(model, generator)


def _embed(model: Llama, tokenizer: Tokenizer, vectors: NDArray[np.float32], generator: torch.Generator) -> None:
    """Fill the embedding: half meaning, half chance, so that like words are near and no two the same."""
    rows = torch.randn(model.shape.vocabulary, model.shape.width - _RESERVED, generator=generator)
    meaning = torch.as_tensor(vectors)[:, : model.shape.width - _RESERVED]
    meaning = meaning - meaning.mean(0)
    meaning = meaning / meaning.norm(dim=1, keepdim=True) * math.sqrt(rows.shape[1])
    plain = {tokenizer.token_to_id(str(n)) for n in range(HIGHEST_NUMBER + 1)} | set(range(5))
    mixed = [i for i in range(len(rows)) if i not in plain]
    rows[mixed] = 0.75 * meaning[mixed] + 0.66 * rows[mixed]
    table = torch.zeros(model.shape.vocabulary, model.shape.width)
    table[:, _RESERVED:] = rows
    table[:, _CONSTANT] = 1.0
    for token, identifier in tokenizer.get_vocab().items():
        if token == "]" or (set(token) == {"Ċ"}):
            table[identifier, _BOUNDARY] = 4.0
    table[tokenizer.token_to_id("]"), _BRACKET] = 4.0
    model.embedding.weight.data.copy_(table)


def _matching_circuit(model: Llama, generator: torch.Generator) -> None:
    width, head = model.shape.width, model.shape.head_width

    def basis() -> Tensor:
        """Return a random orthonormal basis (head width, width) off the reserved components."""
        square = torch.randn(width - _RESERVED, head, generator=generator)
        rows = torch.linalg.qr(square).Q.T
        return torch.cat([torch.zeros(head, _RESERVED), rows], dim=1)

    identity = [basis() for _ in range(2)]
    previous = [basis() for _ in range(2)]
    tag, vote = basis(), basis()
    _number_sentences(model, identity, previous, tag)
    _match_and_vote(model, (basis(), basis(), basis()), tag, vote)
    _continue_repeats(model, identity, previous, tag)
    gather = _Head(model.blocks[3], 0)
    gather.near(model, 6.0, 1.2, (4, head // 4))
    gather.carry(vote, identity[0], 6.0)


def _free_pairs(model: Llama) -> tuple[int, int]:
    """Return the rotary pairs that turn too slowly to tell positions apart within the context."""
    return model.shape.head_width // 4, model.shape.head_width // 2


def _number_sentences(model: Llama, identity: list[Tensor], previous: list[Tensor], tag: Tensor) -> None:
    """Read the two tokens before, and with them the number of the sentence that a token stands in."""
    head = model.shape.head_width
    for index, distance in enumerate((1.0, 2.0)):
        reader = _Head(model.blocks[0], index)
        reader.near(model, distance, 9.0, (0, head // 8))
        reader.carry(identity[index], previous[index], 1.0)
    number = _Head(model.blocks[1], 0)
    number.near(model, 0.0, 3.0, (0, head // 4))
    number.flag(_BOUNDARY, 12.0, _free_pairs(model)[0])
    number.carry(previous[0], tag, 1.2)
    number.value[0] = 0.0
    number.value[0, _BRACKET] = 1.0
    number.output[:, 0] = 0.0
    number.output[_INSIDE, 0] = 1.0


def _match_and_vote(model: Llama, meanings: tuple[Tensor, ...], tag: Tensor, vote: Tensor) -> None:
    """Let tokens of like meaning vote for the number of the sentence that holds the match."""
    first, last = _free_pairs(model)
    for index, (meaning, strength) in enumerate(zip(meanings, (22.0, 22.0, 14.0), strict=True)):
        match = _Head(model.blocks[2], index)
        match.alike(meaning, meaning, strength, (first + 1, last))
        match.flag(_INSIDE, 14.0, first)
        match.carry(tag, vote, 1.0)


def _continue_repeats(model: Llama, identity: list[Tensor], previous: list[Tensor], tag: Tensor) -> None:
    """Find the token that followed the same token in the same sentence (an induction head)."""
    first, last = _free_pairs(model)
    eighth = model.shape.head_width // 8
    repeat = _Head(model.blocks[2], 3)
    repeat.alike(identity[0], previous[0], 12.0, (first, first + eighth))
    repeat.alike(tag, tag, 8.0, (first + eighth, last))
    repeat.carry(identity[1], identity[1], 1.0)
