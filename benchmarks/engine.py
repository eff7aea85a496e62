"""What the engine process costs over bare llama.cpp, what a second turn saves, and what switching an adapter takes."""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import llama_cpp
import numpy as np

from benchmarks.report import Figure
from lorag.engine.api import AdapterStrength, Finished, GenerateRequest, LoadRequest, Sampling, TextDelta
from lorag.engine.client import EngineClient
from lorag.models.find import builtin_model
from lorag.models.gguf import read_metadata
from lorag.prompts.messages import Segment
from tests.tiny_gguf import write_tiny_gguf

THREADS = 1
ANSWER_TOKENS = 200
PAIRS = 7
CONTEXT_TOKENS = 2048
PASSAGE = "The warehouse in Busan opens at nine and closes at six. 부산 창고는 아홉 시에 열고 여섯 시에 닫습니다. "
SPEED_BUDGET = 0.97
SWITCH_BUDGET_SECONDS = 0.005
SWITCH_BUDGET_RATIO = 100
GREEDY = Sampling(temperature=0, repeat_penalty=1.0)
NEVER_ENDS = "root ::= [a-z ]+"


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured with."""

    engine: EngineClient
    request: LoadRequest
    adapter: Path


def figures() -> list[Figure]:
    """Measure."""
    return asyncio.run(_figures())


async def _figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        # Without the built-in model, one of about its size with random weights.
        model = builtin_model() or write_tiny_gguf(Path(folder, "made.gguf"), width=512, layers=8, context=8192)
        adapter = write_lora(Path(folder, "lora.gguf"), model)
        async with EngineClient(Path(folder, "engine.log")) as engine:
            bench = Bench(engine, LoadRequest(model, CONTEXT_TOKENS, THREADS), adapter)
            await engine.load(bench.request)
            return [await speed(bench), *await second_turn(bench), *await switching(bench)]


async def speed(bench: Bench) -> Figure:
    """Compare tokens a second through the process with a loop over llama.cpp's own functions in this process."""
    with bare_llama(bench.request) as loop:
        await through_engine(bench), loop()
        pairs = [(await through_engine(bench), loop()) for _ in range(PAIRS)]
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    detail = f"{ours:,.0f} against {bare:,.0f} tokens/s, {bench.request.model.name}, {THREADS} thread"
    return Figure("tokens/s through the app", ratio, "×", f"≥ {SPEED_BUDGET:g} ×", ratio >= SPEED_BUDGET, detail)


async def through_engine(bench: Bench) -> float:
    """Return tokens a second of one answer, seen from the client."""
    started, count = 0.0, 0
    async for event in bench.engine.generate(GenerateRequest(prompt(PASSAGE), GREEDY, ANSWER_TOKENS)):
        if isinstance(event, TextDelta) and not started:
            started = time.perf_counter()
        if isinstance(event, Finished):
            count = event.usage.answer_tokens
    return (count - 1) / (time.perf_counter() - started)


@contextlib.contextmanager
def bare_llama(request: LoadRequest) -> Iterator[Callable[[], float]]:
    """Yield a function that writes the same answer in a bare loop and returns tokens a second."""
    model = llama_cpp.Llama(
        str(request.model),
        n_ctx=request.context_tokens,
        n_threads=request.threads,
        n_threads_batch=request.threads,
        n_batch=128,
        verbose=False,
    )
    tokens = model.tokenize(PASSAGE.encode(), add_bos=False)
    sampler = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    llama_cpp.llama_sampler_chain_add(sampler, llama_cpp.llama_sampler_init_greedy())
    context = model._ctx.ctx

    def loop() -> float:
        model.reset()
        model._ctx.kv_cache_clear()
        model.eval(tokens)
        token = llama_cpp.llama_sampler_sample(sampler, context, -1)
        started = time.perf_counter()
        one = (llama_cpp.llama_token * 1)()
        for _ in range(ANSWER_TOKENS - 1):
            one[0] = token
            llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(one, 1))
            token = llama_cpp.llama_sampler_sample(sampler, context, -1)
        return (ANSWER_TOKENS - 1) / (time.perf_counter() - started)

    try:
        yield loop
    finally:
        llama_cpp.llama_sampler_free(sampler)
        model.close()


