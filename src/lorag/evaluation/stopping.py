"""Whether a model still ends its answers, and does not say the same again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from lorag.evaluation.subject import Asked, Subject
from lorag.evaluation.task import OnStep

_RUN: Final = 4
"""Words (or, where there are no spaces, characters) of a run that should not come twice."""


@dataclass(frozen=True, slots=True)
class StopResult:
    """How answers ended."""

    ended: tuple[bool, ...]
    repeated: tuple[float, ...]
    """Share of runs of four words in each answer that stood in it before."""

    @property
    def stop_rate(self) -> float:
        """Share of answers the model ended by itself."""
        return fmean(self.ended)

    @property
    def repetition(self) -> float:
        """Mean share of repeated runs."""
        return fmean(self.repeated)


async def measure_stopping(
    subject: Subject, questions: Sequence[str], *, max_tokens: int = 256, on_step: OnStep | None = None
) -> StopResult:
    """Answer every question in plain chat."""
    ended: list[bool] = []
    repeated: list[float] = []
    for number, question in enumerate(questions, 1):
        reply = await subject.reply(Asked(question), max_tokens=max_tokens)
        ended.append(reply.ended)
        repeated.append(repetition(reply.text))
        if on_step is not None:
            on_step(number, len(questions))
    return StopResult(tuple(ended), tuple(repeated))


def repetition(text: str) -> float:
    """Return the share of runs of four words that stood in the text before; 0 is none."""
    words = text.split()
    runs = [tuple(words[index : index + _RUN]) for index in range(len(words) - _RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
