"""From rows to learned weights: load the base, prove that it is the same model, plan, estimate, and run the loop."""

import asyncio
import hashlib
import json
import signal
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import FrameType

from lorag.adapters.manifest import fingerprint
from lorag.commands.train_data import Encoded
from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_estimate import Prepared, show_estimate
from lorag.commands.train_events import Paused, Planned, Stage, Stepped, StopEarly, Validated
from lorag.commands.train_measure import Material
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.errors import TrainingError
from lorag.models.memory import chosen_threads
from lorag.prompts.messages import Message
from lorag.tuning.base import BaseFacts, Equivalence, compare, read_facts, token_log_likelihoods
from lorag.tuning.checkpoint import Checkpoint
from lorag.tuning.learner import Model, load_model, make_ready
from lorag.tuning.loop import EvaluationReport, Interrupted, LoopEvent, StepReport, StoppedEarly, train
from lorag.tuning.loop import total_steps as steps_of
from lorag.tuning.methods import Tunable
from lorag.tuning.plan import Plan
from lorag.tuning.planning import make_plan

GATE_MESSAGES = (
    Message("user", "What is the capital of France, and how far is it from 서울? 한국어로도 답해 주세요."),
    Message("assistant", "Paris. 파리는 서울에서 약 8,970 km 떨어져 있습니다. It lies on the Seine."),
)
_GATE_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Fitted:
    """A run that is set up, and trained when the loop has ended."""

    tunable: Tunable
    facts: BaseFacts
    plan: Plan
    checkpoint: Checkpoint
    base_fingerprint: str
    steps: int


async def set_up(
    request: Request, engine: TrainEngine, encoded: Encoded, material: Material | None, view: View
) -> Fitted:
    """Load the base, check it against llama.cpp, decide every number, and refuse what will not fit.

    Raises:
        TrainingError: The base cannot be trained faithfully, or the machine is too small.
    """
    facts = read_facts(request.base)
    view.show(Stage("load", f"loading {request.base.name} to train on"))
    model = await asyncio.to_thread(load, request, facts)
    await _check_same_model(request, engine, model, quantised=facts.quantised)
    plan = make_plan(
        request.options,
        rows=len(encoded.train),
        longest=encoded.longest,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=facts.layers,
    )
    tunable = await asyncio.to_thread(make_ready, model, plan)
    steps = steps_of(len(encoded.train), plan)
    view.show(Planned(asdict(plan), steps))
    base_fingerprint = await asyncio.to_thread(fingerprint, request.base)
    checkpoint = Checkpoint(request.folder.checkpoints, _run_fingerprint(request, plan, base_fingerprint))
    await show_estimate(request, engine, Prepared(tunable, plan, checkpoint, encoded, material), view)
    return Fitted(tunable, facts, plan, checkpoint, base_fingerprint, steps)


async def fit(request: Request, fitted: Fitted, encoded: Encoded, view: View) -> bool:
    """Run the loop, or what is left of it; tell whether it came to its end."""
    view.show(Stage("tune", "training; Ctrl-C stops and keeps what was learned"))
    finished = True
    with _stop_on_interrupt() as asked:
        loop = train(
            fitted.tunable, encoded.train, encoded.validation, fitted.plan, fitted.checkpoint, lambda: bool(asked)
        )
        async for event in _breathing(loop):
            finished = finished and not isinstance(event, Interrupted)
            _show(event, request, view)
    return finished


async def _breathing(loop: Generator[LoopEvent]) -> AsyncIterator[LoopEvent]:
    """Let the event loop look after the engine's pipe between steps."""
    for event in loop:
        yield event
        await asyncio.sleep(0)


def _show(event: LoopEvent, request: Request, view: View) -> None:
    match event:
        case StepReport():
            view.show(
                Stepped(
                    event.step,
                    event.total_steps,
                    event.loss,
                    event.learning_rate,
                    event.gradient_norm,
                    event.tokens,
                    event.seconds,
                )
            )
        case EvaluationReport():
            view.show(Validated(event.step, event.loss, event.best))
        case StoppedEarly():
            view.show(StopEarly(event.step))
        case Interrupted():
            view.show(Paused(event.step, f"lorag train --resume {request.folder.name}"))


def load(request: Request, facts: BaseFacts) -> Model:
    """Load the weights that training starts from."""
    return load_model(
        request.base,
        request.weights,
        facts,
        device=request.options.device,
        threads=chosen_threads(request.settings.threads),
    )


async def _check_same_model(request: Request, engine: TrainEngine, model: Model, *, quantised: bool) -> None:
    """Compare the loaded weights with llama.cpp on the same tokens.

    Raises:
        TrainingError: They say different things, so what is learned on the one would not fit the other.
    """
    found = await equivalence(engine, model)
    # What is trained is not rounded as a quantised file is; a wrong model is off by whole nats.
    same = found.near if request.weights is not None or quantised else found.close
    if not same:
        raise TrainingError(
            f"{request.base.name} means something else once loaded for training (log likelihoods differ by "
            f"{found.mean_difference:.2f} nats on average, {found.largest_difference:.2f} at most), so what is learned "
            "would not fit it; this file cannot be trained"
        )


async def equivalence(engine: TrainEngine, model: Model) -> Equivalence:
    """Compare a model in memory with what the engine holds, on a fixed conversation in both languages."""
    ids = await engine.client.tokenise(engine.render(GATE_MESSAGES, False))
    ids = ids[: min(_GATE_TOKENS, engine.model.context_tokens)]
    reference = await engine.client.score_tokens(ids)
    return compare(await asyncio.to_thread(token_log_likelihoods, model, ids), reference)


def _run_fingerprint(request: Request, plan: Plan, base_fingerprint: str) -> str:
    """Return what must be the same for a run to go on."""
    said = json.dumps([asdict(plan), request.folder.data_hash(), base_fingerprint], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


@contextmanager
def _stop_on_interrupt() -> Generator[list[int]]:
    """Let the first Ctrl-C end the loop after its step; the second ends the program."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
