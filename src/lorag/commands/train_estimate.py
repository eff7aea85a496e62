"""What a run will take of the machine and of a person's time, said before it starts."""

import asyncio
import shutil
from dataclasses import dataclass

from lorag.commands.train_data import Encoded
from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import Estimated, Stage
from lorag.commands.train_measure import MOST_JUDGED, Material
from lorag.commands.train_record import RecordedSubject, record_of
from lorag.commands.train_rehearsal import calls_of_base, calls_of_tuned, seconds_of_measuring
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.evaluation.divergence import Sample
from lorag.evaluation.subject import EngineSubject
from lorag.models.memory import available_memory_bytes
from lorag.tuning.checkpoint import Checkpoint
from lorag.tuning.encode import EncodedRow
from lorag.tuning.estimate import estimate, refuse_what_does_not_fit
from lorag.tuning.learner import free_device_memory, measured_step_seconds, size_of
from lorag.tuning.loop import total_steps
from lorag.tuning.methods import Tunable
from lorag.tuning.plan import Plan

_FORWARD_SHARE = 1 / 3
"""Of the time of a training step that its forward pass takes, which is all of a validation."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that is ready to be estimated."""

    tunable: Tunable
    plan: Plan
    checkpoint: Checkpoint
    encoded: Encoded
    material: Material | None
    """None when nothing is to be measured."""


async def show_estimate(request: Request, engine: TrainEngine, prepared: Prepared, view: View) -> None:
    """Measure two steps of training and a few of measuring, and say what the run will take.

    Raises:
        TrainingError: It will not fit; the message names the knob that helps most.
    """
    plan, encoded, tunable = prepared.plan, prepared.encoded, prepared.tunable
    view.show(Stage("estimate", "measuring two steps"))
    size = size_of(tunable)
    steps = total_steps(len(encoded.train), plan)
    left = max(0, steps - prepared.checkpoint.steps_done())
    before = estimate(size, plan, trained_share=encoded.trained_share, step_seconds=None, steps=steps)
    # The weights lie in memory already; only what comes on top can be too much.
    free = (free_device_memory(tunable.model) or available_memory_bytes()) + before.weights
    refuse_what_does_not_fit(before, plan, free_memory=free, free_disk=shutil.disk_usage(_existing(request)).free)
    step_seconds = await asyncio.to_thread(measured_step_seconds, tunable, encoded.train, plan)
    training = step_seconds * left * (1 + _validation_share(encoded, plan, steps))
    base, checkpoint = await _measuring(request, engine, prepared)
    view.show(
        Estimated(
            memory_bytes=before.memory,
            free_memory_bytes=free,
            disk_bytes=before.disk,
            seconds=training + base + checkpoint,
            steps=left,
            trained_parameters=tunable.trained_parameters,
            total_parameters=tunable.total_parameters,
            training_seconds=training,
            measuring_seconds=base + checkpoint,
            most_seconds=training + base + min(MOST_JUDGED, plan.evaluations, steps) * checkpoint,
        )
    )


async def _measuring(request: Request, engine: TrainEngine, prepared: Prepared) -> tuple[float, float]:
    """Return the seconds for what is left of the base, and for one checkpoint."""
    material = prepared.material
    if material is None:
        return 0.0, 0.0
    record = record_of(request, engine, prepared.checkpoint.fingerprint, "base")
    model = EngineSubject(engine.client, engine.model)
    base = await calls_of_base(material.suite, material.texts, quotes=model.quotes)
    samples = [Sample(question, "-", -1.0, 1) for question in material.suite.questions]
    tuned = await calls_of_tuned(material.suite, samples, material.texts, quotes=model.quotes)
    return await seconds_of_measuring(RecordedSubject(model, record), record, base, tuned)


def _validation_share(encoded: Encoded, plan: Plan, steps: int) -> float:
    """Return the time of all validations over that of all steps."""
    learned = _tokens(encoded.train) * steps * plan.batch_rows / len(encoded.train)
    return _FORWARD_SHARE * _tokens(encoded.validation) * min(plan.evaluations, steps) / max(1.0, learned)


def _tokens(rows: tuple[EncodedRow, ...]) -> int:
    return sum(len(row.ids) for row in rows)


def _existing(request: Request) -> str:
    return str(next(folder for folder in (request.folder.path, *request.folder.path.parents) if folder.exists()))
