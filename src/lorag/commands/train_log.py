"""The log of a run: every event, one JSON object a line, in the run's folder."""

import json
import time
from typing import TextIO

from lorag.commands.train_events import TrainEvent, record
from lorag.commands.train_view import View
from lorag.tuning.run_folder import RunFolder


class LoggedView:
    """Writes every event to the run's log and hands it on."""

    def __init__(self, view: View, folder: RunFolder) -> None:
        self._view = view
        self._folder = folder
        self._file: TextIO | None = None
        self._held: list[str] = []

    def begin(self) -> None:
        """Start the log, or go on with it; what was shown before is written now that the run has a folder."""
        self._file = self._folder.log.open("a", encoding="utf-8")
        self._folder.log.chmod(0o600)
        self._file.writelines(self._held)
        self._held.clear()

    def show(self, event: TrainEvent) -> None:
        """Log and show one event."""
        line = json.dumps({"time": round(time.time(), 3), **record(event)}, ensure_ascii=False) + "\n"
        if self._file is None:
            self._held.append(line)
        else:
            self._file.write(line)
            self._file.flush()
        self._view.show(event)

    def close(self) -> None:
        """Close the log; the view stays open."""
        if self._file is not None:
            self._file.close()
