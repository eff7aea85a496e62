"""How a run that writes the library is shown: a bar on a terminal, JSON lines for programs, a few plain lines else."""

import dataclasses
import json
import re
import sys
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from lorag.commands.terminal import harmless_line
from lorag.retrieval.sync_events import Embedded, FileDone, Looked, Reading, RootMissing, SyncEvent, SyncReport
from lorag.translation.translate import in_locale

_MOST_FAILURES: Final = 20
_OUTCOMES: Final = ("added", "updated", "moved", "removed", "unchanged", "failed")
_MEGABYTE: Final = 1_000_000
_HUMP: Final = re.compile(r"(?<!^)(?=[A-Z])")


class View(Protocol):
    """Shows the events of one run."""

    def show(self, event: SyncEvent) -> None:
        """Show one event."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def make_view(*, as_json: bool) -> View:
    """Return the view that fits who is looking."""
    if as_json:
        return JsonView(sys.stdout)
    return BarView() if sys.stderr.isatty() else PlainView()


class JsonView:
    """One JSON object per line and event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, event: SyncEvent) -> None:
        """Print the event with its name."""
        name = _HUMP.sub("_", type(event).__name__).lower()
        # ASCII alone: whatever a file is called, the line neither fails to print nor steers a terminal.
        print(json.dumps({"event": name, **dataclasses.asdict(event)}), file=self._stream, flush=True)

    def close(self) -> None:
        """Do nothing."""


class PlainView:
    """Problems as they come, and the closing report."""

    def show(self, event: SyncEvent) -> None:
        """Print what a person should read even in a log."""
        if isinstance(event, SyncReport):
            print_report(event)
        elif isinstance(event, RootMissing):
            print(_missing_line(event), file=sys.stderr)

    def close(self) -> None:
        """Do nothing."""


class BarView:
    """A bar with rate and remaining time, and the closing report."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._looking = self._bar.add_task("looking", total=None, counts="")
        self._reading: TaskID | None = None
        self._embedding: TaskID | None = None
        self._is_reading = False

    def show(self, event: SyncEvent) -> None:
        """Move the bar."""
        match event:
            case Looked():
                self._bar.update(self._looking, counts=f"{event.files} files, {event.to_read} to read")
            case Reading():
                self._bar.update(self._looking, visible=False)
                self._is_reading = event.files > 0
                if event.files:
                    self._reading = self._bar.add_task("reading", total=max(event.bytes, 1), counts="")
            case FileDone():
                self._show_file(event)
            case Embedded():
                self._show_vectors(event)
            case RootMissing():
                self._bar.console.print(escape(_missing_line(event)))
            case SyncReport():
                self._bar.stop()
                print_report(event)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def _show_file(self, event: FileDone) -> None:
        self._is_reading = event.files_done < event.files
        if self._reading is not None:
            speed = self._bar.tasks[self._reading].speed or 0.0
            counts = f"{event.files_done}/{event.files} files  {speed / _MEGABYTE:.1f} MB/s"
            self._bar.update(self._reading, completed=event.bytes_done, counts=counts)

    def _show_vectors(self, event: Embedded) -> None:
        if self._is_reading:  # the total still grows, so a bar would say nothing
            return
        if self._embedding is None:
            self._embedding = self._bar.add_task("vectors", total=event.total, counts="")
        speed = self._bar.tasks[self._embedding].speed or 0.0
        counts = f"{event.done}/{event.total} passages  {speed:.0f}/s"
        self._bar.update(self._embedding, completed=event.done, counts=counts)


def print_report(report: SyncReport) -> None:
    """Print what a run did."""
    counts = [f"{getattr(report, name)} {name}" for name in _OUTCOMES if getattr(report, name)]
    end = "" if report.complete else "; interrupted, the next lorag sync goes on from here"
    read = f" ({report.bytes / _MEGABYTE:.1f} MB in {report.seconds:.1f} s)" if report.bytes else ""
    print((", ".join(counts) or "nothing to do") + read + end)
    for path, reason in sorted(report.failures)[:_MOST_FAILURES]:
        print(f"  failed: {harmless_line(path)}: {harmless_line(in_locale(reason))}")
    if len(report.failures) > _MOST_FAILURES:
        print(f"  failed: {len(report.failures) - _MOST_FAILURES} more; lorag list --failed shows all")
    if report.known_failures:
        print(
            f"  failed before and unchanged since: {report.known_failures}"
            "; lorag list --failed says why, lorag add tries them again"
        )
    if report.skipped:
        skipped = sorted(report.skipped.items(), key=lambda item: (-item[1], item[0]))
        print("  skipped: " + ", ".join(f"{count} {reason}" for reason, count in skipped))


def _missing_line(event: RootMissing) -> str:
    return (
        f"{harmless_line(event.path)} cannot be reached; its {event.documents} documents stay searchable"
        f" (to take them out: lorag remove {harmless_line(event.path)})"
    )
