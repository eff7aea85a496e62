"""Rows → packed micro-batches: no padding, and no row sees another."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from lorag.tuning.encode import EncodedRow


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """Rows laid end to end; positions start again at each, by which attention keeps them apart."""

    ids: torch.Tensor
    """(1, time) int64"""
    positions: torch.Tensor
    """(1, time) int64"""
    predicted_from: torch.Tensor
    """(trained,) int64: the position from which each trained token is predicted."""
    targets: torch.Tensor
    """(trained,) int64: the trained tokens."""


def pack(rows: Sequence[EncodedRow], device: torch.device) -> MicroBatch:
    """Lay rows end to end."""
    ids: list[int] = []
    positions: list[int] = []
    predicted_from: list[int] = []
    targets: list[int] = []
    for row in rows:
        start = len(ids)
        ids += row.ids
        positions += range(len(row.ids))
        for index in range(1, len(row.ids)):
            if row.trained[index]:
                predicted_from.append(start + index - 1)
                targets.append(row.ids[index])
    return MicroBatch(
        ids=torch.tensor([ids], device=device),
        positions=torch.tensor([positions], device=device),
        predicted_from=torch.tensor(predicted_from, device=device, dtype=torch.long),
        targets=torch.tensor(targets, device=device, dtype=torch.long),
    )


def steps(rows: Sequence[EncodedRow], *, batch_rows: int, seed: int, epoch: int) -> list[list[int]]:
    """Return the indices of the rows behind each optimizer step of an epoch, in an order fixed by seed and epoch."""
    order = list(range(len(rows)))
    random.Random(seed * 1_000_003 + epoch).shuffle(order)
    return [order[start : start + batch_rows] for start in range(0, len(order), batch_rows)]


def micro_batches(rows: Sequence[EncodedRow], *, tokens: int) -> Iterator[list[EncodedRow]]:
    """Group the rows of one step so that none holds more than ``tokens``, longest first (first-fit decreasing)."""
    bins: list[list[EncodedRow]] = []
    room: list[int] = []
    for row in sorted(rows, key=lambda row: len(row.ids), reverse=True):
        place = next((index for index, left in enumerate(room) if left >= len(row.ids)), None)
        if place is None:
            bins.append([row])
            room.append(tokens - len(row.ids))
        else:
            bins[place].append(row)
            room[place] -= len(row.ids)
    yield from bins
