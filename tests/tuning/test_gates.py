"""Tunes that forget, or that ignore what they are shown, planted in real checkpoints and measured through llama.cpp."""

import asyncio
from typing import cast

import pytest
import torch
from transformers import PreTrainedModel

from lorag.commands.train_choose import Measured, pick
from lorag.commands.train_engine import open_engine
from lorag.commands.train_events import CheckpointJudged, Warned
from lorag.commands.train_export import exporter_of
from lorag.commands.train_fit import Fitted
from lorag.commands.train_request import Request, Source
from lorag.engine.api import AdapterStrength
from lorag.evaluation.cases import bundled_cases
from lorag.evaluation.gates import check_gates
from lorag.evaluation.probes import bundled_probes
from lorag.evaluation.reliance import measure_follows
from lorag.evaluation.subject import Asked, EngineSubject, prompt_messages
from lorag.evaluation.suite import Suite, measure_quick
from lorag.prompts.messages import Message
from lorag.settings import load_settings
from lorag.tuning.base import read_facts
from lorag.tuning.batches import pack
from lorag.tuning.checkpoint import Checkpoint, Progress
from lorag.tuning.doctor import diagnose
from lorag.tuning.examples import Example, Origin
from lorag.tuning.loop import loss_sum
from lorag.tuning.merge import delta_of_weights, write_merged
from lorag.tuning.methods import prepare
from lorag.tuning.options import TrainOptions
from lorag.tuning.read import ReadOptions
from lorag.tuning.run_folder import RunFolder
from tests.tuning.runs import exporter, fresh, plan
from tests.tuning.tiny_models import tiny_model

pytestmark = pytest.mark.xdist_group("torch")

WORDS = ["Hello", "world", "and", "the", "user", "in", "the", "system", "on", "the", "model", "and", "the", "assistant"]
TEXTS = tuple(" ".join(WORDS[start:] + WORDS[:start]) for start in range(6))


class Watcher:
    """Keeps the events."""

    def __init__(self):
        self.events = []

    def show(self, event):
        self.events.append(event)

    def close(self):
        pass


def learn(tunable, rows, steps, rate):
    optimizer = torch.optim.AdamW([p for p in tunable.model.parameters() if p.requires_grad], lr=rate)
    batch = pack(rows, torch.device("cpu"))
    for _ in range(steps):
        (loss_sum(tunable, batch) / len(batch.targets)).backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.fixture(scope="module")
def knowing(tmp_path_factory, engine):
    """Return a base that knows ``TEXTS``, so that there is something to forget."""
    from lorag.engine.api import LoadRequest
    from lorag.prompts.messages import Segment
    from lorag.tuning.encode import EncodedRow

    _, path = tiny_model("llama")
    engine.load(LoadRequest(path, threads=1))
    rows = []
    for text in TEXTS:
        ids = engine.tokenise([Segment(text, special=False)])
        rows.append(EncodedRow(Origin(path, 1), tuple(ids), (False, *[True] * (len(ids) - 1))))
    tunable = prepare(fresh(path), plan("full"))
    learn(tunable, rows, steps=60, rate=0.01)
    known = tmp_path_factory.mktemp("known") / "knowing.gguf"
    before = dict(fresh(path).state_dict())
    write_merged(
        path,
        known,
        delta_of_weights(cast(PreTrainedModel, tunable.model), before, read_facts(path)),
        kind="F32",
        metadata={},
    )
    return known


def request_of(base, tmp_path):
    settings = load_settings({"threads": 1}).settings
    folder = RunFolder(tmp_path / "run")
    folder.create()
    source = Source((), (), ReadOptions())
    return Request(folder, base, None, source, TrainOptions(), True, True, False, False, settings)


