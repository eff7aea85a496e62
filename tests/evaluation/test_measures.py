import math

import pytest

from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.engine.client import EngineClient
from lorag.evaluation.bundled import bundled_texts, general_questions
from lorag.evaluation.divergence import Sample, draw_samples, measure_divergence
from lorag.evaluation.general import measure_perplexity
from lorag.evaluation.probes import Probe, bundled_probes, measure_probes
from lorag.evaluation.stopping import measure_stopping, repetition
from lorag.evaluation.subject import Asked, EngineSubject, prompt_messages
from lorag.evaluation.task import TaskItem, measure_task, task_loss
from lorag.prompts.grounded import PromptPassage
from lorag.prompts.language import language_of
from tests.evaluation.support import subject_of
from tests.tiny_gguf import tiny_gguf, tiny_lora

PASSAGE = PromptPassage("refunds.md", ("Bags may be returned within 14 days.",))


async def test_loss_counts_every_token_of_the_references_once():
    # 4 tokens at 1 nat and 2 tokens at 4 nats: (4 + 8) / 6.
    subject = await subject_of(lambda prompt, text: -1.0 if len(text) == 4 else -4.0)
    items = [TaskItem(Asked("one"), ("four",)), TaskItem(Asked("two"), ("no",))]

    assert await task_loss(subject, items) == pytest.approx(2.0)
    assert (await measure_task(subject, items)).loss == pytest.approx(2.0)


async def test_task_rows_hold_the_scores_of_the_answers():
    subject = await subject_of(speaker=lambda prompt: "within 14 days" if "[1]" in prompt else "no idea")
    items = [TaskItem(Asked("How long?", (PASSAGE,)), ("14 days",))]
    closed, grounded = await measure_task(subject, items), await measure_task(subject, items, grounded=True)

    assert (closed.contains, closed.token_f1) == (0.0, 0.0)
    assert (grounded.contains, grounded.exact_match) == (1.0, 0.0)
    assert grounded.token_f1 == pytest.approx(2 * (2 / 3) / (2 / 3 + 1))


async def test_an_empty_set_is_refused():
    subject = await subject_of()

    with pytest.raises(ValueError, match="no items"):
        await measure_task(subject, [])
    with pytest.raises(ValueError, match="no tokens"):
        await task_loss(subject, [])


async def test_perplexity_is_e_to_the_mean_loss_per_token_and_the_first_word_is_given():
    subject = await subject_of(lambda prompt, text: -2.0 if language_of(text) == "ko" else -1.0)
    result = await measure_perplexity(subject, ["one two", "하나 둘셋"])

    assert result.en == pytest.approx(math.e)
    assert result.ko == pytest.approx(math.e**2)
    # Scored are " two" (4 tokens and bytes) and " 둘셋" (3 tokens, 7 bytes).
    assert result.all == pytest.approx(math.exp((4 * 1 + 3 * 2) / 7))
    assert result.bits_per_byte == pytest.approx((4 * 1 + 3 * 2) / math.log(2) / (4 + 7))


async def test_divergence_is_the_mean_difference_of_the_likelihoods_per_token():
    samples = [Sample("q", "ab", -2.0, 2), Sample("q", "abcd", -4.0, 4)]
    tuned = await subject_of(lambda prompt, text: -1.5)

    found = await measure_divergence(samples, tuned)

    assert found.nats_per_token == pytest.approx(0.5)
    assert found.low <= found.nats_per_token <= found.high


async def test_a_probe_is_decided_by_likelihood_per_byte():
    # The long answer is less likely in all, and likelier for its length.
    subject = await subject_of(lambda prompt, text: -1.0 if text == "a long answer" else -1.5)
    result = await measure_probes(
        subject, [Probe("g", "q", "a long answer", ("no",)), Probe("h", "q", "no", ("a long answer",))]
    )

    assert result.groups == {"g": 1.0, "h": 0.0}
    assert result.accuracy == 0.5
    assert result.outcomes[0].confidence == pytest.approx(math.exp(-1) / (math.exp(-1) + math.exp(-1.5)))


async def test_an_answer_that_uses_up_its_tokens_has_not_stopped():
    subject = await subject_of(
        speaker=lambda prompt: "again and again and again and again and " * 9 if "loop" in prompt else "Done."
    )
    result = await measure_stopping(subject, ["loop", "end"], max_tokens=100)

    assert result.stop_rate == 0.5
    assert result.repeated[0] > 0.5 > result.repeated[1] == 0.0


def test_repetition_is_the_share_of_runs_said_before():
    # Runs of four words: "a b c d", "b c d a", "c d a b", "d a b c", "a b c d" again.
    assert repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert repetition("too short") == 0.0


def test_questions_are_put_as_the_chat_puts_them():
    plain = prompt_messages(Asked("How long?"), quotes=False, bare=False)
    grounded = prompt_messages(Asked("며칠인가요?", (PASSAGE,)), quotes=True, bare=False)
    bare = prompt_messages(Asked("How long?", (PASSAGE,)), quotes=True, bare=True)
    own = prompt_messages(Asked("How long?", system="Be brief."), quotes=False, bare=False)

    assert [message.role for message in plain] == ["system", "user"]
    assert "그대로 옮기세요" in grounded[0].content
    assert "[1] Bags may be returned" in grounded[1].content
    assert [message.role for message in bare] == ["user"]
    assert own[0].content == "Be brief."


def test_what_is_bundled_is_balanced_and_whole():
    texts, questions, probes = bundled_texts(), general_questions(), bundled_probes()

    assert [language_of(text) for text in texts].count("ko") * 2 == len(texts)
    assert len(questions) == len(set(questions)) == 48
    assert {probe.group for probe in probes} == {"language", "format", "skills", "instructions", "small_talk"}
    assert all(probe.right not in probe.wrong for probe in probes)


async def test_a_tuned_model_is_measured_against_its_base_in_llama_cpp(tmp_path):
    async with EngineClient(tmp_path / "engine.log") as engine:
        model = await engine.load(LoadRequest(tiny_gguf(), context_tokens=1024, threads=1))
        subject = EngineSubject(engine, model)
        texts = bundled_texts()[:4]
        samples = await draw_samples(subject, general_questions()[:8], max_tokens=16)
        base = await measure_perplexity(subject, texts)
        unmoved = await measure_divergence(samples, subject)
        await engine.set_adapters([AdapterStrength(tiny_lora())])
        moved = await measure_divergence(samples, subject)
        tuned = await measure_perplexity(subject, texts)
        await engine.set_adapters([])
        again = await measure_perplexity(subject, texts)

    assert unmoved.nats_per_token == pytest.approx(0.0, abs=1e-6)
    assert moved.low > 0.1
    assert tuned.all != pytest.approx(base.all)
    assert again == base