async def second_turn(bench: Bench) -> list[Figure]:
    """Compare the wait for a second turn's first word with and without what was read for the first turn."""
    first = prompt(PASSAGE * 12)
    answer = Segment("The warehouse opens at nine.", special=False)
    second = (*first, answer, *prompt("And when does it close?"))
    kept, anew, read, new = [], [], 0, 0
    for _ in range(PAIRS):
        await first_word(bench, first)
        seconds, usage = await first_word(bench, second)
        kept.append(seconds)
        read = usage.usage.prompt_tokens - usage.usage.reused_tokens
        new = usage.usage.prompt_tokens - len(await bench.engine.tokenise(first))
        await forget(bench)
        anew.append((await first_word(bench, second))[0])
        await forget(bench)
    ratio = statistics.median(slow / fast for slow, fast in zip(anew, kept, strict=True))
    detail = f"{statistics.median(kept) * 1000:.0f} ms against {statistics.median(anew) * 1000:.0f} ms"
    return [
        Figure("second turn's first word, prefix reused", ratio, "× sooner", detail=detail),
        Figure("tokens read for the second turn", read, "tokens", f"only the {new} new ones", read <= new + 1),
    ]


async def first_word(bench: Bench, segments: Sequence[Segment]) -> tuple[float, Finished]:
    """Return the seconds until the first text of an answer, and how it ended."""
    started, seconds = time.perf_counter(), 0.0
    async for event in bench.engine.generate(GenerateRequest(tuple(segments), GREEDY, 4, grammar=NEVER_ENDS)):
        if isinstance(event, TextDelta) and not seconds:
            seconds = time.perf_counter() - started
        if isinstance(event, Finished):
            return seconds, event
    raise AssertionError("an answer without an end")


async def forget(bench: Bench) -> None:
    """Put something else into the cache."""
    await bench.engine.score_tokens([1, 2, 3])


async def switching(bench: Bench) -> list[Figure]:
    """Compare switching an adapter on and off with loading the model anew."""
    adapter = AdapterStrength(bench.adapter)
    await bench.engine.set_adapters([adapter])
    switches, reloads = [], []
    for turn in range(PAIRS * 2):
        started = time.perf_counter()
        await bench.engine.set_adapters([] if turn % 2 == 0 else [adapter])
        switches.append(time.perf_counter() - started)
    for turn in range(PAIRS):
        # Another context is another load; the file itself is in the system's cache.
        wanted = replace(bench.request, context_tokens=CONTEXT_TOKENS - 256 * (turn % 2 + 1))
        started = time.perf_counter()
        await bench.engine.load(wanted)
        reloads.append(time.perf_counter() - started)
    switch, reload = statistics.median(switches), statistics.median(reloads)
    detail = f"{switch * 1000:.2f} ms against {reload * 1000:.0f} ms for a reload"
    ratio = reload / switch
    return [
        Figure("adapter switch", switch * 1000, "ms", "≤ 5 ms", switch <= SWITCH_BUDGET_SECONDS, detail),
        Figure(
            "adapter switch against a reload",
            ratio,
            "× faster",
            f"≥ {SWITCH_BUDGET_RATIO} ×",
            ratio >= SWITCH_BUDGET_RATIO,
        ),
    ]


def prompt(text: str) -> tuple[Segment, ...]:
    """Return a turn in ChatML, whatever the model was trained on: only time is measured here."""
    return (
        Segment("<|im_start|>user\n", special=True),
        Segment(text, special=False),
        Segment("<|im_end|>\n<|im_start|>assistant\n", special=True),
    )


def write_lora(path: Path, model: Path, rank: int = 16) -> Path:
    """Write a LoRA with random weights over the query and value projections of every layer."""
    metadata = read_metadata(model)
    writer = gguf.GGUFWriter(path, metadata.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    generator = np.random.default_rng(0)
    for name, tensor in metadata.tensors.items():
        if name.endswith(("attn_q.weight", "attn_v.weight")):
            columns, rows = tensor.shape[:2]
            writer.add_tensor(f"{name}.lora_a", generator.normal(0, 0.02, (rank, columns)).astype(np.float32))
            writer.add_tensor(f"{name}.lora_b", generator.normal(0, 0.02, (rows, rank)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
