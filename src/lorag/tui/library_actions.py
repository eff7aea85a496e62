"""The library inside the app: adding, reading anew, looking through it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lorag.errors import LibraryError, LoragError, UsageError
from lorag.paths import is_there, typed_path
from lorag.tui.jobs import Job
from lorag.tui.library_screen import LibraryScreen
from lorag.tui.part import AppPart
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import LibraryShown, Sidebar
from lorag.tui.texts import Texts
from lorag.tui.transcript import Transcript

_KILL_AFTER_SECONDS = 0.4
"""What is being written when the app ends is given up then; nobody waits longer for the prompt of the shell."""


class LibraryActions(AppPart):
    """The part of the app that reads documents."""

    _job: Job | None = None
    job_text = ""
    """What is being read, as it is shown."""
    _at = ""
    """The same, as it was told last."""

    def refresh_library(self) -> None:
        """Draw the library's state anew."""
        app = self.ui
        if app.session is None or app.closing:
            return
        state = app.session.core.library.state()
        sidebar = self.query_one(Sidebar)
        sidebar.show_collections(state.collections, app.session.collections)
        changed = app.time(state.last_change) if state.last_change else ""
        sidebar.show_library(LibraryShown(state.documents, state.failed, state.waiting, changed, self.job_text))

    async def do_add(self, argument: str) -> None:
        """Read a file or folder into the library."""
        if not argument:
            # The prompt completes paths, so that is where one is chosen.
            self.query_one(PromptArea).begin("/add ")
            return
        self._start(("add", str(self._existing(argument.strip('"'))), "--json"))

    def _existing(self, written: str) -> Path:
        path = typed_path(written, self.ui.places.working)
        if not is_there(path):
            raise UsageError(self.ui.texts("add.missing", path=path))
        return path.resolve()

    async def do_sync(self, argument: str) -> None:
        """Read again what was added."""
        self._start(("sync", "--json"))

    async def do_library(self, argument: str) -> None:
        """Look through the documents, at first those with these words."""
        app = self.ui
        assert app.session is not None
        self.show_screen(LibraryScreen(app.session.core.library, argument), lambda _: self._greet_again())

    async def _greet_again(self) -> None:
        """Say how the library is now, in the greeting too while that is all there is."""
        app = self.ui
        app.refresh_library()
        if not app.streaming and not self.query_one(Transcript).messages:
            await app.greet()

    def stop_jobs(self) -> None:
        """End what is being read; what was finished stays."""
        if self._job is not None:
            self._job.stop(kill_after_seconds=_KILL_AFTER_SECONDS)

    def _start(self, command: Sequence[str]) -> None:
        app = self.ui
        assert app.session is not None
        if self._job is not None:
            raise UsageError(app.texts("job.busy"))
        self._job = Job(app.session.core.lorag(command), LibraryError)
        self.run_worker(self._follow_job(self._job), group="job", exit_on_error=False)

    async def _follow_job(self, job: Job) -> None:
        app = self.ui
        report: Mapping[str, Any] = {}
        self._at = app.texts("job.started")
        self.show_reading()
        try:
            async for event in job.events():
                report = event
                self._at = describe_progress(event, app.texts) or self._at
            app.tell(describe_report(report, app.texts))
        except LoragError as error:
            app.say("job.failed", error=True, reason=app.texts.of(error))
        finally:
            self._job = None
            self._at = ""
            self.show_reading()
        await self._greet_again()

    def show_reading(self) -> None:
        """Draw how far the reading is, when that has changed."""
        if self._at != self.job_text:
            self.job_text = self._at
            self.ui.refresh_library()
            self.ui.refresh_state()


def describe_progress(event: Mapping[str, Any], texts: Texts) -> str:
    """Return one line on how far the reading is; empty for events that say nothing of that."""
    match event.get("event"):
        case "looked":
            return texts("job.looking", count=event["files"])
        case "file_done":
            name = Path(str(event["path"])).name
            return texts("job.reading", done=event["files_done"], total=event["files"], name=name)
        case "embedded":
            return texts("job.vectors", done=event["done"], total=event["total"])
    return ""


def describe_report(report: Mapping[str, Any], texts: Texts) -> str:
    """Return what came of it."""
    if report.get("event") != "sync_report":
        return texts("job.done")
    counts = {key: report[key] for key in ("added", "updated", "removed", "failed")}
    return " ".join([texts("job.partly" if report["failed"] else "job.done"), texts("job.counts", **counts)])
