"""Real ``lorag`` processes, followed by the JSON lines they print."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

Event = dict[str, Any]
PATIENCE_SECONDS = 120
"""How long a test waits for what must come before it fails instead of hanging."""


class Lorag:
    """One running command."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lorag", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self.notes: list[str] = []
        """Lines of stderr."""
        self._first_note: queue.Queue[None] = queue.Queue()
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._pump_lines), threading.Thread(target=self._pump_notes)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def events(self) -> Iterator[Event]:
        """Yield the events until the output ends."""
        while (line := self._lines.get(timeout=PATIENCE_SECONDS)) is not None:
            yield json.loads(line)

    def wait_for(self, wanted: Callable[[Event], bool]) -> Event:
        """Return the first event from now on that is wanted."""
        for event in self.events():
            if wanted(event):
                return event
        raise AssertionError(f"the output ended without it; stderr: {self.notes}")

    def wait_for_note(self) -> str:
        """Return the first line of stderr."""
        self._first_note.get(timeout=PATIENCE_SECONDS)
        return self.notes[0]

    def ends_within(self, seconds: float) -> bool:
        """Give it a moment, and tell whether it has ended."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> int:
        """End it as ``kill -9`` does and return its exit code."""
        self.process.send_signal(signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        code = self.process.wait(PATIENCE_SECONDS)
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code

    def _pump_lines(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _pump_notes(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.notes.append(line)
            self._first_note.put(None)


def run(*arguments: str) -> tuple[int, list[Event], list[str]]:
    """Run a command to its end and return (exit code, events, lines of stderr)."""
    with Lorag(*arguments) as command:
        events = list(command.events())
        return command.wait(), events, command.notes


def answer(*arguments: str) -> tuple[int, Any]:
    """Run a command that prints one JSON value and return (exit code, the value)."""
    done = subprocess.run(
        [sys.executable, "-m", "lorag", *arguments], capture_output=True, check=False, timeout=PATIENCE_SECONDS
    )
    return done.returncode, json.loads(done.stdout)


def written_bytes(library: Path) -> int:
    """Return how much has been written to a library's write-ahead log since it was last folded in."""
    try:
        return library.with_name(library.name + "-wal").stat().st_size
    except FileNotFoundError:
        return 0
