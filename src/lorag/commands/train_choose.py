"""Which checkpoint is kept: the best on validation that has neither forgotten nor stopped following passages."""

import hashlib
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import CheckpointJudged, Stage, Warned
from lorag.commands.train_fit import Fitted, equivalence, load
from lorag.commands.train_measure import progress
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.engine.api import AdapterStrength
from lorag.errors import TrainingError
from lorag.evaluation.divergence import Sample, draw_samples
from lorag.evaluation.gates import GateResult, check_gates, passes
from lorag.evaluation.general import measure_perplexity
from lorag.evaluation.subject import EngineSubject
from lorag.evaluation.suite import Measurement, Suite, measure_all, measure_quick
from lorag.tuning.artefact import Artefact, Exporter

_DIVERGENCE_TOKENS = 48
_MOST_IN_FULL = 3
"""Answers have to be written for a full measurement, which takes about as long as the training itself."""
_SAME_MEAN, _SAME_MOST = 0.1, 1.0
"""How far llama.cpp and torch may differ on one tuned model, nats a token: bf16 costs some hundredths."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The base and what the tuned models are measured against it with."""

    base: Measurement
    samples: tuple[Sample, ...]
    suite: Suite
    texts: tuple[str, ...]
    """Held-out texts, where texts and not answers were learned."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The kept checkpoint."""

    step: int
    loss: float
    """Of validation, nats per token."""
    artefact: Artefact
    tuned: Measurement | None
    """None when nothing was to be measured."""
    gates: tuple[GateResult, ...]


async def measure_base(engine: TrainEngine, suite: Suite, texts: Sequence[str], view: View) -> Measured:
    """Measure the base as it is."""
    view.show(Stage("measure", "measuring the base"))
    subject = EngineSubject(engine.client, engine.model)
    base = await measure_all(subject, suite, (), progress(view, "base"))
    base = await _with_text_loss(base, subject, texts)
    samples = await draw_samples(subject, suite.questions, max_tokens=_DIVERGENCE_TOKENS)
    return Measured(base, tuple(samples), suite, tuple(texts))


async def choose(
    request: Request, engine: TrainEngine, fitted: Fitted, measured: Measured | None, view: View
) -> Chosen:
    """Go through the kept checkpoints, the best on validation first, and keep the first that passes every gate.

    When none passes, the best on validation is kept with its failed gates: the report says so plainly.

    Raises:
        TrainingError: Nothing was learned yet, or llama.cpp does not run what was trained.
    """
    exporter = _exporter(request, fitted)
    exporter.use_full_precision()
    kept = fitted.checkpoint.kept()
    if not kept:
        raise TrainingError(f"the run {request.folder.name} has no checkpoint yet; go on with --resume")
    chosen = _Picked(*kept[0])
    if measured is not None:
        view.show(Stage("measure", f"measuring {len(kept)} checkpoints, the best on validation first"))
        chosen = await _first_that_passes(request, engine, exporter, measured, view)
    step = chosen.step
    view.show(Stage("export", f"exporting step {step} and testing it in llama.cpp"))
    artefact = exporter.write(step, _path(request, step), metadata(request, engine, fitted))
    await _use(engine, artefact)
    await _self_test(engine, exporter)
    tuned = chosen.tuned
    if measured is not None and tuned is None:
        tuned = await _measure(engine, artefact, measured, view, quick=False)
    await _use_base(engine)
    gates = tuple(check_gates(measured.base, tuned)) if measured is not None and tuned is not None else ()
    return Chosen(step, chosen.loss, artefact, tuned, gates)


@dataclass(frozen=True, slots=True)
class _Picked:
    """A checkpoint that may be kept."""

    step: int
    loss: float
    tuned: Measurement | None = None
    """None when it was not measured in full."""


def metadata(request: Request, engine: TrainEngine, fitted: Fitted) -> Mapping[str, str]:
    """Return what is written into the file itself, so that it can be told apart without its manifest."""
    return {
        "general.name": request.folder.name,
        "lorag.base_fingerprint": fitted.base_fingerprint,
        "lorag.data_hash": request.folder.data_hash(),
        "lorag.template_hash": template_hash(engine),
        "lorag.method": fitted.plan.method,
    }


