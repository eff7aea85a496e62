"""Contrastive training of token vectors: in-batch and mined hard negatives at several cut-off dimensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from embedder_bags import Bags, embed
from embedder_late import cut, late_scores
from numpy.typing import NDArray
from torch.nn import functional


def ranking_loss(
    anchors: torch.Tensor, positives: torch.Tensor, same: torch.Tensor, dimensions: Sequence[int], scale: float
) -> torch.Tensor:
    """Multiple-negatives ranking loss in both directions, averaged over the cut-off dimensions.

    ``positives`` may have more rows than ``anchors``: the rest are hard negatives. ``same`` marks candidates that are
    no negatives because their text is that of the positive.
    """
    losses = []
    for width in dimensions:
        left = functional.normalize(anchors[:, :width], dim=1)
        right = functional.normalize(positives[:, :width], dim=1)
        losses.append(_both_ways(scale * left @ right.T, same))
    return torch.stack(losses).mean()


def _both_ways(scores: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of choosing the positive of each anchor, (anchors, positives and hard negatives), and the other way."""
    scores, count = scores.masked_fill(same, -1e4), len(scores)
    target = torch.arange(count, device=scores.device)
    return (functional.cross_entropy(scores, target) + functional.cross_entropy(scores[:, :count].T, target)) / 2


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
    late: float = 0.0
    """Weight of the loss of late interaction beside that of the mean."""
    longest: tuple[int, int] = (24, 48)
    """Tokens of an anchor and of a positive that are compared one by one."""


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
        same = _same_text(self._data, rows, hard).to(self.vectors.device)
        means = embed(self.vectors, anchors), embed(self.vectors, positives)
        loss = ranking_loss(*means, same, options.dimensions, options.scale)
        if options.late:
            stretches = [cut(bags, most, rng) for bags, most in zip((anchors, positives), options.longest, strict=True)]
            loss = loss + options.late * _both_ways(options.scale * late_scores(self.vectors, *stretches), same)
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
