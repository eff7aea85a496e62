"""Reader processes and the threads that talk to them: files are read side by side, and a bad one costs only itself."""

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from lorag.errors import LoragError
from lorag.library.content import Content
from lorag.retrieval.reading import ReadingPlan, Unreadable

# -P: a file in the working folder must not stand in for a module.
_COMMAND = (sys.executable, "-P", "-c", "from lorag.retrieval.reading import serve; serve()")
_LONGEST_DETAIL = 200


class ReaderPool:
    """Reads files in up to ``size`` processes, which start when there is work for them."""

    def __init__(self, plan: ReadingPlan, *, size: int, seconds_per_file: float) -> None:
        self.capacity = size * 2
        """How many files to hand in at once so that no reader waits."""
        self._plan = plan
        self._seconds = seconds_per_file
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="reader")
        self._local = threading.local()
        self._readers: list[_Reader] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closed = True
        for reader in self._readers:
            reader.close()
        self._threads.shutdown(cancel_futures=True)

    def submit(self, path: Path) -> Future[Content | Unreadable]:
        """Have a file read; the result is never an exception, unless no reader can start whatever the file."""
        return self._threads.submit(self._read, path)

    def _read(self, path: Path) -> Content | Unreadable:
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = _Reader(self._plan)
            self._readers.append(reader)
        return Unreadable("interrupted") if self._closed else reader.read(path, self._seconds)


class _Reader:
    """One process, started anew when a file has brought it down."""

    def __init__(self, plan: ReadingPlan) -> None:
        self._plan = plan
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the reader

    def read(self, path: Path, seconds: float) -> Content | Unreadable:
        """Return what a file holds, or why that cannot be told."""
        process = self._process = self._process or self._start()
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            return self._ask(process, path)
        except (EOFError, OSError, pickle.UnpicklingError):
            self._end(process)
            return Unreadable(f"it took longer than {seconds:g} seconds" if late.is_set() else self._last_words())
        finally:
            timer.cancel()
            if late.is_set():  # it may have answered in its last moment
                self._end(process)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._end(self._process)
        self._errors.close()

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        process.wait()
        self._process = None
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close() if pipe else None

    def _start(self) -> "subprocess.Popen[bytes]":
        try:
            return self._started()
        except LoragError:
            # Killed while it started, by hand or for want of memory: a second one usually starts.
            return self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        self._errors.seek(0)
        self._errors.truncate()
        # One thread per reader: the readers themselves are what runs side by side.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(self._plan, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            pickle.load(process.stdout)  # it is ready: from here on, what goes wrong is the file's doing
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self._end(process)
            raise LoragError(
                f"the process that reads files cannot start: {self._last_words()}; check with: lorag doctor"
            ) from error
        return process

    def _ask(self, process: "subprocess.Popen[bytes]", path: Path) -> Content | Unreadable:
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump(path, process.stdin, pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
        answer: Content | Unreadable = pickle.load(process.stdout)
        return answer

    def _last_words(self) -> str:
        """Return what is known of the end of a process: the last line of its traceback."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"its reader ended unexpectedly ({lines[-1][:_LONGEST_DETAIL] if lines else 'killed'})"
