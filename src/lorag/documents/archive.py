"""Zip files opened with a limit on what they unpack to, checked before anything is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lorag.documents.model import Limits
from lorag.errors import DocumentError, DocumentLimitError

_MOST_ENTRIES: Final = 20_000
_HIGHEST_RATIO: Final = 200
_RATIO_FREE_BYTES: Final = 10_000_000
ARCHIVE_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What the zipfile module raises on damaged, encrypted or unusual archives."""


@contextmanager
def open_archive(data: bytes, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open a zip file after checking that it unpacks to no more than the limits allow."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except ARCHIVE_ERRORS as error:
        raise DocumentError(f"it is damaged or cut short: its zip archive cannot be opened ({error})") from error
    with archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise DocumentLimitError(f"its archive has more than {_MOST_ENTRIES:,} parts, which no document has")
        check_expansion(len(data), sum(entry.file_size for entry in entries), limits)
        yield archive


def check_expansion(packed_bytes: int, expanded_bytes: int, limits: Limits) -> None:
    """Raise DocumentLimitError if a compressed file unpacks to more than a document would."""
    if expanded_bytes > limits.max_expanded_bytes:
        raise DocumentLimitError(
            f"it unpacks to more than {limits.max_expanded_bytes // 1_000_000:,} MB; raise max_expanded_mb to read it"
        )
    if expanded_bytes > _RATIO_FREE_BYTES and expanded_bytes > _HIGHEST_RATIO * packed_bytes:
        raise DocumentLimitError(
            f"it unpacks to {expanded_bytes // max(1, packed_bytes):,} times its size, as a zip bomb does"
        )


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one part of an archive; zipfile never reads more than the size that was checked."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise DocumentError(f"it is damaged: its part {name} is missing") from error
    except ARCHIVE_ERRORS as error:
        raise DocumentError(f"it is damaged: its part {name} cannot be unpacked ({error})") from error
