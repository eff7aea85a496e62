import asyncio
import threading

import pytest

from lorag.chat.threads import in_thread


async def test_the_result_comes_back():
    assert await in_thread(divmod, 7, 2) == (3, 1)


async def test_an_error_is_raised_where_it_is_awaited():
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)


@pytest.mark.parametrize("cancellations", [1, 2])
async def test_a_cancelled_caller_goes_on_only_when_the_thread_has_ended(cancellations: int):
    begun, may_end, ended = asyncio.Event(), threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait(30)
        ended.set()

    task = asyncio.create_task(in_thread(work))
    await begun.wait()
    for _ in range(cancellations):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ended.is_set()


async def test_a_cancelled_caller_hears_of_the_cancellation_and_not_of_the_thread_s_error():
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait(30)
        raise ValueError("nobody reads this")

    task = asyncio.create_task(in_thread(work))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await task
