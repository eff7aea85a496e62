"""Makes the weights of a larger network of those of a smaller one, such that it computes what the smaller one did.

New blocks add nothing at first (Gong et al. 2019; Wu et al. 2024). A wider stream (Chen et al. 2016, Net2Net) holds in its new
components what the embedder knows of each token. New heads look for tokens of like meaning there; what they and the new feed-forward
units find is added to the stream with a weight of nothing, from which training goes on.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chat.model import Llama, ModelShape

Weights = dict[str, NDArray[np.float32]]
"""The weights of a network by the names of :class:`chat.model.Llama`."""

_ADDING: Final = ("output.weight", "down.weight")
"""What a block adds to its input comes out of these."""
_LOOKING: Final = ("query.weight", "key.weight")
_FEEDING: Final = ("gate.weight", "up.weight", "down.weight")
_LOUDNESS: Final = 0.4
"""Root mean square of the embedding's new components, beside that of its old ones: too little to change much of what is normed."""
_SHARPNESS: Final = 6.0
"""How much more a new head attends to a token of the same meaning than to one of none, in nats."""


def origins(held: int, wanted: int) -> list[tuple[int, bool]]:
    """Return, for each of ``wanted`` blocks, which of the ``held`` ones it is made of and whether it is new beside it."""
    new = wanted - held
    after = [round((index + 1) * held / (new + 1)) - 1 for index in range(new)]
    return [pair for block in range(held) for pair in [(block, False), *[(block, True)] * after.count(block)]]


def deepened(weights: Weights, wanted: int) -> Weights:
    """Return the weights of a network of ``wanted`` blocks: new ones, spread among the old, are copies of the one before them."""
    held = block_count(weights)
    deep = {name: values for name, values in weights.items() if not name.startswith("blocks.")}
    for number, (origin, new) in enumerate(origins(held, wanted)):
        for name, values in _block(weights, origin).items():
            deep[f"blocks.{number}.{name}"] = np.zeros_like(values) if new and name in _ADDING else values
    return deep


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the new components of a wider stream hold, and how loud the stream is that they join."""

    vectors: NDArray[np.float32]
    """(vocabulary, new components): what tokens mean."""
    loudness: NDArray[np.float32]
    """(blocks,): root mean square of what each block of the smaller network reads."""

    def save(self, path: Path) -> None:
        """Write them to an ``npz`` file."""
        np.savez(path, vectors=self.vectors, loudness=self.loudness)

    @classmethod
    def load(cls, path: Path) -> "Meanings":
        """Read what :meth:`save` has written."""
        with np.load(path) as held:
            return cls(held["vectors"], held["loudness"])


def stream_loudness(model: Llama, ids: Tensor) -> NDArray[np.float32]:
    """Return the root mean square of what each block reads at ``ids`` (batch, time)."""
    heard = list[float]()
    hooks = [
        block.register_forward_pre_hook(lambda _, inputs: heard.append(float(inputs[0].square().mean().sqrt())))
        for block in model.blocks
    ]
    with torch.no_grad():
        model(ids)
    for hook in hooks:
        hook.remove()
    return np.array(heard, dtype=np.float32)


def widened(weights: Weights, shape: ModelShape, meanings: Meanings, seed: int) -> Weights:
    """Return the weights of a network of ``shape``, as deep as it is and wider."""
    generator = torch.Generator().manual_seed(seed)
    old = weights["norm.gain"].shape[0]
    # What is normed is as loud as before, over more components.
    kept = math.sqrt(old / shape.width)
    embedding = weights["embedding.weight"]
    loudness = _LOUDNESS * _loudness(embedding)
    spoken = meanings.vectors * (loudness / _loudness(meanings.vectors))
    # Which token comes next is told by the old components alone, at first.
    silent = np.zeros(shape.width - old, np.float32)
    wide = {
        "embedding.weight": np.concatenate([embedding, spoken], axis=1),
        "norm.gain": np.concatenate([weights["norm.gain"] * kept, silent]),
    }
    for number, heard in enumerate(meanings.loudness):
        # New components are to be as loud as the old ones where they are read.
        louder = float(heard) / loudness
        for name, values in _wider(_block(weights, number), shape, kept, louder, generator).items():
            wide[f"blocks.{number}.{name}"] = values
    return wide


def block_count(weights: Weights) -> int:
    """Return how many blocks a network has."""
    return 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))


def _block(weights: Weights, number: int) -> Weights:
    start = f"blocks.{number}."
    return {name.removeprefix(start): values for name, values in weights.items() if name.startswith(start)}


def _loudness(values: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(values).mean()))


def _wider(block: Weights, shape: ModelShape, kept: float, louder: float, generator: torch.Generator) -> Weights:
    wide = dict[str, NDArray[np.float32]]()
    matching = _matching(shape, shape.width - len(block["attention_norm.gain"]), generator)
    for name, values in block.items():
        if values.ndim == 1:
            loud = np.full(shape.width - len(values), kept * louder * values.mean(), np.float32)
            wide[name] = np.concatenate([values * kept, loud])
            continue
        inner = shape.feed_forward if name in _FEEDING else shape.width
        rows, columns = values.shape
        if name in _ADDING:
            wide[name] = np.zeros((shape.width, inner), np.float32)
        else:
            new = torch.empty(inner - rows, shape.width).normal_(0, shape.width**-0.5, generator=generator).numpy()
            if name in _LOOKING:
                new = 0.1 * new + matching[: inner - rows]
            wide[name] = np.concatenate([np.zeros((rows, shape.width), np.float32), new])
        wide[name][:rows, :columns] = values
    return wide


def _matching(shape: ModelShape, meanings: int, generator: torch.Generator) -> NDArray[np.float32]:
    """Return rows (width, width) of queries and keys alike, head by head, which compare the last ``meanings`` components.

    They stand where the rotary embedding turns too slowly to tell positions apart (:mod:`chat.initial`).
    """
    head, half = shape.head_width, shape.head_width // 2
    free = [*range(head // 4, half), *range(half + head // 4, head)]
    rows = torch.zeros(shape.width, shape.width)
    for start in range(0, shape.width, head):
        basis = torch.linalg.qr(torch.randn(meanings, len(free), generator=generator)).Q.T
        scale = math.sqrt(_SHARPNESS * math.sqrt(head) / len(free))
        rows[[start + row for row in free], shape.width - meanings :] = scale * basis
    return rows.numpy()
