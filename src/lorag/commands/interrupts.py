"""Ctrl-C: the first one stops the answer and keeps what there is of it, a second one leaves."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self


class Interrupts:
    """Handles Ctrl-C while a turn is under way; the turn's task is cancelled when there is nothing to stop."""

    def __init__(self, stop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.answering = False
        """Whether there is an answer to stop; otherwise the first Ctrl-C leaves."""
        self.count = 0
        self._stop = stop
        self._stopping: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._previous = signal.getsignal(signal.SIGINT)
        try:
            # A handler of the loop's own wakes a loop that is just about to wait, too; a plain one may be noticed much later.
            self._loop.add_signal_handler(signal.SIGINT, self._advance)
        except NotImplementedError:  # Windows
            signal.signal(signal.SIGINT, lambda *_: self._loop.call_soon_threadsafe(self._advance))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(NotImplementedError):
            self._loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, self._previous)

    def _advance(self) -> None:
        self.count += 1
        if self.count == 1 and self.answering:
            self._stopping = self._loop.create_task(self._stop())
        elif self._task is not None:
            self._task.cancel()