def fitted_with(base, tmp_path, amounts):
    """Return a run with a checkpoint for each amount of random change; the first has the best validation loss."""
    run_plan = plan()
    tunable = prepare(fresh(base), run_plan)
    checkpoint = Checkpoint(tmp_path / "run" / "checkpoints", "test")
    optimizer = torch.optim.AdamW([p for p in tunable.model.parameters() if p.requires_grad])
    start = {name: p.detach().clone() for name, p in tunable.model.named_parameters() if p.requires_grad}
    progress = Progress()
    for step, amount in enumerate(amounts, 1):
        torch.manual_seed(step)
        with torch.no_grad():
            for name, parameter in tunable.model.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(start[name] + torch.randn_like(parameter) * amount)
        progress.step = step
        progress.evaluated(float(step), patience=9)
        checkpoint.save(tunable, optimizer, progress, keep=True)
    return Fitted(tunable, read_facts(base), run_plan, checkpoint, "fingerprint", len(amounts))


async def measured_base(engine, cases, texts=TEXTS):
    suite = Suite((), tuple(cases), ("Hello?",), tuple(bundled_probes()[:4]), tuple(texts), max_tokens=8)
    base = await measure_quick(EngineSubject(engine.client, engine.model), suite)
    return Measured(base, (), suite, ())


async def test_a_checkpoint_that_forgot_is_passed_over_for_one_that_did_not(knowing, tmp_path):
    request = request_of(knowing, tmp_path)
    view = Watcher()
    async with open_engine(request.settings, knowing) as engine:
        measured = await measured_base(engine, bundled_cases()[:2])
        fitted = fitted_with(knowing, tmp_path, [0.5, 0.0005])
        picked = await pick(request, engine, fitted, exporter_of(request, fitted), measured, view)
    judged = [event for event in view.events if isinstance(event, CheckpointJudged)]
    assert [(event.step, event.passed) for event in judged] == [(1, False), (2, True)]
    assert "perplexity" in judged[0].reasons[0]
    assert picked.step == 2


async def test_when_every_checkpoint_forgot_that_is_said_and_marked(knowing, tmp_path):
    request = request_of(knowing, tmp_path)
    view = Watcher()
    async with open_engine(request.settings, knowing) as engine:
        measured = await measured_base(engine, bundled_cases()[:2])
        fitted = fitted_with(knowing, tmp_path, [0.5])
        picked = await pick(request, engine, fitted, exporter_of(request, fitted), measured, view)
    assert any(isinstance(event, Warned) and "no checkpoint passes" in event.message for event in view.events)
    assert any(gate.name == "perplexity" and gate.verdict == "fail" for gate in picked.gates)


async def test_a_tune_that_ignores_its_passages_is_caught(tmp_path):
    _, base = tiny_model("llama")
    request = request_of(base, tmp_path)
    tunable = prepare(fresh(base), plan())
    async with open_engine(request.settings, base) as engine:
        subject = EngineSubject(engine.client, engine.model)
        some = bundled_cases()[:8]
        # The base is random; the cases are those in which it happens to follow the passage.
        follows = await measure_follows(subject, some)
        cases = [case for case, followed in zip(some, follows, strict=True) if followed][:3]
        assert cases
        measured = await measured_base(engine, cases, TEXTS[:1])
        rows = []
        for case in cases:
            # Taught to say what it knows, whatever the passage says.
            messages = prompt_messages(Asked(case.question, (case.counter_passage,)), quotes=False, bare=False)
            rows.append(Example(Origin(base, 1), (*messages, Message("assistant", case.answer))))
        encoded = (await asyncio.to_thread(diagnose, rows, engine.encoder(), max_tokens=2000)).rows
        learn(tunable, encoded, steps=30, rate=0.02)
        artefact = exporter(tunable, base, plan(), tmp_path).write(1, tmp_path / "ignores.gguf", {})
        await engine.client.set_adapters([AdapterStrength(artefact.path)])
        tuned = await measure_quick(subject, measured.suite)
    gates = {gate.name: gate for gate in check_gates(measured.base, tuned)}
    assert gates["follows"].base == 1.0
    assert gates["follows"].tuned < 0.5
    assert gates["follows"].verdict == "fail"
