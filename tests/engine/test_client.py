import asyncio
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from lorag.engine.api import (
    Finished,
    GenerateRequest,
    LoadedModel,
    LoadProgress,
    LoadRequest,
    PromptProgress,
    Sampling,
    TextDelta,
)
from lorag.engine.client import EngineClient
from lorag.errors import EngineError
from lorag.prompts.messages import Segment
from tests.engine.conversation import ENDLESS, GREEDY, answer, events_of, joined, prompt, request
from tests.tiny_gguf import tiny_gguf

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = tiny_gguf("long", context=8192)
WARM = Sampling(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, repeat_penalty=1.0)


async def load(engine: EngineClient, path: Path | None = None, context_tokens: int = 0) -> LoadedModel:
    return await engine.load(LoadRequest(path or tiny_gguf(), context_tokens=context_tokens, threads=1))


async def test_loading_reports_progress_and_what_the_model_is(shared_engine):
    progress: list[LoadProgress] = []
    path = tiny_gguf("quoting", metadata=None, seed=5)

    loaded = await shared_engine.load(LoadRequest(path, threads=1), progress.append)

    assert [event.fraction for event in progress] == sorted(event.fraction for event in progress)
    assert progress[-1].fraction == 1.0
    assert (loaded.path, loaded.name, loaded.architecture) == (path, "tiny", "llama")
    assert (loaded.context_tokens, loaded.trained_context_tokens) == (1024, 1024)
    assert loaded.eos_token == "<|im_end|>"
    assert loaded.chat_template is not None
    assert loaded.chat_template.startswith("{% for message")


async def test_loading_the_same_again_reads_nothing(shared_engine):
    await load(shared_engine)
    progress: list[LoadProgress] = []

    await shared_engine.load(LoadRequest(tiny_gguf(), threads=1), progress.append)

    assert progress == []


async def test_the_context_is_never_longer_than_the_model_was_trained_for(shared_engine):
    assert (await load(shared_engine, context_tokens=100_000)).context_tokens == 1024


async def test_a_smaller_context_is_what_was_asked_for(shared_engine):
    assert (await load(shared_engine, context_tokens=300)).context_tokens == 300


async def test_an_answer_streams_and_says_what_it_cost(shared_engine):
    await load(shared_engine)

    events = await events_of(shared_engine, request(max_tokens=100))

    assert isinstance(events[0], PromptProgress)
    assert sum(isinstance(event, TextDelta) for event in events) >= 1
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "length"
    assert finished.usage.answer_tokens == 100
    assert finished.usage.prompt_tokens > 5
    assert finished.usage.prompt_seconds > 0
    assert finished.usage.answer_seconds > 0


async def test_reading_a_long_prompt_reports_its_progress(shared_engine):
    await load(shared_engine)

    events = await events_of(shared_engine, request("word " * 100, max_tokens=1))

    progress = [event for event in events if isinstance(event, PromptProgress)]
    assert len(progress) > 3
    assert progress[-1].done == progress[-1].total
    assert [event.done for event in progress] == sorted({event.done for event in progress})


async def test_greedy_answers_are_the_same_every_time(shared_engine):
    await load(shared_engine)

    assert (await answer(shared_engine, request()))[0] == (await answer(shared_engine, request()))[0]


async def test_the_same_seed_gives_the_same_answer_whatever_was_asked_before(shared_engine):
    await load(shared_engine)
    asked = request("word " * 60, sampling=dataclasses.replace(WARM, seed=7), max_tokens=60)

    first, _ = await answer(shared_engine, asked)
    again, finished = await answer(shared_engine, asked)
    await answer(shared_engine, request("word " * 50 + "other", max_tokens=40))
    later, _ = await answer(shared_engine, asked)

    assert first == again == later
    assert finished.usage.reused_tokens >= 128


async def test_another_seed_gives_another_answer(shared_engine):
    await load(shared_engine)

    answers = {
        (await answer(shared_engine, request(sampling=dataclasses.replace(WARM, seed=seed))))[0] for seed in range(4)
    }

    assert len(answers) == 4


async def test_without_a_seed_answers_differ(shared_engine):
    await load(shared_engine)

    answers = {(await answer(shared_engine, request(sampling=WARM)))[0] for _ in range(3)}

    assert len(answers) == 3


async def test_a_repeat_penalty_ends_a_loop(shared_engine):
    await load(shared_engine)
    plain, _ = await answer(shared_engine, request(max_tokens=200))
    penalised, _ = await answer(
        shared_engine, request(max_tokens=200, sampling=dataclasses.replace(GREEDY, repeat_penalty=2.0))
    )

    assert plain != penalised


