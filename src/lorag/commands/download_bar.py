"""A download as a bar with rate and remaining time; the one importer of rich for downloads."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from lorag.commands.terminal import harmless_line
from lorag.models.download import DownloadProgress

_LONGEST_NAME = 30


class DownloadBar:
    """A line per file, taken away at the end."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._bar.start()

    def show(self, name: str, progress: DownloadProgress) -> None:
        """Show how much of a file is here."""
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(harmless_line(name)[:_LONGEST_NAME], total=progress.total)
        self._bar.update(self._tasks[name], completed=progress.done, total=progress.total)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
