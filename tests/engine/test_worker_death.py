import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

import psutil
import pytest

from lorag.engine.api import AdapterStrength, LoadRequest, QuantiseRequest, TextDelta
from lorag.engine.client import EngineClient
from lorag.engine.process import WorkerProcess
from lorag.errors import EngineDiedError, EngineError
from tests.engine.conversation import ENDLESS, answer, request
from tests.tiny_gguf import tiny_gguf, tiny_lora

LONG = tiny_gguf("long", context=8192)


async def die_mid_answer(engine: EngineClient, how: signal.Signals) -> str:
    # Its answer is longer than what a pipe and a stream hold: it is still writing when it is killed.
    await engine.load(LoadRequest(LONG, threads=1))
    seen = ""
    async for event in engine.generate(request(max_tokens=ENDLESS)):
        if isinstance(event, TextDelta):
            seen += event.text
            assert engine.worker_pid is not None
            os.kill(engine.worker_pid, how)
    return seen


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
async def test_a_worker_that_dies_mid_answer_is_one_clear_error_and_the_next_call_works(engine, log_path, how):
    await engine.load(LoadRequest(LONG, threads=1))
    await engine.set_adapters([AdapterStrength(tiny_lora(), 0.7)])
    expected, _ = await answer(engine, request())
    first_pid = engine.worker_pid

    with pytest.raises(EngineDiedError) as caught:
        await die_mid_answer(engine, how)

    message = str(caught.value)
    assert how.name in message
    assert str(log_path) in message
    assert "\n" not in message
    assert (await answer(engine, request()))[0] == expected
    assert engine.worker_pid not in (None, first_pid)


async def test_a_worker_that_died_between_two_calls_is_replaced_unnoticed(engine):
    expected, _ = await answer(engine, request())
    pid = engine.worker_pid
    os.kill(pid, signal.SIGKILL)
    # Waited for without reaping it, which is the loop's to do; it may have done so already.
    with contextlib.suppress(ChildProcessError):
        await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    for _ in range(2):
        try:
            text, _ = await answer(engine, request())
            break
        except EngineDiedError:
            # The loop had not yet heard of the death when the call was made.
            continue
    assert text == expected


async def test_a_worker_that_dies_while_loading_is_one_clear_error(engine, monkeypatch):
    send = WorkerProcess.send

    def send_and_kill(worker: WorkerProcess, message: Mapping[str, Any]) -> None:
        # Stopped first, or it might have loaded so small a model before it is killed.
        os.kill(worker.pid, signal.SIGSTOP)
        send(worker, message)
        os.kill(worker.pid, signal.SIGKILL)

    monkeypatch.setattr(WorkerProcess, "send", send_and_kill)
    with pytest.raises(EngineDiedError, match="SIGKILL"):
        await engine.load(LoadRequest(LONG, threads=1))
    monkeypatch.undo()

    assert (await engine.load(LoadRequest(LONG, threads=1))).path == LONG


async def test_what_llama_cpp_said_last_is_in_the_error(engine, log_path):
    with log_path.open("a") as log:
        log.write("ggml.c:123: GGML_ASSERT(everything) failed\n")

    with pytest.raises(EngineDiedError, match=r"GGML_ASSERT\(everything\) failed"):
        await die_mid_answer(engine, signal.SIGABRT)


async def test_a_line_of_the_log_that_tells_of_no_failure_is_no_reason(engine, log_path):
    with log_path.open("a") as log:
        log.write("sched_reserve: reserve took 6.08 ms\n")

    with pytest.raises(EngineDiedError, match=r"ended \(SIGKILL, perhaps for want of memory\)\. Its log: "):
        await die_mid_answer(engine, signal.SIGKILL)


async def test_closing_does_not_wait_for_an_answer_that_is_being_written(engine):
    await engine.load(LoadRequest(LONG, threads=1))
    answering = engine.generate(request(max_tokens=ENDLESS))
    await anext(answering)
    pid = engine.worker_pid

    await engine.close()

    assert not psutil.pid_exists(pid)
    with pytest.raises(EngineError, match="closed"):
        async for _ in answering:
            pass


async def test_the_log_is_for_its_owner_only(engine, log_path):
    assert log_path.stat().st_mode & 0o777 == 0o600
    assert log_path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_python_that_does_not_start_is_a_clear_error(log_path):
    async with EngineClient(log_path, python="/bin/false") as engine:
        with pytest.raises(EngineDiedError, match="exit code 1"):
            await engine.load(LoadRequest(tiny_gguf(), threads=1))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_worker_ends_when_its_parent_does(tmp_path, how):
    program = textwrap.dedent(f"""
        import asyncio
        from pathlib import Path
        from lorag.engine.api import GenerateRequest, LoadRequest, Sampling
        from lorag.engine.client import EngineClient
        from lorag.prompts.messages import Segment

        async def main():
            engine = EngineClient(Path({str(tmp_path / "engine.log")!r}))
            await engine.load(LoadRequest(Path({str(LONG)!r}), threads=1))
            async for event in engine.generate(GenerateRequest((Segment("Hello", False),), Sampling(), {ENDLESS})):
                print(engine.worker_pid, flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(how)

    gone, _ = psutil.wait_procs([worker], timeout=10)
    assert gone == [worker]


async def test_a_worker_that_dies_while_it_quantises_is_a_message(engine, tmp_path):
    # A tiny model is done before anybody can interfere, so the worker is held until it is killed.
    os.kill(engine.worker_pid, signal.SIGSTOP)
    asyncio.get_running_loop().call_soon(os.kill, engine.worker_pid, signal.SIGKILL)

    with pytest.raises(EngineDiedError, match="SIGKILL"):
        await engine.quantise(QuantiseRequest(tiny_gguf(), tmp_path / "q8.gguf", "Q8_0", threads=1))

    assert not (tmp_path / "q8.gguf").exists()
    assert (await answer(engine, request()))[0]
