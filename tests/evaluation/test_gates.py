from dataclasses import replace

import pytest

from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.engine.client import EngineClient
from lorag.evaluation.divergence import Divergence, draw_samples
from lorag.evaluation.four_rows import four_rows
from lorag.evaluation.gates import GateResult, check_gates, passes
from lorag.evaluation.general import Perplexity, TextScore
from lorag.evaluation.probes import ProbeOutcome, ProbeResult
from lorag.evaluation.reliance import RelianceResult
from lorag.evaluation.stopping import StopResult
from lorag.evaluation.subject import Asked, EngineSubject
from lorag.evaluation.suite import Measurement, Suite, measure_all, measure_quick
from lorag.evaluation.task import TaskItem, TaskResult, TaskRow
from lorag.evaluation.verdict import decide
from lorag.prompts.grounded import PromptPassage
from tests.tiny_gguf import tiny_gguf, tiny_lora


def perplexity(nats: float) -> Perplexity:
    return Perplexity(tuple(TextScore("en" if n % 2 else "ko", nats * 10 + n % 3, 10, 40) for n in range(20)))


def probes(right: float, confidence: float) -> ProbeResult:
    count = round(right * 10)
    return ProbeResult(tuple(ProbeOutcome("skills", "q", "a", float(n < count), confidence) for n in range(10)))


def task(score: float, loss: float = 2.0) -> TaskResult:
    row = TaskRow("q", "a", loss, 10, 0.0, score, score, score, 5, 0.1)
    return TaskResult((row,) * 12)


RELIANCE = RelianceResult(
    supportive=[1.0] * 10,
    follows=[1.0] * 10,
    abstains=[1.0] * 10,
    closed_book=[0.0] * 10,
    by_position={"first": [1.0] * 10, "middle": [1.0] * 10, "last": [1.0] * 10},
)
BASE = Measurement(
    loss=2.0,
    perplexity=perplexity(3.0),
    probes=probes(0.9, 0.8),
    follows=(1.0,) * 9 + (0.0,),
    divergence=None,
    task=task(0.2),
    grounded=task(0.5),
    stopping=StopResult((True,) * 20, (0.0,) * 20),
    reliance=RELIANCE,
)
TUNED = replace(BASE, loss=1.0, task=task(0.6, 1.0), grounded=task(0.8, 1.0), divergence=Divergence(0.02, 0.01, 0.03))


def verdicts(results: list[GateResult]) -> dict[str, str]:
    return {result.name: result.verdict for result in results}


def test_a_tune_that_learned_and_lost_nothing_is_kept_with_the_documents():
    gates = check_gates(BASE, TUNED)
    verdict = decide(BASE, TUNED, gates)

    assert passes(gates)
    assert verdict.code == "keep_with_rag"
    assert "passages answers best" in verdict.text("en")


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("perplexity", {"perplexity": perplexity(3.2)}),
        ("probes:skills", {"probes": probes(0.7, 0.6)}),
        ("stopping", {"stopping": StopResult((True,) * 18 + (False,) * 2, (0.0,) * 20)}),
        ("repetition", {"stopping": StopResult((True,) * 20, (0.5,) * 20)}),
    ],
)
def test_forgetting_fails_its_gate_and_the_model_is_not_to_be_used(name, changed):
    tuned = replace(TUNED, **changed)
    gates = check_gates(BASE, tuned)

    assert verdicts(gates)[name] == "fail"
    assert decide(BASE, tuned, gates).code == "do_not_use"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("follows", {"follows": (1.0,) * 7 + (0.0,) * 3}),
        ("abstains", {"reliance": replace(RELIANCE, abstains=[0.0] * 5 + [1.0] * 5)}),
        ("supportive", {"reliance": replace(RELIANCE, supportive=[0.0] * 2 + [1.0] * 8)}),
    ],
)
def test_ignoring_the_passages_fails_and_the_model_is_for_use_without_them(name, changed):
    tuned = replace(TUNED, **changed)
    gates = check_gates(BASE, tuned)

    assert verdicts(gates)[name] == "fail"
    assert decide(BASE, tuned, gates).code == "keep_without_rag"


def test_a_loss_that_does_not_fall_is_no_gain():
    gates = check_gates(BASE, replace(TUNED, loss=2.0))

    assert verdicts(gates)["task"] == "fail"
    assert decide(BASE, TUNED, gates).code == "no_gain"


def test_a_small_drop_warns_and_does_not_fail():
    tuned = replace(TUNED, perplexity=perplexity(3.08), divergence=Divergence(0.3, 0.2, 0.4))
    gates = check_gates(BASE, tuned)

    assert verdicts(gates)["perplexity"] == verdicts(gates)["divergence"] == "warn"
    assert passes(gates)
    assert "일상 글의 당혹도" in decide(BASE, tuned, gates).text("ko")


def test_a_probe_that_flips_by_chance_does_not_fail():
    # Two of ten answers changed and the confidence behind all of them did not.
    assert verdicts(check_gates(BASE, replace(TUNED, probes=probes(0.7, 0.8))))["probes:skills"] == "ok"


def test_worse_answers_than_the_base_with_documents_advise_the_base():
    tuned = replace(TUNED, task=task(0.3, 1.0), grounded=task(0.4, 1.0))

    assert decide(BASE, tuned, check_gates(BASE, tuned)).code == "rag_only"


def test_every_gate_says_why_it_is_there_in_both_languages():
    for gate in check_gates(BASE, TUNED):
        assert len(gate.reason("en")) > 20
        assert len(gate.reason("ko")) > 10


def test_the_four_rows_leave_out_what_was_not_measured():
    table = four_rows(BASE, TUNED)
    quick = four_rows(replace(BASE, task=None, grounded=None, stopping=None, reliance=None), TUNED, "ko")

    assert [row["row"] for row in table.records()] == ["base", "base + RAG", "tuned", "tuned + RAG"]
    assert [row["loss"] for row in table.records()] == [2.0, 2.0, 1.0, 1.0]
    assert table.records()[0]["follows"] is None
    assert [row["row"] for row in quick.records()] == ["기반", "기반 + RAG", "학습", "학습 + RAG"]


async def test_everything_is_measured_of_a_model_and_its_adapter_in_llama_cpp(tmp_path):
    passage = PromptPassage("x", ("You get 15 days.",))
    items = [TaskItem(Asked("How many days?", (passage,)), ("15 days",))]
    bundled = Suite.bundled(items, max_tokens=8).thinned(10)
    suite = replace(bundled, questions=bundled.questions[:2], cases=bundled.cases[:1])
    async with EngineClient(tmp_path / "engine.log") as engine:
        model = await engine.load(LoadRequest(tiny_gguf(context=4096), context_tokens=4096, threads=1))
        subject = EngineSubject(engine, model)
        samples = await draw_samples(subject, suite.questions, max_tokens=8)
        base = await measure_all(subject, suite)
        await engine.set_adapters([AdapterStrength(tiny_lora(scale=1.0))])
        tuned = await measure_quick(subject, suite, samples)
    gates = verdicts(check_gates(base, tuned))

    assert gates["divergence"] == "warn"
    assert {"task", "perplexity", "follows"} <= gates.keys()
    assert base.record()["grounded"]["rows"][0]["question"] == "How many days?"
    assert base.record()["reliance"]["positions"].keys() == {"first", "middle", "last"}
    assert tuned.record()["task"] is None
