"""How a training run is shown: live with a plot on a terminal, JSON lines for programs, a few plain lines else."""

import json
import sys
from typing import Final, Protocol, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from lorag.commands.terminal import harmless, harmless_line
from lorag.commands.train_events import (
    CheckpointJudged,
    Data,
    Estimated,
    Found,
    Measuring,
    Paused,
    Planned,
    Result,
    Sample,
    Splitted,
    Stage,
    Stepped,
    StopEarly,
    TrainEvent,
    Validated,
    Warned,
    record,
)
from lorag.commands.train_findings import MOST_FINDINGS, FindingLines
from lorag.commands.train_plot import draw_losses

_LINES_A_RUN: Final = 20
_LINES_A_MEASUREMENT: Final = 10
_GIGABYTE: Final = 1e9


class View(Protocol):
    """Shows the events of one run."""

    def show(self, event: TrainEvent) -> None:
        """Show one event."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def make_view(*, as_json: bool) -> View:
    """Return the view that fits who is looking."""
    if as_json:
        return JsonView(sys.stdout)
    return LiveView() if sys.stderr.isatty() else PlainView()


class JsonView:
    """One JSON object per line and event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._findings = 0

    def show(self, event: TrainEvent) -> None:
        """Print the event with its name."""
        if isinstance(event, Found):
            self._findings += 1
            if self._findings > 10 * MOST_FINDINGS:
                return
        # ASCII alone: whatever the data holds, the line neither fails to print nor steers a terminal.
        print(json.dumps(record(event)), file=self._stream, flush=True)

    def close(self) -> None:
        """Do nothing."""


class PlainView:
    """Lines that make sense in a log file."""

    def __init__(self) -> None:
        self._findings = FindingLines()

    def show(self, event: TrainEvent) -> None:
        """Print what a person should read."""
        line = self._findings.text(event, line_of) if isinstance(event, Found | Data) else self._line(event)
        if line:
            print(line, flush=True)

    def close(self) -> None:
        """Do nothing."""

    def _line(self, event: TrainEvent) -> str:
        if isinstance(event, Stepped) and not _is_shown(event.step, event.total_steps, _LINES_A_RUN):
            return ""
        if isinstance(event, Measuring) and not _is_shown(event.done, event.total, _LINES_A_MEASUREMENT):
            return ""
        return line_of(event)


