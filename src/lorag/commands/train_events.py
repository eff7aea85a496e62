"""What happens in a training run, for the log, for programs and for people."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from lorag.tuning.examples import Finding
from lorag.tuning.run_folder import finding_record

_HUMP: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the run begins."""

    stage: str
    """convert, read, doctor, load, estimate, prepare, tune, measure, export or register"""
    message: str


@dataclass(frozen=True, slots=True)
class Data:
    """The data was read and cleaned."""

    examples: int
    dropped: int
    changed: int
    warnings: int
    languages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """Something about a row."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Sample:
    """A row as the model reads it."""

    parts: tuple[tuple[str, bool], ...]
    """(text, whether it is learned)"""


@dataclass(frozen=True, slots=True)
class Splitted:
    """The data was split; the name of the event is ``split``."""

    train: int
    extra: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class Planned:
    """Every number of the run."""

    plan: Mapping[str, Any]
    steps: int


@dataclass(frozen=True, slots=True)
class Estimated:
    """What the run will ask of the machine."""

    memory_bytes: int
    free_memory_bytes: int
    disk_bytes: int
    seconds: float | None
    """Of the whole run, measuring included, when the best checkpoint passes."""
    steps: int
    trained_parameters: int
    total_parameters: int
    training_seconds: float | None = None
    measuring_seconds: float = 0.0
    """For the base and one checkpoint."""
    most_seconds: float | None = None
    """Of the whole run, when the best checkpoints fail and others are measured after them."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """One optimizer step is done."""

    step: int
    total_steps: int
    loss: float
    learning_rate: float
    gradient_norm: float
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Validated:
    """The validation loss was measured."""

    step: int
    loss: float
    best: bool


@dataclass(frozen=True, slots=True)
class StopEarly:
    """The validation loss got no better."""

    step: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The person stopped the run; it can go on."""

    step: int
    resume: str


@dataclass(frozen=True, slots=True)
class Measuring:
    """A measurement goes on."""

    what: str
    done: int
    total: int
    seconds_left: float | None = None
    """None where that is not known."""


@dataclass(frozen=True, slots=True)
class CheckpointJudged:
    """The gates of one checkpoint."""

    step: int
    loss: float
    passed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know."""

    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """The run is over."""

    name: str
    verdict: str
    words: str
    table: Mapping[str, Any]
    """``columns`` and ``rows`` of formatted cells"""
    adapter: str | None
    model: str | None
    run: str
    report: str
    seconds: float


TrainEvent = (
    Stage | Data | Found | Sample | Splitted | Planned | Estimated | Stepped | Validated | StopEarly | Paused
    | Measuring | CheckpointJudged | Warned | Result
)  # fmt: skip

_NAMES: Final[Mapping[type, str]] = {
    Found: "finding", Splitted: "split", Planned: "plan", Estimated: "estimate", Stepped: "step",
    Validated: "evaluation", StopEarly: "stopped_early", Paused: "interrupted", CheckpointJudged: "checkpoint",
    Warned: "warning",
}  # fmt: skip


def record(event: TrainEvent) -> dict[str, Any]:
    """Return an event as a JSON object."""
    name = _NAMES.get(type(event)) or _HUMP.sub("_", type(event).__name__).lower()
    match event:
        case Found(finding):
            return {"event": name, **finding_record(finding)}
        case Planned(plan, steps):
            return {"event": name, **plan, "steps": steps}
        case _:
            return {"event": name, **asdict(event)}
