"""A measurement gone through without a model: what will be asked, so that it can be estimated and followed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lorag.commands.train_events import Measuring
from lorag.commands.train_record import Call, Kind, Record, RecordedSubject
from lorag.commands.train_view import View
from lorag.evaluation.divergence import Sample, draw_samples
from lorag.evaluation.general import measure_perplexity
from lorag.evaluation.subject import Asked, Reply
from lorag.evaluation.suite import Suite, measure_all

DIVERGENCE_TOKENS: Final = 48
_TIMED: Final[Mapping[Kind, int]] = {"score": 3, "text": 2, "reply": 3}
"""How many calls of a kind are timed for an estimate; their results are kept, so that nothing is done twice."""

Calls = Mapping[str, Call]
"""By key, in the order in which they are made; a call that comes again is there once."""


class _Rehearsal:
    """A subject that says nothing and notes what it is asked."""

    def __init__(self, quotes: bool) -> None:
        self.calls: dict[str, Call] = {}
        self._quotes = quotes

    @property
    def quotes(self) -> bool:
        return self._quotes

    async def score(self, asked: Asked, answer: str) -> list[float]:
        self._note(Call("score", asked, answer))
        return [-1.0]

    async def score_text(self, text: str) -> list[float]:
        self._note(Call("text", text))
        return [-1.0]

    async def reply(self, asked: Asked, *, max_tokens: int, sampled: bool = False, seed: int = 0) -> Reply:
        self._note(Call("reply", asked, max_tokens=max_tokens, seed=seed if sampled else None))
        # What is drawn is scored after it, as the text that it then is; an empty one is not.
        return Reply("" if sampled else "-", True, 1, 1.0, 1)

    def _note(self, call: Call) -> None:
        self.calls.setdefault(call.key, call)


async def calls_of_base(suite: Suite, texts: Sequence[str], *, quotes: bool) -> Calls:
    """Return what the base is asked."""
    rehearsal = _Rehearsal(quotes)
    await measure_all(rehearsal, suite)
    await draw_samples(rehearsal, suite.questions, max_tokens=DIVERGENCE_TOKENS)
    await measure_perplexity(rehearsal, () if suite.items else texts)
    return rehearsal.calls


async def calls_of_tuned(suite: Suite, samples: Sequence[Sample], texts: Sequence[str], *, quotes: bool) -> Calls:
    """Return what a tuned model is asked when it is measured in full."""
    rehearsal = _Rehearsal(quotes)
    await measure_all(rehearsal, suite, samples)
    await measure_perplexity(rehearsal, () if suite.items else texts)
    return rehearsal.calls


async def seconds_of_measuring(
    subject: RecordedSubject, record: Record, base: Calls, tuned: Calls
) -> tuple[float, float]:
    """Return the seconds for what is left of the base and for one tuned model, from a few calls that are timed."""
    for kind, count in _TIMED.items():
        calls = [call for call in base.values() if call.kind == kind]
        for call in calls[:: max(1, -(-len(calls) // count))]:
            await subject.make(call)
    left = [call for key, call in base.items() if key not in record]
    return _seconds(left, (record,)), _seconds(tuned.values(), (record,))


class Gauge:
    """Shows how far the measurement of one model is, and how long the rest of it takes."""

    def __init__(self, view: View, what: str, calls: Calls, records: Sequence[Record]) -> None:
        """Follow a measurement.

        Args:
            view: Where it is shown.
            what: The model.
            calls: What it will be asked.
            records: Where the seconds of a call are looked up, the model's own record first.
        """
        self._view = view
        self._what = what
        self._left = dict(calls)
        self._total = len(calls)
        self._records = records

    def __call__(self, key: str) -> None:
        """Take note of a call that has its result."""
        if self._left.pop(key, None) is not None:
            seconds = _seconds(self._left.values(), self._records)
            self._view.show(Measuring(self._what, self._total - len(self._left), self._total, round(seconds, 1)))


def _seconds(calls: Iterable[Call], records: Sequence[Record]) -> float:
    counts = Counter(call.kind for call in calls)
    return sum(count * _seconds_of(kind, records) for kind, count in counts.items())


def _seconds_of(kind: Kind, records: Sequence[Record]) -> float:
    known = (record.seconds_of(kind) for record in records)
    return next((seconds for seconds in known if seconds is not None), 0.0)
