"""The rows as a model would be trained on them: on its own tokens, rendered as the chat renders them."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from lorag.commands.train_engine import open_engine
from lorag.commands.train_events import Sample
from lorag.commands.train_view import line_of, sample_text
from lorag.settings import Settings
from lorag.tuning.doctor import Diagnosis, diagnose
from lorag.tuning.examples import Example
from lorag.tuning.pieces import read_vocabulary, runs

_SHOWN_ROWS: Final = 3


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of the rows as tokens."""

    model: str
    context_tokens: int
    diagnosis: Diagnosis
    samples: tuple[Sample, ...]
    """The first rows; which of their tokens are learned is in them."""

    def as_json(self) -> dict[str, object]:
        """Return it for ``--json``."""
        return {
            "model": self.model,
            "rows": len(self.diagnosis.rows),
            "longest": self.diagnosis.longest,
            "trained_tokens": self.diagnosis.trained_tokens,
            "total_tokens": self.diagnosis.total_tokens,
            "samples": [[list(part) for part in sample.parts] for sample in self.samples],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person should know."""
        found = self.diagnosis
        share = found.trained_tokens / max(1, found.total_tokens)
        yield (
            f"tokens     {found.total_tokens:,} for {self.model}, {share:.0%} of them learned; "
            f"longest row {found.longest:,} of {self.context_tokens:,}"
        )

    def print_samples(self) -> None:
        """Print the first rows with the learned tokens in colour, or between « and » where there is none."""
        console = Console(highlight=False)
        learned = "in green" if console.color_system else "between « and »"
        print(f"\nas the model reads it (what it learns is {learned}):")
        for sample in self.samples:
            if console.color_system:
                console.print(sample_text(sample))
            else:
                print(line_of(sample))


def examine(settings: Settings, base: Path, examples: Sequence[Example]) -> Examined:
    """Encode every example for a model and look at the result.

    Raises:
        EngineError: The model cannot be loaded.
    """
    return asyncio.run(_examine(settings, base, examples))


async def _examine(settings: Settings, base: Path, examples: Sequence[Example]) -> Examined:
    async with open_engine(settings, base) as engine:
        limit = engine.model.context_tokens
        rendered = [engine.with_chat_system(example) for example in examples]
        diagnosis = await asyncio.to_thread(diagnose, rendered, engine.encoder(), max_tokens=limit)
        vocabulary = read_vocabulary(base)
        shown = diagnosis.rows[:_SHOWN_ROWS]
        samples = tuple(Sample(tuple(runs(row.ids, row.trained, vocabulary))) for row in shown)
        return Examined(engine.model.name or base.stem, limit, diagnosis, samples)
