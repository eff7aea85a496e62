"""What takes long runs in a process of its own, while one chats: reading documents, training."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from lorag.errors import LoragError

_LINE_LIMIT: Final = 1 << 22
SHOW_EVERY_SECONDS: Final = 0.2
"""How often what a run is at is drawn: it may read a thousand files in a second."""


class Job:
    """One run of lorag, told as the JSON objects it prints."""

    def __init__(self, command: Sequence[str], failure: type[LoragError]) -> None:
        """Take the command line and the error that a failed run is told as."""
        self._command = command
        self._failure = failure
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    async def events(self) -> AsyncIterator[Mapping[str, Any]]:
        """Run and yield what happens; a run that was stopped just ends.

        Raises:
            LoragError: It failed; the message is what it printed last.
        """
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            # Ctrl+C in the chat stops an answer, not what runs beside it.
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        complaints = asyncio.create_task(process.stderr.read())
        try:
            async for line in process.stdout:
                event = _parsed(line)
                if event is not None:
                    yield event
            said = (await complaints).decode(errors="replace").strip().splitlines()
            if await process.wait() != 0 and not self._stopped:
                raise self._failure(
                    said[-1].removeprefix("lorag: ") if said else f"lorag ended with {process.returncode}"
                )
        finally:
            complaints.cancel()
            self.stop()
            try:
                await process.wait()
            finally:
                # An event loop that ends first would leave the pipes open, and asyncio has no public way to close them.
                process._transport.close()  # type: ignore[attr-defined]

    def stop(self, *, kill_after_seconds: float | None = None) -> None:
        """End it as Ctrl+C would: every file that was finished is in the library, and training can go on later."""
        if self._process is None or self._process.returncode is not None:
            return
        self._stopped = True
        self._process.send_signal(signal.SIGINT)
        if kill_after_seconds is not None:
            # A thread: the app itself may be waiting for the library, which the run is writing.
            timer = threading.Timer(kill_after_seconds, self._kill, (self._process,))
            timer.daemon = True
            timer.start()

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _parsed(line: bytes) -> Mapping[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