def template_hash(engine: TrainEngine) -> str:
    """Return what tells the base's chat template from others."""
    return hashlib.sha256((engine.model.chat_template or "").encode()).hexdigest()


def clear(request: Request) -> None:
    """Remove the exported checkpoints that were not kept."""
    shutil.rmtree(request.folder.path / "exported", ignore_errors=True)


async def _first_that_passes(
    request: Request, engine: TrainEngine, exporter: Exporter, measured: Measured, view: View
) -> _Picked:
    """Return the first checkpoint that passes; what fails in the quick measures is not measured in full."""
    kept = exporter.checkpoint.kept()
    best = _Picked(*kept[0])
    in_full = 0
    for step, loss in kept:
        artefact = exporter.write(step, _path(request, step), {})
        tuned = await _measure(engine, artefact, measured, view, quick=True)
        gates = check_gates(measured.base, tuned)
        if passes(gates) and in_full < _MOST_IN_FULL:
            in_full += 1
            tuned = await _measure(engine, artefact, measured, view, quick=False)
            gates = check_gates(measured.base, tuned)
            if passes(gates):
                view.show(CheckpointJudged(step, loss, True, ()))
                return _Picked(step, loss, tuned)
            if step == best.step:
                best = _Picked(step, loss, tuned)
        reasons = failed(gates) or ("not measured in full: the better ones failed",)
        view.show(CheckpointJudged(step, loss, False, reasons))
        await _use_base(engine)
        artefact.path.unlink(missing_ok=True)
    view.show(Warned("no checkpoint passes every gate; the best on validation is kept and marked"))
    return best


def failed(gates: list[GateResult]) -> tuple[str, ...]:
    """Return the failed gates in words."""
    return tuple(
        f"{gate.name} {gate.base:.2f} → {gate.tuned:.2f}: {gate.reason('en')}"
        for gate in gates
        if gate.verdict == "fail"
    )


async def _measure(
    engine: TrainEngine, artefact: Artefact, measured: Measured, view: View, *, quick: bool
) -> Measurement:
    await _use(engine, artefact)
    subject = EngineSubject(engine.client, engine.model)
    measure = measure_quick if quick else measure_all
    tuned = await measure(subject, measured.suite, measured.samples, progress(view, artefact.path.stem))
    return await _with_text_loss(tuned, subject, measured.texts)


async def _with_text_loss(measurement: Measurement, subject: EngineSubject, texts: Sequence[str]) -> Measurement:
    """Return the measurement with the loss on held-out texts where there are no held-out answers."""
    if not texts or measurement.loss is not None:
        return measurement
    perplexity = await measure_perplexity(subject, texts)
    return replace(measurement, loss=math.log(perplexity.all))


async def _use(engine: TrainEngine, artefact: Artefact) -> None:
    if artefact.is_adapter:
        await engine.client.load(engine.request)
        await engine.client.set_adapters([AdapterStrength(artefact.path)])
    else:
        await engine.client.load(replace(engine.request, model=artefact.path))


async def _use_base(engine: TrainEngine) -> None:
    await engine.client.load(engine.request)
    await engine.client.set_adapters([])


async def _self_test(engine: TrainEngine, exporter: Exporter) -> None:
    """Compare what llama.cpp runs with what was trained.

    Raises:
        TrainingError: They differ.
    """
    found = await equivalence(engine, exporter.tunable.model)  # type: ignore[arg-type]  # a PreTrainedModel
    if found.mean_difference > _SAME_MEAN or found.largest_difference > _SAME_MOST:
        raise TrainingError(
            "llama.cpp does not run what was trained: log likelihoods differ by "
            f"{found.mean_difference:.2f} nats on average, {found.largest_difference:.2f} at most; the run is kept in "
            f"{exporter.checkpoint.folder.parent}, nothing was registered"
        )


def _exporter(request: Request, fitted: Fitted) -> Exporter:
    return Exporter(
        tunable=fitted.tunable,
        facts=fitted.facts,
        plan=fitted.plan,
        checkpoint=fitted.checkpoint,
        base=request.base,
        load_before=lambda: load(request, fitted.facts),
    )


def _path(request: Request, step: int) -> Path:
    return request.folder.path / "exported" / f"step {step}.gguf"
