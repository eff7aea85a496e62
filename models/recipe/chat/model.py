"""A small llama, written out: what llama.cpp runs from the exported file is computed here line by line."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

ABOVE_MARKER: Final = 2
"""Blocks above the early marker: what it finds at the ends of sentences can still be gathered by the answer."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Sizes of the network."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    feed_forward: int
    rope_base: float
    context: int

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


class RMSNorm(nn.Module):
    """Root-mean-square normalisation with a learned gain."""

    epsilon = 1e-5

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` (…, width) at unit mean square."""
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)).to(x.dtype) * self.gain


class Block(nn.Module):
    """Attention, then a gated feed-forward layer, each added to the residual stream."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        width, inner = shape.width, shape.feed_forward
        self.heads, self.head_width = shape.heads, shape.head_width
        self.attention_norm, self.feed_forward_norm = RMSNorm(width), RMSNorm(width)
        self.query, self.key, self.value, self.output = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, inner, bias=False) for _ in range(2))
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Return the residual stream (batch, time, width) after this block."""
        batch, time, width = x.shape
        normed = self.attention_norm(x)
        split = (batch, time, self.heads, self.head_width)
        query, key, value = (
            project(normed).view(split).transpose(1, 2) for project in (self.query, self.key, self.value)
        )
        query, key = rotate(query, cosine, sine), rotate(key, cosine, sine)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, time, width))
        normed = self.feed_forward_norm(x)
        further: Tensor = x + self.down(functional.silu(self.gate(normed)) * self.up(normed))
        return further


class Llama(nn.Module):
    """The network up to its last hidden state; the vocabulary projection shares the embedding."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.width)
        cosine, sine = rotation_tables(shape)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        self.cosine: Tensor
        self.sine: Tensor

    def forward(self, ids: Tensor) -> Tensor:
        """Return normed hidden states (batch, time, width) of ``ids`` (batch, time)."""
        return self.states(ids)[0]

    def states(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return normed hidden states (batch, time, width): at the end, below the last ``ABOVE_MARKER`` blocks, halfway."""
        time = ids.shape[1]
        x = self.embedding(ids)
        cosine, sine = self.cosine[:time].to(x.dtype), self.sine[:time].to(x.dtype)
        early = halfway = x
        for number, block in enumerate(self.blocks):
            if number == len(self.blocks) - ABOVE_MARKER:
                early = _unit_square(x)
            if number == len(self.blocks) // 2:
                halfway = _unit_square(x)
            x = block(x, cosine, sine)
        return self.norm(x), early, halfway

    def logits(self, hidden: Tensor) -> Tensor:
        """Return next-token logits (…, vocabulary) of hidden states (…, width)."""
        return functional.linear(hidden, self.embedding.weight)


def _unit_square(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + RMSNorm.epsilon).to(x.dtype)


def rotation_tables(shape: ModelShape) -> tuple[Tensor, Tensor]:
    """Return cosine and sine (context, head width) of the rotary position embedding, halves side by side."""
    half = shape.head_width // 2
    frequencies = shape.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.outer(torch.arange(shape.context, dtype=torch.float64), frequencies)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Return ``x`` (batch, head, time, head width) turned by its positions."""
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine
