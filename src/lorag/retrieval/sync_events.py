"""What happens while the library is brought up to date, in the order in which it happens."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["added", "updated", "moved", "removed", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Looked:
    """The folders are being gone through."""

    files: int
    to_read: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The folders have been gone through; this is what there is to read."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FileDone:
    """One file has been dealt with, and that is on disk."""

    path: str
    outcome: Outcome
    reason: str | None
    files_done: int
    files: int
    bytes_done: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FileRemoved:
    """A document has been taken out because its file is gone or is no longer followed."""

    path: str


@dataclass(frozen=True, slots=True)
class RootMissing:
    """A folder that was added cannot be reached; what was read from it stays searchable."""

    path: str
    documents: int


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors are being made."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a run did; always the last event."""

    added: int
    updated: int
    moved: int
    removed: int
    unchanged: int
    failed: int
    failures: tuple[tuple[str, str], ...]
    """Path and reason of each file that failed in this run."""
    known_failures: int
    """Files that failed before and have not changed since."""
    missing: tuple[tuple[str, int], ...]
    """Folders that cannot be reached and how many documents of theirs stay."""
    skipped: Mapping[str, int]
    """Files that are no documents, by reason."""
    embedded: int
    """Vectors made."""
    bytes: int
    """Size of the files read."""
    seconds: float
    complete: bool
    """False when the run was interrupted; the next one goes on where it stopped."""


SyncEvent = Looked | Reading | FileDone | FileRemoved | RootMissing | Embedded | SyncReport


@dataclass(slots=True)
class Tally:
    """Counts of a run in progress."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, int]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    known_failures: int = 0
    embedded: int = 0
    files_done: int = 0
    files: int = 0
    bytes_done: int = 0
    bytes: int = 0

    def report(self, *, seconds: float, complete: bool) -> SyncReport:
        """Return the counts as they stand."""
        return SyncReport(
            added=self.outcomes["added"],
            updated=self.outcomes["updated"],
            moved=self.outcomes["moved"],
            removed=self.outcomes["removed"],
            unchanged=self.outcomes["unchanged"],
            failed=self.outcomes["failed"],
            failures=tuple(self.failures),
            known_failures=self.known_failures,
            missing=tuple(self.missing),
            skipped=dict(self.skipped),
            embedded=self.embedded,
            bytes=self.bytes_done,
            seconds=seconds,
            complete=complete,
        )
