"""The worker process as its client sees it: lines in, events out, and why it ended."""

import asyncio
import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lorag.engine.protocol import JsonObject, decode, encode
from lorag.errors import EngineDiedError

_LINE_LIMIT: Final = 64 * 1024 * 1024
_LOG_TAIL_BYTES: Final = 8192
_CLOSE_SECONDS: Final = 1.0
_START_SECONDS: Final = 60.0
_TELLING: Final = re.compile(r"GGML_ASSERT|GGML_ABORT|error|failed|exception|terminate|out of memory", re.IGNORECASE)
_GIST_LIMIT: Final = 200

_THREADS_YIELD: Final = {"GOMP_SPINCOUNT": "2000"}
"""How long llama.cpp's threads wait for each other before they sleep. By default they turn in circles for milliseconds;
beside one other busy process on two cores an answer then took 81 s in place of 11 s (measured)."""


class WorkerProcess:
    """One life of the engine process."""

    def __init__(self, process: asyncio.subprocess.Process, log_path: Path, log_start: int) -> None:
        self._process = process
        self._log_path = log_path
        self._log_start = log_start
        self._waiting: dict[int, asyncio.Queue[JsonObject | None]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, python: str, log_path: Path) -> "WorkerProcess":
        """Start a worker and wait until it takes commands."""
        log_start = _size(log_path)
        process = await asyncio.create_subprocess_exec(
            python,
            "-m",
            "lorag.engine.worker",
            str(log_path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            # llama.cpp would start a debugger to print a backtrace when it aborts.
            env={**_THREADS_YIELD, **os.environ, "GGML_NO_BACKTRACE": "1"},
            # Ctrl-C in the terminal goes to a whole process group; this one must live on to keep the partial answer.
            process_group=0,
        )
        worker = cls(process, log_path, log_start)
        ready = worker.listen(0)
        try:
            async with asyncio.timeout(_START_SECONDS):
                message = await ready.get()
        except TimeoutError:
            message = None
        if message is None:
            error = await worker.death()
            await worker.close()
            raise error
        worker.stop_listening(0)
        return worker

    @property
    def is_alive(self) -> bool:
        """Whether commands can be sent."""
        return self._process.returncode is None and not self._reader.done()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def listen(self, command: int) -> asyncio.Queue[JsonObject | None]:
        """Return the queue on which the events of a command will arrive; None means that the process has ended."""
        events: asyncio.Queue[JsonObject | None] = asyncio.Queue()
        self._waiting[command] = events
        if self._reader.done():
            events.put_nowait(None)
        return events

    def stop_listening(self, command: int) -> None:
        """Throw away what still comes for a command."""
        self._waiting.pop(command, None)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; a process that has ended does not get it and says so on the command's queue."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(encode(message))

    async def death(self) -> EngineDiedError:
        """Return what is to be said about the end of the process."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                code = await self._process.wait()
        except TimeoutError:
            return EngineDiedError(f"the engine process does not answer. Its log: {self._log_path}")
        gist = self._log_gist()
        how = _exit_words(code)
        return EngineDiedError(
            f"the engine process ended ({how}{': ' + gist if gist else ''}). Its log: {self._log_path}"
        )

    async def close(self) -> None:
        """End the process, now."""
        if self._process.returncode is None:
            self.send({"id": 0, "command": "close"})
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._reader

    async def _read(self) -> None:
        stream = self._process.stdout
        while stream is not None and (line := await stream.readline()):
            message = decode(line)
            events = self._waiting.get(message["id"])
            if events is not None:
                events.put_nowait(message)
        for events in self._waiting.values():
            events.put_nowait(None)

    def _log_gist(self) -> str:
        try:
            with self._log_path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                # A log that shrank was begun anew by this worker.
                start = self._log_start if size >= self._log_start else 0
                file.seek(max(start, size - _LOG_TAIL_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        # A process that was killed from outside has written nothing of that: its last line tells of something else.
        telling = [line.strip() for line in lines if _TELLING.search(line)]
        return telling[-1][:_GIST_LIMIT] if telling else ""


def _exit_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    return f"{name}, perhaps for want of memory" if -code == signal.SIGKILL else name


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