def _is_shown(done: int, total: int, lines: int) -> bool:
    return done % max(1, total // lines) == 0 or done in (1, total)


class LiveView:
    """A bar, the plot of the losses, and lines above them."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            console=self._console,
        )
        self._live: Live | None = None
        self._task: TaskID | None = None
        self._trained: list[tuple[float, float]] = []
        self._validated: list[tuple[float, float]] = []
        self._last_step = 1
        self._findings = FindingLines()

    def show(self, event: TrainEvent) -> None:
        """Move the bar, extend the plot, or print a line."""
        match event:
            case Stepped():
                self._trained.append((event.step, event.loss))
                self._last_step = event.total_steps
                speed = event.tokens / max(event.seconds, 1e-6)
                left = _duration((event.total_steps - event.step) * event.seconds)
                counts = (
                    f"{event.step}/{event.total_steps}  loss {event.loss:.3f}  {speed:,.0f} tokens/s, about {left} left"
                )
                self._progress("training", event.step, event.total_steps, counts)
            case Validated():
                self._validated.append((event.step, event.loss))
                self._print(line_of(event))
            case Measuring():
                self._progress(
                    f"measuring {event.what}", event.done, event.total, f"{event.done}/{event.total}{_left(event)}"
                )
            case Sample():
                self._console.print(sample_text(event))
            case Found() | Data():
                self._print(self._findings.text(event, line_of))
            case Result():
                self.close()
                print(line_of(event), flush=True)
            case _:
                self._print(line_of(event))

    def close(self) -> None:
        """Take the bar away, leave the plot."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _progress(self, what: str, done: int, total: int, counts: str) -> None:
        if self._live is None:
            self._live = Live(console=self._console, refresh_per_second=4)
            self._live.start()
        if self._task is None:
            self._task = self._bar.add_task(what, total=total, counts=counts)
        self._bar.update(self._task, description=what, completed=done, total=max(1, total), counts=counts)
        self._live.update(Group(self._bar, self._plot()))

    def _plot(self) -> Text:
        width = max(20, min(70, self._console.width - 12))
        return draw_losses(self._trained, self._validated, last_step=self._last_step, width=width)

    def _print(self, line: str) -> None:
        if line:
            self._console.print(Text(line))


def line_of(event: TrainEvent) -> str:
    """Return an event as text for a person."""
    match event:
        case Stage(message=message) | Warned(message=message):
            return harmless_line(message) if isinstance(event, Stage) else f"note: {harmless_line(message)}"
        case Data():
            languages = ", ".join(f"{count} {language}" for language, count in sorted(event.languages.items()))
            changes = f"{event.dropped} dropped, {event.changed} changed, {event.warnings} warnings"
            return f"{event.examples} examples ({languages or 'none'}); {changes}"
        case Sample():
            return _sample_line(event)
        case Splitted():
            extra = f" and {event.extra} more with passages or replayed" if event.extra else ""
            return f"{event.train} to train on{extra}, {event.validation} to validate, {event.test} held out"
        case Planned(plan, steps):
            rate = plan["learning_rate"]
            return f"{plan['method']}, {steps} steps of {plan['batch_rows']} rows, learning rate {rate:.2g}"
        case _:
            return _progress_line(event)


def _progress_line(event: TrainEvent) -> str:
    match event:
        case Estimated():
            share = event.trained_parameters / max(1, event.total_parameters)
            return (
                f"trains {event.trained_parameters:,} of {event.total_parameters:,} weights ({share:.2%}); needs about "
                f"{event.memory_bytes / _GIGABYTE:.1f} GB of {event.free_memory_bytes / _GIGABYTE:.1f} GB memory, "
                f"{event.disk_bytes / _GIGABYTE:.2f} GB of disk{_time_line(event)}"
            )
        case Measuring():
            return f"measuring {harmless_line(event.what)}: {event.done}/{event.total}{_left(event)}"
        case Stepped():
            return f"step {event.step}/{event.total_steps}: loss {event.loss:.4f}, {event.tokens / max(event.seconds, 1e-6):,.0f} tokens/s"
        case Validated():
            return f"step {event.step}: validation loss {event.loss:.4f}{' (best)' if event.best else ''}"
        case StopEarly() | Paused():
            return _stop_line(event)
        case CheckpointJudged():
            why = "passes every gate" if event.passed else "; ".join(event.reasons)
            return f"step {event.step} (validation loss {event.loss:.4f}): {harmless_line(why)}"
        case Result():
            return result_text(event)
        case _:
            return ""


def _stop_line(event: StopEarly | Paused) -> str:
    if isinstance(event, StopEarly):
        return f"stopped at step {event.step}: the validation loss got no better"
    return f"stopped at step {event.step} and saved; go on with: {event.resume}"


def result_text(event: Result) -> str:
    """Return the table, the verdict and where everything lies."""
    table = event.table.get("text", "")
    made = event.adapter or event.model or ""
    lines = [*([table, ""] if table else []), harmless(event.words)]
    if event.adapter:
        lines.append(f"adapter: {made} (in the chat: /adapter {event.name})")
    elif event.model:
        lines.append(f"model: {made} (in the chat: /model {event.name})")
    lines.append(f"report: {event.report}")
    return "\n".join(lines)


def sample_text(event: Sample) -> Text:
    """Return a row with what is learned coloured."""
    text = Text("│ ", style="dim")
    for part, learned in event.parts:
        text.append(harmless(part).replace("\n", "⏎"), style="bold green" if learned else "dim")
    return text


def _sample_line(event: Sample) -> str:
    parts = (f"«{harmless(part)}»" if learned else harmless(part) for part, learned in event.parts)
    return "  " + "".join(parts).replace("\n", "⏎")


def _left(event: Measuring) -> str:
    return "" if event.seconds_left is None else f", about {_duration(event.seconds_left)} left"


def _time_line(event: Estimated) -> str:
    if event.seconds is None:
        return ""
    whole = f", about {_duration(event.seconds)}"
    if not event.measuring_seconds or event.training_seconds is None or event.most_seconds is None:
        return whole
    parts = f"{_duration(event.training_seconds)} to train, {_duration(event.measuring_seconds)} to measure"
    return f"{whole} ({parts}; up to {_duration(event.most_seconds)} when checkpoints fail their gates)"


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )
