"""Batches of examples of like length, built ahead in a process of their own.

Which examples a group of batches holds depends only on the seed, the stage and the group's number, so that a resumed
run sees what an uninterrupted one would have seen.
"""

import itertools
import multiprocessing
import os
import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty, Full
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from chat.bpe import PAD, load_tokenizer
from chat.corpus import Corpus
from chat.encode import Encoded, encode
from chat.examples import ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.meaning import Meanings
from chat.pools import Pools
from chat.settings import Recipe, Stage

GROUP: Final = 16
"""Batches drawn together and sorted by length."""
_ROUND: Final = 16
"""Lengths are padded up to a multiple of this."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples padded to one length, with what is learned from them."""

    ids: Tensor
    """(batch, time)"""
    positions: Tensor
    """Flat positions with a loss weight."""
    following: Tensor
    """The token after each of those positions."""
    weights: Tensor
    ends: Tensor
    """Flat positions of sentence ends."""
    answers: Tensor
    """Whether each of those sentences answers."""
    meant: Tensor
    """Flat positions of sentence ends, and of where an answer begins, whose meaning is told."""
    meanings: Tensor
    """(meant, dimensions): what those sentences mean, and the question that is answered there."""

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """Return all of it, in the order in which it is made of them."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def tokens(self) -> int:
        """Tokens read, padding included."""
        return self.ids.numel()


def collate(rows: list[Encoded]) -> Batch:
    """Return rows as one batch."""
    time = -(-max(len(row.ids) for row in rows) // _ROUND) * _ROUND
    ids = np.full((len(rows), time), PAD, dtype=np.int64)
    weights = np.zeros((len(rows), time), dtype=np.float32)
    for index, row in enumerate(rows):
        ids[index, : len(row.ids)] = row.ids
        weights[index, : len(row.ids)] = row.weights
    flat = weights.reshape(-1)
    positions = np.flatnonzero(flat)
    ends = np.concatenate([row.sentence_ends + index * time for index, row in enumerate(rows)])
    answers = np.concatenate([row.answers for row in rows])
    meant = [
        np.append(row.sentence_ends, row.answer_start) + index * time
        for index, row in enumerate(rows)
        if len(row.meanings)
    ]
    return Batch(
        ids=torch.from_numpy(ids),
        positions=torch.from_numpy(positions),
        following=torch.from_numpy(ids.reshape(-1)[positions + 1]),
        weights=torch.from_numpy(flat[positions]),
        ends=torch.from_numpy(ends.astype(np.int64)),
        answers=torch.from_numpy(answers.astype(np.float32)),
        meant=torch.from_numpy(np.concatenate([np.zeros(0), *meant]).astype(np.int64)),
        meanings=torch.from_numpy(np.concatenate([row.meanings for row in rows])),
    )


class BatchSource:
    """Draws groups of batches for a recipe's stages."""

    def __init__(self, recipe: Recipe, corpus: Corpus, tokenizer_path: Path) -> None:
        self._recipe = recipe
        self._tokenizer = load_tokenizer(tokenizer_path)
        self._builder = ExampleBuilder(Pools(corpus), SmallTalk(FOLDER))
        self._meanings = Meanings() if recipe.optimizer.meaning_weight else None

    def group(self, stage: Stage, number: int) -> list[Batch]:
        """Return the batches of group ``number`` of a stage."""
        name = f"{self._recipe.seed} {stage.name} {number}"
        rng = random.Random(name)
        mask = np.random.default_rng(list(name.encode()))
        rows = self._rows(stage, rng, mask)
        rows.sort(key=lambda row: len(row.ids))
        batches, held = [], list[Encoded]()
        for row in rows:
            if held and (len(held) + 1) * len(row.ids) > self._recipe.optimizer.batch_tokens:
                batches.append(collate(held))
                held = []
            held.append(row)
        batches.append(collate(held))
        rng.shuffle(batches)
        return batches

    def _rows(self, stage: Stage, rng: random.Random, mask: np.random.Generator) -> list[Encoded]:
        kinds, shares = list(stage.mix), list(stage.mix.values())
        rows, wanted = list[Encoded](), GROUP * self._recipe.optimizer.batch_tokens
        while wanted > 0:
            example = self._builder.build(rng.choices(kinds, shares)[0], stage.shape, rng)
            row = encode(self._tokenizer, example, self._recipe.loss, mask)
            if len(row.ids) <= stage.longest:
                rows.append(replace(row, meanings=self._meanings.of(example)) if self._meanings else row)
                wanted -= len(row.ids)
        return rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands in its data."""

    tokens: int = 0
    group: int = 0
    batch: int = 0


def batches_from(source: BatchSource, recipe: Recipe, place: Place) -> Iterator[tuple[Place, Stage, float, Batch]]:
    """Yield the place after each batch, its stage, the stage's share done before it, and the batch."""
    tokens, group, skip = place.tokens, place.group, place.batch
    while (at := recipe.stage_at(tokens)) is not None:
        stage = at[0]
        batches = source.group(stage, group)
        for index in range(skip, len(batches)):
            at = recipe.stage_at(tokens)
            # A group is finished in the stage that drew it.
            done = at[1] if at is not None and at[0] is stage else 1.0
            tokens += batches[index].tokens
            last = index + 1 == len(batches)
            yield Place(tokens, group + last, 0 if last else index + 1), stage, done, batches[index]
        group, skip = group + 1, 0


