"""How well a model does what it was tuned for: loss on held-out answers, and how its own answers match them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from lorag.evaluation.answers import character_f1, contains_answer, exact_match, token_f1
from lorag.evaluation.subject import Asked, Subject

OnStep = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class TaskItem:
    """A held-out question and its right answers."""

    asked: Asked
    """With the passages that retrieval finds, if there is a library."""
    references: tuple[str, ...]
    """At least one; the first is the one whose likelihood is measured."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One item measured."""

    question: str
    answer: str
    loss: float
    """Mean negative log likelihood of the reference, nats per token."""
    reference_tokens: int
    exact: float
    contains: float
    """1 when the reference stands in the answer: fair to models that quote whole sentences."""
    token_f1: float
    character_f1: float
    answer_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A held-out set measured."""

    rows: tuple[TaskRow, ...]

    @property
    def loss(self) -> float:
        """Nats per token over all reference tokens."""
        return sum(row.loss * row.reference_tokens for row in self.rows) / sum(
            row.reference_tokens for row in self.rows
        )

    @property
    def exact_match(self) -> float:
        """Share of answers that are a reference."""
        return fmean(row.exact for row in self.rows)

    @property
    def contains(self) -> float:
        """Share of answers that hold a reference."""
        return fmean(row.contains for row in self.rows)

    @property
    def token_f1(self) -> float:
        """Mean F1 of words."""
        return fmean(row.token_f1 for row in self.rows)

    @property
    def character_f1(self) -> float:
        """Mean F1 of characters."""
        return fmean(row.character_f1 for row in self.rows)

    @property
    def tokens_per_second(self) -> float:
        """Answer tokens a second, the reading of the prompt included."""
        seconds = self.seconds
        return sum(row.answer_tokens for row in self.rows) / seconds if seconds else 0.0

    @property
    def seconds(self) -> float:
        """Time of all answers."""
        return sum(row.seconds for row in self.rows)


async def measure_task(
    subject: Subject,
    items: Sequence[TaskItem],
    *,
    grounded: bool = False,
    max_tokens: int = 256,
    on_step: OnStep | None = None,
) -> TaskResult:
    """Answer and score every item; without ``grounded`` the passages are not shown.

    Raises:
        ValueError: There are no items.
    """
    if not items:
        raise ValueError("no items to measure")
    rows: list[TaskRow] = []
    for number, item in enumerate(items, 1):
        asked = item.asked if grounded else replace(item.asked, passages=())
        likelihoods = await subject.score(asked, item.references[0])
        reply = await subject.reply(asked, max_tokens=max_tokens)
        rows.append(
            TaskRow(
                question=asked.question,
                answer=reply.text,
                loss=-fmean(likelihoods) if likelihoods else 0.0,
                reference_tokens=len(likelihoods),
                exact=exact_match(reply.text, item.references),
                contains=contains_answer(reply.text, item.references),
                token_f1=token_f1(reply.text, item.references),
                character_f1=character_f1(reply.text, item.references),
                answer_tokens=reply.tokens,
                seconds=reply.seconds,
            )
        )
        if on_step is not None:
            on_step(number, len(items))
    return TaskResult(tuple(rows))


async def task_loss(subject: Subject, items: Sequence[TaskItem], *, grounded: bool = False) -> float:
    """Return the loss on the references alone, nats per token; nothing is generated.

    Raises:
        ValueError: There is nothing to score.
    """
    total, tokens = 0.0, 0
    for item in items:
        asked = item.asked if grounded else replace(item.asked, passages=())
        likelihoods = await subject.score(asked, item.references[0])
        total -= sum(likelihoods)
        tokens += len(likelihoods)
    if not tokens:
        raise ValueError("no tokens to score")
    return total / tokens
