"""What models say while they are measured is kept, and a measurement that was stopped goes on from there."""

import json
from dataclasses import replace

import pytest

from lorag.commands.train_choose import measure_base
from lorag.commands.train_engine import open_engine
from lorag.commands.train_events import Measuring
from lorag.commands.train_measure import Material
from lorag.commands.train_record import Call, Record, RecordedSubject, record_of
from lorag.commands.train_rehearsal import Gauge, calls_of_base, calls_of_tuned, seconds_of_measuring
from lorag.evaluation.cases import bundled_cases
from lorag.evaluation.divergence import Sample
from lorag.evaluation.probes import bundled_probes
from lorag.evaluation.subject import Asked, EngineSubject
from lorag.evaluation.suite import Suite, measure_all
from lorag.evaluation.task import TaskItem
from tests.tuning.test_gates import TEXTS, Watcher, fitted_with, request_of
from tests.tuning.tiny_models import tiny_model

pytestmark = pytest.mark.xdist_group("torch")

SUITE = Suite(
    (TaskItem(Asked("How is order 7?"), ("Hello, order 7 is in.",)),),
    tuple(bundled_cases()[:1]),
    ("Hello?", "안녕?"),
    tuple(bundled_probes()[:2]),
    TEXTS[:2],
    max_tokens=6,
)


class PowerOffError(Exception):
    """The machine went off."""


class GoesOff:
    """A model that can be asked so many times."""

    def __init__(self, subject, asked_at_most=10**6):
        self._subject = subject
        self._left = asked_at_most
        self.asked = 0
        self.quotes = subject.quotes

    def _count(self):
        if self._left == 0:
            raise PowerOffError
        self._left -= 1
        self.asked += 1

    async def score(self, asked, answer):
        self._count()
        return await self._subject.score(asked, answer)

    async def score_text(self, text):
        self._count()
        return await self._subject.score_text(text)

    async def reply(self, asked, *, max_tokens, sampled=False, seed=0):
        self._count()
        return await self._subject.reply(asked, max_tokens=max_tokens, sampled=sampled, seed=seed)


@pytest.fixture
def record(tmp_path):
    return lambda about="a run": Record(tmp_path / "measured" / "base.jsonl", about)


@pytest.fixture
async def model(tmp_path):
    _, base = tiny_model("llama")
    async with open_engine(request_of(base, tmp_path).settings, base, tmp_path / "engine.log") as engine:
        yield EngineSubject(engine.client, engine.model)


async def test_a_measurement_that_was_stopped_goes_on_and_ends_as_one_that_was_not(model, record, tmp_path):
    whole = await measure_all(RecordedSubject(model, Record(tmp_path / "whole.jsonl", "")), SUITE)
    with pytest.raises(PowerOffError):
        await measure_all(RecordedSubject(GoesOff(model, 9), record()), SUITE)
    rest = GoesOff(model)
    resumed = await measure_all(RecordedSubject(rest, record()), SUITE)

    assert rest.asked == len(await calls_of_tuned(SUITE, (), (), quotes=model.quotes)) - 9
    assert untimed(resumed) == untimed(whole)


def untimed(measurement):
    assert measurement.task is not None
    rows = tuple(replace(row, seconds=0.0) for row in measurement.task.rows)
    return replace(measurement, task=replace(measurement.task, rows=rows))


async def test_what_is_measured_twice_is_asked_once(model, record):
    counted = GoesOff(model)
    kept = RecordedSubject(counted, record())
    first = await measure_all(kept, SUITE)
    asked = counted.asked
    assert await measure_all(kept, SUITE) == first
    assert counted.asked == asked


async def test_a_record_says_what_the_model_said(model, record):
    plain = await model.reply(Asked("Hello?"), max_tokens=5)
    await RecordedSubject(model, record()).reply(Asked("Hello?"), max_tokens=5)
    again = await RecordedSubject(GoesOff(model, 0), record()).reply(Asked("Hello?"), max_tokens=5)
    assert (again.text, again.tokens, again.ended) == (plain.text, plain.tokens, plain.ended)


async def test_a_line_that_was_cut_off_is_asked_again(model, record, tmp_path):
    await RecordedSubject(model, record()).score_text("Hello world")
    await RecordedSubject(model, record()).score_text("Hello and the world")
    path = tmp_path / "measured" / "base.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    again = GoesOff(model)
    kept = RecordedSubject(again, record())
    await kept.score_text("Hello world")
    await kept.score_text("Hello and the world")
    assert again.asked == 1
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()[1:]] == [
        Call("text", "Hello world").key, Call("text", "Hello and the world").key,
    ]  # fmt: skip


@pytest.mark.parametrize("damage", ["", "nonsense\n", '{"version": 1, "about": "a run"}\n[1]\n'])
def test_a_record_of_another_run_or_a_damaged_one_is_begun_anew(damage, record, tmp_path):
    record("another run").put(Call("text", "x"), [-1.0], 0.1)
    if damage:
        (tmp_path / "measured" / "base.jsonl").write_text(damage)
    assert record().get(Call("text", "x").key) is None


async def test_a_rehearsal_knows_every_call_of_a_measurement(tmp_path):
    _, base = tiny_model("llama")
    request, view = request_of(base, tmp_path), Watcher()
    async with open_engine(request.settings, base, tmp_path / "engine.log") as engine:
        fitted = fitted_with(base, tmp_path, [0.1])
        measured = await measure_base(request, engine, fitted, Material(SUITE, TEXTS[3:5]), view)
        made = record_of(request, engine, fitted.checkpoint.fingerprint, "base")
    calls = await calls_of_base(SUITE, TEXTS[3:5], quotes=False)
    assert all(key in made for key in calls)
    assert len(measured.samples) == 2
    shown = [event for event in view.events if isinstance(event, Measuring)]
    assert [event.done for event in shown] == sorted(event.done for event in shown)
    assert shown[-1].done == shown[-1].total == len(calls)


async def test_the_time_of_measuring_is_estimated_from_a_few_calls(model, record):
    base = await calls_of_base(SUITE, (), quotes=False)
    tuned = await calls_of_tuned(SUITE, [Sample("Hello?", "-", -1.0, 1)], (), quotes=False)
    counted, kept = GoesOff(model), record()
    left, checkpoint = await seconds_of_measuring(RecordedSubject(counted, kept), kept, base, tuned)
    assert 0 < counted.asked <= 8 < len(base)
    assert left > 0
    assert checkpoint > 0


def test_a_gauge_tells_the_time_that_is_left(record):
    calls = {call.key: call for call in (Call("text", "a"), Call("text", "b"), Call("reply", Asked("c")))}
    kept, view = record(), Watcher()
    kept.put(Call("text", "a"), [-1.0], 2.0)
    kept.put(Call("reply", Asked("z")), {}, 30.0)
    gauge = Gauge(view, "base", calls, (kept,))
    gauge(Call("text", "a").key)
    gauge(Call("text", "a").key)
    gauge(Call("text", "b").key)
    assert view.events == [Measuring("base", 1, 3, 32.0), Measuring("base", 2, 3, 30.0)]