def rounds(
    batches: Iterator[tuple[Place, Stage, float, Batch]], workers: int
) -> Iterator[list[tuple[Place, Stage, float, Batch]]]:
    """Yield a batch for each of ``workers``, all with the place after the whole round, so that they agree on it."""
    while len(round_ := list(itertools.islice(batches, workers))) == workers:
        reached = round_[-1][0]
        yield [(reached, stage, done, batch) for _, stage, done, batch in round_]


def queues_for(workers: int) -> list[Any]:
    """Return a queue of batches for each of the processes that train together."""
    context = multiprocessing.get_context("spawn")
    return [context.Queue(maxsize=2 * GROUP) for _ in range(workers)]


def batches_ahead(
    recipe: Recipe, corpus: Corpus, tokenizer_path: Path, place: Place, queues: Sequence[Any], worker: int
) -> Generator[tuple[Place, Stage, float, Batch], None, None]:
    """Yield the batches of one worker, from a process that works ahead for all of them and belongs to the first.

    Raises:
        RuntimeError: That process ended before its work did; its own message stands above.
    """
    process = None
    if worker == 0:
        arguments = (queues, os.getpid(), recipe, corpus, tokenizer_path, place)
        process = multiprocessing.get_context("spawn").Process(target=_fill, args=arguments, daemon=True)
        process.start()
    try:
        while (item := _next(queues[worker], process)) is not None:
            place, stage, done, batch = item
            yield place, stage, done, Batch(*(torch.from_numpy(part) for part in batch))
    finally:
        if process is not None:
            # What is not read to its end must not be waited for.
            process.terminate()
            process.join()


def _next(queue: Any, process: BaseProcess | None) -> Any:
    """Return the next item of a queue; what its process put there is read even when it has ended."""
    while True:
        alive = process is None or process.is_alive()
        try:
            return queue.get(timeout=5)
        except Empty:
            if not alive:
                raise RuntimeError("the process that builds the batches ended before its work did") from None


def _fill(
    queues: Sequence[Any], parent: int, recipe: Recipe, corpus: Corpus, tokenizer_path: Path, place: Place
) -> None:
    torch.set_num_threads(1)
    source = BatchSource(recipe, corpus, tokenizer_path)
    for round_ in rounds(batches_from(source, recipe, place), len(queues)):
        for queue, (reached, stage, done, batch) in zip(queues, round_, strict=True):
            if not _put(queue, (reached, stage, done, tuple(part.numpy() for part in batch.parts)), parent):
                for each in queues:
                    # The trainer was killed: what it never read must not keep this process alive.
                    each.cancel_join_thread()
                return
    for queue in queues:
        queue.put(None)


def _put(queue: Any, item: object, parent: int) -> bool:
    """Put an item into a queue as soon as there is room; tell whether somebody is left to read it."""
    while os.getppid() == parent:
        try:
            queue.put(item, timeout=5)
        except Full:
            continue
        return True
    return False