@pytest.mark.parametrize("favoured", [1, 2, 3])
async def test_a_bias_leans_the_choice_of_a_number_and_nothing_else(shared_engine, favoured):
    await load(shared_engine)
    answers = ["[1] 3 of 1 [2].", "[2] 1 and 2.", "[3] 2 [1] 3."]
    grammar = "root ::= " + " | ".join(f'"{text}"' for text in answers)
    bias = tuple(50.0 if number == favoured else 0.0 for number in (1, 2, 3))

    chosen, _ = await answer(
        shared_engine, dataclasses.replace(request(max_tokens=60, grammar=grammar), citation_bias=bias)
    )
    free, _ = await answer(shared_engine, request(max_tokens=60))
    biased, _ = await answer(shared_engine, dataclasses.replace(request(max_tokens=60), citation_bias=bias))

    assert chosen == answers[favoured - 1]
    assert biased == free


@pytest.mark.parametrize(("bias", "cites"), [(50.0, True), (-50.0, False)])
async def test_a_bias_leans_an_answer_towards_citing_or_away_from_it(shared_engine, bias, cites):
    await load(shared_engine)
    asked = request(max_tokens=60, grammar='root ::= "[1] Yes." | "No [1]."')

    text, _ = await answer(shared_engine, dataclasses.replace(asked, citing_bias=bias))

    assert text == ("[1] Yes." if cites else "No [1].")


async def test_the_second_turn_reads_only_what_is_new(shared_engine):
    await load(shared_engine)
    first = prompt("Hello world, this is the first question.")
    text, finished = await answer(
        shared_engine, GenerateRequest(first, GREEDY, 12, grammar='root ::= "Hello the world"')
    )
    assert finished.usage.reused_tokens < finished.usage.prompt_tokens

    second = (*first, Segment(text, special=False), Segment("<|im_end|>\n", special=True), *prompt("And?"))
    _, finished_second = await answer(shared_engine, GenerateRequest(second, GREEDY, 4))

    assert finished_second.usage.reused_tokens >= finished.usage.prompt_tokens
    fresh = finished_second.usage.prompt_tokens - finished_second.usage.reused_tokens
    assert fresh < 25


async def test_reusing_a_prefix_does_not_change_the_answer(shared_engine):
    await load(shared_engine)
    asked = request("word " * 40, max_tokens=20)
    await load(shared_engine, tiny_gguf("other", seed=3))
    await load(shared_engine)
    fresh, unread = await answer(shared_engine, asked)
    await answer(shared_engine, request("word " * 30, max_tokens=3))
    reused, read = await answer(shared_engine, asked)

    assert unread.usage.reused_tokens == 0
    assert read.usage.reused_tokens > 20
    assert fresh == reused


async def test_stop_ends_an_answer_and_keeps_what_was_written(shared_engine):
    await load(shared_engine, LONG)
    events = []
    async with asyncio.timeout(30):
        async for event in shared_engine.generate(request(max_tokens=ENDLESS)):
            events.append(event)
            if isinstance(event, TextDelta):
                await shared_engine.stop()

    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"
    assert joined(events)
    assert events[-1].usage.answer_tokens < 8000


async def test_stop_works_while_the_prompt_is_read(shared_engine):
    await load(shared_engine, LONG)
    events = []
    async with asyncio.timeout(30):
        async for event in shared_engine.generate(request("wxyz" * 2000, max_tokens=5)):
            events.append(event)
            await shared_engine.stop()

    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "stopped"
    assert finished.usage.answer_tokens == 0
    assert max(event.done for event in events if isinstance(event, PromptProgress)) < 8000


async def test_an_answer_after_a_stop_is_as_if_nothing_had_been(shared_engine):
    await load(shared_engine, LONG)
    expected, _ = await answer(shared_engine, request())
    async for _ in shared_engine.generate(request("wxyz" * 1000, max_tokens=5)):
        await shared_engine.stop()

    assert (await answer(shared_engine, request()))[0] == expected


async def test_stop_without_an_answer_under_way_does_nothing(shared_engine):
    await load(shared_engine)
    await shared_engine.stop()

    assert (await answer(shared_engine, request()))[1].reason == "length"


async def test_a_second_answer_at_the_same_time_is_refused_and_the_first_goes_on(shared_engine):
    await load(shared_engine, LONG)
    first = shared_engine.generate(request(max_tokens=2000))
    await anext(first)

    with pytest.raises(EngineError, match="already writing"):
        await anext(shared_engine.generate(request()))

    events = [event async for event in first]
    assert events[-1].reason == "length"


async def test_leaving_an_answer_stops_it(shared_engine):
    await load(shared_engine, LONG)
    async for event in shared_engine.generate(request(max_tokens=ENDLESS)):
        if isinstance(event, TextDelta):
            break

    assert (await answer(shared_engine, request()))[1].reason == "length"


async def test_cancelling_the_task_that_reads_an_answer_stops_it(shared_engine):
    await load(shared_engine, LONG)
    started = asyncio.Event()

    async def consume() -> None:
        async for event in shared_engine.generate(request(max_tokens=ENDLESS)):
            if isinstance(event, TextDelta):
                started.set()

    task = asyncio.create_task(consume())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await answer(shared_engine, request()))[1].reason == "length"


