"""Ctrl-C: the first one stops the answer and keeps what there is of it, a second one leaves."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import FrameType, TracebackType
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
        self._previous = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._previous)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        # A signal may arrive anywhere; the loop acts on it where it is safe.
        self._loop.call_soon_threadsafe(self._advance)

    def _advance(self) -> None:
        self.count += 1
        if self.count == 1 and self.answering:
            self._stopping = self._loop.create_task(self._stop())
        elif self._task is not None:
            self._task.cancel()
