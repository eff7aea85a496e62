"""Fetch a file so that what lies at its name is always whole: part file, resume, length, checksum, then rename."""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Final

import httpx2

from lorag.errors import DownloadError
from lorag.models.gguf import MAGIC
from lorag.models.part import held, read_notes, write_notes

_SPARE_BYTES: Final = 200_000_000
"""Left free on the disk, so that a download does not fill it to the last byte."""
_ATTEMPTS: Final = 5
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_HUB_CHECKSUM: Final = "x-linked-etag"
"""Hugging Face tells the SHA-256 of a large file here, on the answer that redirects to where it is stored."""
_RANGE_START: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be fetched."""

    url: str
    target: Path
    sha256: str | None = None
    is_gguf: bool = False
    """Whether the first bytes must be those of a GGUF file, which is found out before the rest is fetched."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How much is here."""

    done: int
    total: int | None
    """None while the server has not told."""


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """What a download may wait for and take."""

    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    pause_seconds: float = 1.0
    """Before the second attempt; twice as long before each further one."""
    attempts: int = _ATTEMPTS
    """In a row without a single new byte."""


DEFAULT_LIMITS: Final = DownloadLimits()


def download(
    wanted: Download,
    client: httpx2.Client,
    on_progress: Callable[[DownloadProgress], None],
    limits: DownloadLimits = DEFAULT_LIMITS,
) -> None:
    """Fetch a file, going on from what an earlier attempt left.

    Raises:
        DownloadError: The server or the network failed, the disk is too full, or what came is not what was wanted. What
            has come stays for the next attempt unless it is wrong.
    """
    part = wanted.target.with_name(wanted.target.name + ".part")
    notes = part.with_name(part.name + ".json")
    try:
        wanted.target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held(part, notes) as file:
            transfer = _Transfer(wanted, client, file, notes, on_progress, limits)
            transfer.run()
            _check_sum(file, transfer.sha256, wanted)
            os.fsync(file.fileno())
            part.replace(wanted.target)
            notes.unlink(missing_ok=True)
    except _WrongContentError as error:
        part.unlink(missing_ok=True)
        notes.unlink(missing_ok=True)
        raise DownloadError(str(error)) from error
    except OSError as error:
        raise DownloadError(f"{wanted.target} cannot be written: {error.strerror or error}") from error


class _WrongContentError(Exception):
    """What came is not what was wanted and is of no use."""


class _InterruptedError(Exception):
    """The connection ended early; what came is of use."""