async def test_characters_split_over_tokens_arrive_whole(shared_engine):
    await load(shared_engine)
    text = "안녕하세요 세계 😀👩‍👩‍👧 끝"

    events = await events_of(shared_engine, request(max_tokens=200, grammar=f'root ::= "{text}"'))

    assert joined(events) == text
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.usage.answer_tokens > len(text)
    assert not any("\ufffd" in event.text for event in events if isinstance(event, TextDelta))


async def test_half_a_character_at_the_end_is_left_out(shared_engine):
    await load(shared_engine)

    text, finished = await answer(shared_engine, request(max_tokens=4, grammar='root ::= "안녕"'))

    assert finished.reason == "length"
    assert text == "안"


async def test_a_grammar_is_kept_and_its_end_ends_the_answer(shared_engine):
    await load(shared_engine)

    for seed in range(5):
        asked = request(max_tokens=80, sampling=dataclasses.replace(WARM, seed=seed), grammar='root ::= ("yes" | "no")')
        text, finished = await answer(shared_engine, asked)
        assert text in ("yes", "no")
        assert finished.reason == "end"


async def test_a_bad_grammar_is_a_clear_error_and_the_engine_goes_on(shared_engine):
    await load(shared_engine)

    with pytest.raises(EngineError, match="grammar"):
        await events_of(shared_engine, request(grammar="root ::= ("))

    assert (await answer(shared_engine, request()))[1].reason == "length"


async def test_a_stop_string_ends_the_answer_before_itself(shared_engine):
    await load(shared_engine)

    asked = request(max_tokens=200, grammar='root ::= "one two STOP three"', stop=("STOP",))
    text, finished = await answer(shared_engine, asked)

    assert text == "one two "
    assert finished.reason == "end"


async def test_a_prompt_longer_than_the_context_is_a_clear_error(shared_engine):
    await load(shared_engine)

    with pytest.raises(EngineError, match="context only 1024"):
        await events_of(shared_engine, request("wxyz" * 500))


async def test_an_answer_ends_where_the_context_does(shared_engine):
    await load(shared_engine)

    _, finished = await answer(shared_engine, request(max_tokens=ENDLESS))

    assert finished.reason == "length"
    assert finished.usage.prompt_tokens + finished.usage.answer_tokens == 1024


async def test_an_empty_prompt_is_a_clear_error(shared_engine):
    await load(shared_engine)

    with pytest.raises(EngineError, match="empty"):
        await events_of(shared_engine, GenerateRequest((), GREEDY, 5))


async def test_counting_reads_markers_as_text(shared_engine):
    await load(shared_engine)

    counts = await shared_engine.count_tokens(["", "Hello", "<|im_start|>", "안녕", "\ud800 lone"])

    assert counts[:2] == [0, 1]
    assert counts[2] > 5
    assert counts[3] == 6


async def test_scores_equal_a_direct_computation(shared_engine):
    import llama_cpp

    await load(shared_engine)
    segments, continuation = prompt("Hello the world"), "the model and the system on 안녕 " * 4

    scores = await shared_engine.score(segments, continuation)

    model = llama_cpp.Llama(str(tiny_gguf()), logits_all=True, verbose=False, n_ctx=512, n_threads=1)
    whole = model.tokenize("".join(segment.text for segment in segments).encode(), add_bos=False, special=True)
    scored = model.tokenize(continuation.encode(), add_bos=False, special=False)
    model.eval([*whole, *scored])
    logits = model.scores[len(whole) - 1 : len(whole) + len(scored) - 1].astype(np.float64)
    normaliser = np.log(np.exp(logits).sum(axis=1))
    expected = logits[np.arange(len(scored)), scored] - normaliser
    model.close()
    # The cache is kept at half precision, and both sides cut the text into different batches.
    assert scores == pytest.approx(list(expected), abs=0.05)
    assert len(scored) > 64


async def test_scoring_leaves_answers_as_they_were(shared_engine):
    await load(shared_engine)
    expected, _ = await answer(shared_engine, request())

    await shared_engine.score(prompt("Hello"), "world " * 20)

    assert (await answer(shared_engine, request()))[0] == expected
    assert await shared_engine.score(prompt("Hello"), "") == []


async def test_without_a_model_everything_but_load_is_a_clear_error(log_path):
    engine = EngineClient(log_path)

    for call in (
        engine.count_tokens([""]),
        engine.set_adapters([]),
        engine.score((), ""),
        anext(engine.generate(request())),
    ):
        with pytest.raises(EngineError, match="no model is loaded"):
            await call
    await engine.close()


async def test_the_log_does_not_grow_with_every_token(tmp_path):
    async with EngineClient(tmp_path / "engine.log") as engine:
        await load(engine)
        await answer(engine, request(max_tokens=2))
        short = (tmp_path / "engine.log").stat().st_size
        await answer(engine, request("Again", max_tokens=200))

        assert (tmp_path / "engine.log").stat().st_size - short < 2000
