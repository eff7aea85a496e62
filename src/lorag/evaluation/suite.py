"""Everything that is measured of a model before and after tuning, in one go."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from lorag.evaluation.bundled import bundled_texts, general_questions
from lorag.evaluation.cases import ContextCase, bundled_cases
from lorag.evaluation.divergence import Divergence, Sample, measure_divergence
from lorag.evaluation.general import Perplexity, measure_perplexity
from lorag.evaluation.probes import Probe, ProbeResult, bundled_probes, measure_probes
from lorag.evaluation.reliance import RelianceResult, measure_follows, measure_reliance
from lorag.evaluation.stopping import StopResult, measure_stopping
from lorag.evaluation.subject import Subject
from lorag.evaluation.task import OnStep, TaskItem, TaskResult, measure_task, task_loss

OnProgress = Callable[[str, int, int], None]
"""Called with the measure's name, how many steps are done and how many there are."""

_STOP_QUESTIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Suite:
    """What a model is measured with."""

    items: tuple[TaskItem, ...]
    """Held-out rows of the task; empty when only forgetting is of interest."""
    cases: tuple[ContextCase, ...]
    questions: tuple[str, ...]
    probes: tuple[Probe, ...]
    texts: tuple[str, ...]
    max_tokens: int = 256

    @classmethod
    def bundled(cls, items: Sequence[TaskItem] = (), cases: Sequence[ContextCase] = (), max_tokens: int = 256) -> Self:
        """Return the suite of these items and cases and all that comes with lorag."""
        return cls(
            items=tuple(items),
            cases=(*cases, *bundled_cases()),
            questions=tuple(general_questions()),
            probes=tuple(bundled_probes()),
            texts=tuple(bundled_texts()),
            max_tokens=max_tokens,
        )

    def thinned(self, step: int) -> Self:
        """Return every ``step``-th of all but the task's items: for a faster and less certain measurement."""
        return dataclasses.replace(
            self,
            cases=self.cases[::step],
            questions=self.questions[::step],
            probes=self.probes[::step],
            texts=self.texts[::step],
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured of one model; what a quick measurement leaves out is None."""

    loss: float | None
    """On held-out answers without passages, nats per token; None without items."""
    perplexity: Perplexity
    probes: ProbeResult
    follows: tuple[float, ...]
    """1 for every counterfactual passage that was believed."""
    divergence: Divergence | None
    """From the base; None for the base itself."""
    task: TaskResult | None = None
    grounded: TaskResult | None = None
    """The task with passages; None when no item has any."""
    stopping: StopResult | None = None
    reliance: RelianceResult | None = None

    @property
    def follow_rate(self) -> float:
        """Share of counterfactual passages that were believed."""
        return sum(self.follows) / len(self.follows)

    def record(self) -> dict[str, Any]:
        """Return the figures as JSON, with single answers of the task."""
        return {
            "loss": self.loss,
            "perplexity": {
                "all": self.perplexity.all,
                "en": self.perplexity.en,
                "ko": self.perplexity.ko,
                "bits_per_byte": self.perplexity.bits_per_byte,
            },
            "probes": {"accuracy": self.probes.accuracy, "groups": dict(self.probes.groups)},
            "follow_rate": self.follow_rate,
            "divergence": dataclasses.asdict(self.divergence) if self.divergence else None,
            "task": _task_record(self.task),
            "grounded": _task_record(self.grounded),
            "stopping": _stop_record(self.stopping),
            "reliance": _reliance_record(self.reliance),
        }


async def measure_quick(
    subject: Subject, suite: Suite, samples: Sequence[Sample] = (), on_progress: OnProgress | None = None
) -> Measurement:
    """Measure what needs no answer to be written: for a checkpoint in the middle of a run."""
    return Measurement(
        loss=await task_loss(subject, suite.items) if suite.items else None,
        perplexity=await measure_perplexity(subject, suite.texts, _step(on_progress, "perplexity")),
        probes=await measure_probes(subject, suite.probes, _step(on_progress, "probes")),
        follows=tuple(await measure_follows(subject, suite.cases, _step(on_progress, "follows"))),
        divergence=await measure_divergence(samples, subject, _step(on_progress, "divergence")) if samples else None,
    )


async def measure_all(
    subject: Subject, suite: Suite, samples: Sequence[Sample] = (), on_progress: OnProgress | None = None
) -> Measurement:
    """Measure everything; ``samples`` are the base's answers, none when the base itself is measured."""
    quick = await measure_quick(subject, suite, samples, on_progress)
    task = grounded = None
    if suite.items:
        measure = partial(measure_task, subject, suite.items, max_tokens=suite.max_tokens)
        task = await measure(on_step=_step(on_progress, "task"))
        if any(item.asked.passages for item in suite.items):
            grounded = await measure(grounded=True, on_step=_step(on_progress, "grounded"))
    stopping = await measure_stopping(
        subject, suite.questions[:_STOP_QUESTIONS], max_tokens=suite.max_tokens, on_step=_step(on_progress, "stopping")
    )
    reliance = await measure_reliance(subject, suite.cases, _step(on_progress, "reliance"))
    return dataclasses.replace(quick, task=task, grounded=grounded, stopping=stopping, reliance=reliance)


def _step(on_progress: OnProgress | None, name: str) -> OnStep | None:
    return partial(on_progress, name) if on_progress is not None else None


def _task_record(task: TaskResult | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {
        "loss": task.loss,
        "exact_match": task.exact_match,
        "contains": task.contains,
        "token_f1": task.token_f1,
        "character_f1": task.character_f1,
        "tokens_per_second": task.tokens_per_second,
        "rows": [dataclasses.asdict(row) for row in task.rows],
    }


def _stop_record(stopping: StopResult | None) -> dict[str, float] | None:
    return {"stop_rate": stopping.stop_rate, "repetition": stopping.repetition} if stopping else None


def _reliance_record(reliance: RelianceResult | None) -> dict[str, Any] | None:
    if reliance is None:
        return None
    means = {name: sum(scores) / len(scores) for name, scores in _reliance_scores(reliance).items()}
    return {**means, "positions": dict(reliance.positions)}


def _reliance_scores(reliance: RelianceResult) -> dict[str, list[float]]:
    return {
        "supportive": reliance.supportive,
        "follows": reliance.follows,
        "abstains": reliance.abstains,
        "closed_book": reliance.closed_book,
    }
