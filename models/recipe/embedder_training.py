"""Contrastive training of token vectors: in-batch and mined hard negatives at several cut-off dimensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Bags:
    """Token ids of many texts, one after the other."""

    ids: Ids
    starts: NDArray[np.int64]
    """Where each text begins, and the end of the last: one more entry than texts."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: NDArray[np.int64]) -> "Bags":
        """Return the chosen texts."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Bags(self.ids[positions], starts)

    def unrepeated(self, other: "Bags", chosen: NDArray[np.bool_]) -> "Bags":
        """Return the texts, the ``chosen`` ones without the tokens that the same text of ``other`` holds, as far as any are left."""
        rows, others = (np.repeat(np.arange(len(bags)), np.diff(bags.starts)) for bags in (self, other))
        size = 1 + max(self.ids.max(initial=0), other.ids.max(initial=0))
        alone = ~np.isin(rows * size + self.ids, others * size + other.ids)
        left = np.bincount(rows[alone], minlength=len(self)) > 0
        kept = alone | ~(chosen & left)[rows]
        before = np.concatenate([[0], np.cumsum(kept)])
        return Bags(self.ids[kept], before[self.starts])

    def dropped(self, probability: float, rng: np.random.Generator) -> "Bags":
        """Return the texts with tokens left out at random, so that no single word carries a pair."""
        kept = rng.random(len(self.ids)) >= probability
        before = np.concatenate([[0], np.cumsum(kept)])
        return Bags(self.ids[kept], before[self.starts])


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> Bags:
    """Tokenise texts."""
    pieces: list[Ids] = []
    for start in range(0, len(texts), 20_000):
        batch = tokenizer.encode_batch_fast(list(texts[start : start + 20_000]), add_special_tokens=False)
        pieces.extend(np.asarray(encoding.ids, np.int32) for encoding in batch)
    lengths = np.fromiter((len(piece) for piece in pieces), np.int64, len(pieces))
    return Bags(np.concatenate([*pieces, np.empty(0, np.int32)]), np.concatenate([[0], np.cumsum(lengths)]))


def embed(vectors: torch.Tensor, bags: Bags) -> torch.Tensor:
    """Sum the token vectors of each text; their mean has the same direction."""
    ids = torch.from_numpy(bags.ids).to(vectors.device, torch.long)
    starts = torch.from_numpy(bags.starts[:-1]).to(vectors.device)
    return functional.embedding_bag(ids, vectors, starts, mode="sum")


def ranking_loss(
    anchors: torch.Tensor, positives: torch.Tensor, same: torch.Tensor, dimensions: Sequence[int], scale: float
) -> torch.Tensor:
    """Multiple-negatives ranking loss in both directions, averaged over the cut-off dimensions.

    ``positives`` may have more rows than ``anchors``: the rest are hard negatives. ``same`` marks candidates that are
    no negatives because their text is that of the positive.
    """
    losses = []
    count = len(anchors)
    target = torch.arange(count, device=anchors.device)
    for width in dimensions:
        left = functional.normalize(anchors[:, :width], dim=1)
        right = functional.normalize(positives[:, :width], dim=1)
        scores = (scale * left @ right.T).masked_fill(same, -1e4)  # (anchors, positives and hard negatives)
        losses.append(functional.cross_entropy(scores, target) + functional.cross_entropy(scores[:, :count].T, target))
    return torch.stack(losses).mean() / 2


@dataclass(frozen=True, slots=True)
class PairSet:
    """Tokenised pairs, with what is needed to make batches of them."""

    anchors: Bags
    positives: Bags
    anchor_keys: NDArray[np.int64]
    """Equal for equal texts."""
    positive_keys: NDArray[np.int64]
    groups: tuple[NDArray[np.int64], ...]
    """Rows that may share a batch: everything of one kind and language, or of one source."""
    weights: NDArray[np.float64]
    """How often each group is drawn."""


@dataclass(frozen=True, slots=True)
class StageOptions:
    """How to train one stage."""

    steps: int
    batch_size: int
    learning_rate: float
    warmup: float
    """Share of the steps in which the rate rises."""
    scale: float
    """Inverse temperature of the cosines."""
    dimensions: tuple[int, ...]
    token_dropout: float
    unrepeated: float
    """Share of the pairs whose anchor is read without the words that its positive repeats: they are no evidence of meaning."""
    seed: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """One optimisation step."""

    step: int
    loss: float
    tokens: int


class Trainer:
    """One stage of training; a step depends only on the seed and its number, so that a stage can be resumed."""

    def __init__(
        self, vectors: torch.Tensor, data: PairSet, negatives: NDArray[np.int64] | None, options: StageOptions
    ) -> None:
        """``negatives`` holds, for each pair, rows whose positives are wrong for it; -1 for none."""
        self.vectors = vectors.clone().requires_grad_(True)
        self.next_step = 0
        self._data = data
        self._negatives = negatives
        self._options = options
        self._optimizer = torch.optim.Adam([self.vectors], lr=options.learning_rate, betas=(0.9, 0.98))

    def step(self) -> StepReport:
        """Take one step."""
        options, number = self._options, self.next_step
        rng = np.random.default_rng([options.seed, number])
        for group in self._optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(number / options.steps, options.warmup)
        rows = _batch_rows(self._data, options.batch_size, rng)
        hard = _hard_rows(self._negatives, rows, rng)
        anchors = self._data.anchors.take(rows)
        anchors = anchors.unrepeated(self._data.positives.take(rows), rng.random(len(rows)) < options.unrepeated)
        anchors = anchors.dropped(options.token_dropout, rng)
        positives = self._data.positives.take(np.concatenate([rows, hard])).dropped(options.token_dropout, rng)
        loss = ranking_loss(
            embed(self.vectors, anchors),
            embed(self.vectors, positives),
            _same_text(self._data, rows, hard).to(self.vectors.device),
            options.dimensions,
            options.scale,
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self.next_step += 1
        return StepReport(number, loss.item(), len(anchors.ids) + len(positives.ids))

    def state(self) -> dict[str, Any]:
        """Return what ``resume`` needs."""
        return {"vectors": self.vectors.detach(), "optimizer": self._optimizer.state_dict(), "step": self.next_step}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on where a saved state was taken."""
        with torch.no_grad():
            self.vectors.copy_(state["vectors"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.next_step = state["step"]


def drawn_rows(data: PairSet, options: StageOptions) -> NDArray[np.int64]:
    """Return the rows that a stage will read, each once: what is prepared for the others is never used."""
    steps = (np.random.default_rng([options.seed, number]) for number in range(options.steps))
    return np.unique(np.concatenate([_batch_rows(data, options.batch_size, rng) for rng in steps]))


def _rate(progress: float, warmup: float) -> float:
    """Rise linearly, then fall as a cosine."""
    if progress < warmup:
        return (progress + 1e-3) / warmup
    return 0.5 * (1 + float(np.cos(np.pi * (progress - warmup) / (1 - warmup))))


def _batch_rows(data: PairSet, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw one group, then rows of it."""
    group = data.groups[rng.choice(len(data.groups), p=data.weights)]
    return group[rng.choice(len(group), size=min(size, len(group)), replace=False)]


def _hard_rows(
    negatives: NDArray[np.int64] | None, rows: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose one mined negative for every row that has any."""
    if negatives is None:
        return np.empty(0, np.int64)
    mined = negatives[rows, rng.integers(0, negatives.shape[1], len(rows))]
    return mined[mined >= 0]


def _same_text(data: PairSet, rows: NDArray[np.int64], hard: NDArray[np.int64]) -> torch.Tensor:
    """Mark, for every row, the other candidates that are right for it too."""
    candidates = np.concatenate([rows, hard])
    same = data.positive_keys[rows][:, None] == data.positive_keys[candidates][None, :]
    same[:, : len(rows)] |= data.anchor_keys[rows][:, None] == data.anchor_keys[rows][None, :]
    same[np.arange(len(rows)), np.arange(len(rows))] = False
    return torch.from_numpy(same)


def encode_unit(vectors: torch.Tensor, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed texts as rows of unit length."""
    with torch.no_grad():
        return functional.normalize(embed(vectors, encode(tokenizer, texts)), dim=1).numpy()