class _Transfer:
    """The attempts to fetch one file."""

    def __init__(
        self,
        wanted: Download,
        client: httpx2.Client,
        file: BufferedRandom,
        notes: Path,
        on_progress: Callable[[DownloadProgress], None],
        limits: DownloadLimits,
    ) -> None:
        self._wanted = wanted
        self._client = client
        self._file = file
        self._notes_path = notes
        self._on_progress = on_progress
        self._limits = limits
        self._notes = read_notes(notes, wanted.url)
        self.sha256 = wanted.sha256 or self._notes.get("sha256")
        if not self._notes:
            # Without knowing which version of the file the part belongs to, it cannot be gone on with.
            file.truncate(0)

    def run(self) -> None:
        """Fetch until all is here."""
        failures = 0
        while True:
            before = self._size()
            try:
                self._attempt()
            except (_InterruptedError, httpx2.TransportError) as error:
                failures = failures + 1 if self._size() <= before else 1
                if failures >= self._limits.attempts:
                    raise DownloadError(
                        f"{self._wanted.url} cannot be fetched: {_reason(error)}. Run the command again to go on"
                    ) from error
                time.sleep(self._limits.pause_seconds * 2 ** (failures - 1))
            else:
                return

    def _attempt(self) -> None:
        size = self._size()
        headers = {"Accept-Encoding": "identity"}
        if size:
            headers |= {"Range": f"bytes={size}-", "If-Range": self._notes["version"]}
        try:
            with self._client.stream("GET", self._wanted.url, headers=headers) as response:
                self._take(response, size)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise DownloadError(f"{self._wanted.url} is not an address that can be fetched") from error
        except httpx2.TooManyRedirects as error:
            raise DownloadError(f"{self._wanted.url} leads in a circle") from error

    def _take(self, response: httpx2.Response, size: int) -> None:
        if response.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
            total = response.headers.get("content-range", "").rpartition("/")[2]
            if total == str(size):
                return
            self._file.truncate(0)
            raise _InterruptedError("the file on the server has changed")
        _check_status(response, self._wanted.url)
        start, total_bytes = _extent(response)
        if start not in (0, size):
            raise _InterruptedError("the server sent another part than was asked for")
        self._file.truncate(start)
        self._file.seek(start)
        self._note(response)
        self._check_room(total_bytes, start)
        self._receive(response, start, total_bytes)

    def _receive(self, response: httpx2.Response, start: int, total: int | None) -> None:
        done = start
        # In the pieces the network gives: of a larger one, what came before the connection ended would be lost.
        for block in response.iter_raw():
            self._file.write(block)
            if done == 0 and self._wanted.is_gguf and not block.startswith(MAGIC[: len(block)]):
                raise _WrongContentError(f"{self._wanted.url} is not a GGUF file")
            done += len(block)
            self._on_progress(DownloadProgress(done, total))
        self._file.flush()
        if total is not None and done < total:
            raise _InterruptedError(f"the connection ended after {done:,} of {total:,} bytes")
        if done == 0:
            raise _WrongContentError(f"{self._wanted.url} is empty")

    def _note(self, response: httpx2.Response) -> None:
        """Write down which version of the file is being fetched; without a mark of it there is no resuming."""
        etag = response.headers.get("etag", "")
        version = etag if etag and not etag.startswith("W/") else response.headers.get("last-modified")
        told = (answer.headers.get(_HUB_CHECKSUM, "").strip('"') for answer in (*response.history, response))
        self.sha256 = self._wanted.sha256 or next((value for value in told if _SHA256.fullmatch(value)), self.sha256)
        if version is None:
            self._notes = {}
            self._notes_path.unlink(missing_ok=True)
        else:
            self._notes = {"url": self._wanted.url, "version": version, "sha256": self.sha256}
            write_notes(self._notes_path, self._notes)

    def _check_room(self, total: int | None, start: int) -> None:
        if total is None:
            return
        folder = self._wanted.target.parent
        free = self._limits.free_bytes(folder)
        if total - start + _SPARE_BYTES > free:
            raise DownloadError(
                f"{self._wanted.target.name} needs {_gigabytes(total - start)} more, and {folder} has "
                f"{_gigabytes(free)} free: free some space, or set LORAG_MODELS_DIR to another disk"
            )

    def _size(self) -> int:
        self._file.flush()
        # A part without a version cannot be asked for from the middle.
        return os.fstat(self._file.fileno()).st_size if self._notes else 0


def _check_status(response: httpx2.Response, url: str) -> None:
    code = response.status_code
    if response.is_success:
        return
    if code in (httpx2.codes.TOO_MANY_REQUESTS, *range(500, 600)):
        raise _InterruptedError(f"the server answered {code}")
    reasons = {
        401: "its publisher asks for a login: accept its licence in a browser and download the file there",
        403: "its publisher asks for a login: accept its licence in a browser and download the file there",
        404: "there is no such file",
        410: "the file was taken away",
    }
    raise DownloadError(f"{url} cannot be fetched: {reasons.get(code, f'the server answered {code}')}")


def _extent(response: httpx2.Response) -> tuple[int, int | None]:
    """Return where the body starts in the file and how long the whole file is, if the server tells."""
    if response.status_code == httpx2.codes.PARTIAL_CONTENT:
        match = _RANGE_START.fullmatch(response.headers.get("content-range", ""))
        if match is None:
            raise _InterruptedError("the server did not say which part it sent")
        return int(match[1]), None if match[2] == "*" else int(match[2])
    length = response.headers.get("content-length", "")
    return 0, int(length) if length.isdigit() else None


def _check_sum(file: BufferedRandom, expected: str | None, wanted: Download) -> None:
    if expected is None:
        return
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.lower():
        raise _WrongContentError(
            f"{wanted.url} is not what it should be: its SHA-256 is {found}, not {expected.lower()}. It was thrown away"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.ConnectError):
        return "the server cannot be reached"
    if isinstance(error, httpx2.TimeoutException):
        return "the server does not answer"
    return str(error) or type(error).__name__


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
