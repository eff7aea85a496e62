"""Which checkpoint is kept: the best on validation that has neither forgotten nor stopped following passages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import CheckpointJudged, Stage, Warned
from lorag.commands.train_export import use
from lorag.commands.train_fit import Fitted
from lorag.commands.train_measure import MOST_JUDGED, Material
from lorag.commands.train_record import Record, RecordedSubject, record_of
from lorag.commands.train_rehearsal import DIVERGENCE_TOKENS, Gauge, calls_of_base, calls_of_tuned
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.errors import TrainingError
from lorag.evaluation.divergence import Sample, draw_samples
from lorag.evaluation.gates import GateResult, check_gates, passes
from lorag.evaluation.general import measure_perplexity
from lorag.evaluation.subject import EngineSubject, Subject
from lorag.evaluation.suite import Measurement, Suite, measure_all, measure_quick
from lorag.tuning.artefact import Exporter


@dataclass(frozen=True, slots=True)
class Measured:
    """The base and what the tuned models are measured against it with."""

    base: Measurement
    samples: tuple[Sample, ...]
    suite: Suite
    texts: tuple[str, ...]
    """Held-out texts, where texts and not answers were learned."""


@dataclass(frozen=True, slots=True)
class Picked:
    """The checkpoint that is kept."""

    step: int
    loss: float
    """Of validation, nats per token."""
    tuned: Measurement | None = None
    """None when nothing was to be measured."""
    gates: tuple[GateResult, ...] = ()


async def measure_base(
    request: Request, engine: TrainEngine, fitted: Fitted, material: Material, view: View
) -> Measured:
    """Measure the base as it is; what was measured before a stop is taken over."""
    view.show(Stage("measure", "measuring the base"))
    suite, texts = material.suite, material.texts
    record = record_of(request, engine, fitted.checkpoint.fingerprint, "base")
    model = EngineSubject(engine.client, engine.model)
    calls = await calls_of_base(suite, texts, quotes=model.quotes)
    subject = RecordedSubject(model, record, Gauge(view, "base", calls, (record,)))
    base = await _with_text_loss(await measure_all(subject, suite), subject, texts)
    samples = await draw_samples(subject, suite.questions, max_tokens=DIVERGENCE_TOKENS)
    return Measured(base, tuple(samples), suite, tuple(texts))


async def pick(
    request: Request, engine: TrainEngine, fitted: Fitted, exporter: Exporter, measured: Measured | None, view: View
) -> Picked:
    """Go through the best checkpoints on validation and keep the first that passes every gate.

    When none passes, the best on validation is kept with its failed gates: the report says so plainly.

    Raises:
        TrainingError: Nothing was learned yet.
    """
    kept = fitted.checkpoint.kept()
    if not kept:
        raise TrainingError(f"the run {request.folder.name} has no checkpoint yet; go on with --resume")
    if measured is None:
        return Picked(*kept[0])
    judged = kept[:MOST_JUDGED]
    view.show(Stage("measure", f"measuring checkpoints, the best of {len(kept)} on validation first"))
    judge = _Judge(request, engine, fitted, exporter, measured, view)
    for step, loss in judged:
        found = await judge.measured(step, loss)
        passed = passes(found.gates)
        view.show(CheckpointJudged(step, loss, passed, failed(found.gates)))
        if passed:
            return found
    among = f"of the {len(judged)} best checkpoints none" if len(judged) < len(kept) else "no checkpoint"
    view.show(Warned(f"{among} passes every gate; the best on validation is kept and marked"))
    # The report has a full table, whatever the verdict.
    return await judge.measured(*kept[0], in_full=True)


def failed(gates: Sequence[GateResult]) -> tuple[str, ...]:
    """Return the failed gates in words."""
    return tuple(
        f"{gate.name} {gate.base:.2f} → {gate.tuned:.2f}: {gate.reason('en')}"
        for gate in gates
        if gate.verdict == "fail"
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """Measures checkpoints of one run."""

    request: Request
    engine: TrainEngine
    fitted: Fitted
    exporter: Exporter
    measured_base: Measured
    view: View

    async def measured(self, step: int, loss: float, *, in_full: bool = False) -> Picked:
        """Measure a checkpoint; what was measured of it before is taken over.

        One that fails where nothing has to be written is not asked for answers, which are slow, unless ``in_full``.
        """
        base = self.measured_base
        model = EngineSubject(self.engine.client, self.engine.model)
        calls = await calls_of_tuned(base.suite, base.samples, base.texts, quotes=model.quotes)
        record = self._record(f"step-{step:06}")
        subject = RecordedSubject(
            model, record, Gauge(self.view, f"step {step}", calls, (record, self._record("base")))
        )
        artefact = self.exporter.write(step, self.request.folder.exported / f"step {step}.gguf", {})
        try:
            await use(self.engine, artefact)
            tuned = await _with_text_loss(await measure_quick(subject, base.suite, base.samples), subject, base.texts)
            if in_full or passes(check_gates(base.base, tuned)):
                tuned = await _with_text_loss(await measure_all(subject, base.suite, base.samples), subject, base.texts)
        finally:
            await self.engine.use_base()
            artefact.path.unlink(missing_ok=True)
        return Picked(step, loss, tuned, tuple(check_gates(base.base, tuned)))

    def _record(self, name: str) -> Record:
        return record_of(self.request, self.engine, self.fitted.checkpoint.fingerprint, name)


async def _with_text_loss(measurement: Measurement, subject: Subject, texts: Sequence[str]) -> Measurement:
    """Return the measurement with the loss on held-out texts where there are no held-out answers."""
    if not texts or measurement.loss is not None:
        return measurement
    perplexity = await measure_perplexity(subject, texts)
    return replace(measurement, loss=math.log(perplexity.all))
