"""The report of a run, for people (Markdown and a picture) and for programs (JSON)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lorag.adapters.manifest import Manifest
from lorag.commands.train_choose import Measured, Picked
from lorag.evaluation.gates import GateResult
from lorag.evaluation.table import Table
from lorag.evaluation.verdict import Verdict
from lorag.prompts.language import Language
from lorag.tuning.run_folder import RunFolder, write_in_place

_SHOWN_ANSWERS: Final = 5
_COLOURS: Final = {"ok": "#2e7d32", "warn": "#f9a825", "fail": "#c62828"}


@dataclass(frozen=True, slots=True)
class ReportData:
    """What a report is made from."""

    manifest: Manifest
    verdict: Verdict | None
    table: Table | None
    measured: Measured | None
    picked: Picked
    error: float
    """Relative error of an adapter that stands for a change of full rank."""
    counts: Mapping[str, int]
    """Examples in each part of the data."""


def write_report(folder: RunFolder, data: ReportData, language: Language) -> None:
    """Write ``loss.png``, ``report.md`` and, last of all, ``report.json``: with it the run is finished."""
    events = read_events(folder)
    _draw(folder.path / "loss.png", events, data.picked)
    write_in_place(folder.report, "\n".join(_lines(data, language)) + "\n")
    record = {
        "manifest": asdict(data.manifest),
        "verdict": data.manifest.verdict,
        "words": data.manifest.verdict_text,
        "step": data.picked.step,
        "validation_loss": data.picked.loss,
        "examples": dict(data.counts),
        "table": data.table.records() if data.table else None,
        "gates": [asdict(gate) for gate in data.picked.gates],
        "base": data.measured.base.record() if data.measured else None,
        "tuned": data.picked.tuned.record() if data.picked.tuned else None,
        "export_error": data.error,
    }
    write_in_place(folder.report.with_suffix(".json"), json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def read_events(folder: RunFolder) -> list[dict[str, Any]]:
    """Return the events of a run's log; a line cut off by a killed process is passed over."""
    events: list[dict[str, Any]] = []
    if not folder.log.is_file():
        return events
    for line in folder.log.read_text(encoding="utf-8").split("\n"):
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events


def _lines(data: ReportData, language: Language) -> Iterator[str]:
    manifest = data.manifest
    plan = manifest.hyperparameters
    counts = data.counts
    yield f"# {manifest.name}"
    yield ""
    yield manifest.verdict_text
    yield ""
    if data.table is not None:
        yield data.table.as_markdown()
        yield ""
    yield "![losses and gates](loss.png)"
    yield ""
    yield f"- base: {manifest.base} ({manifest.architecture}), fingerprint {manifest.base_fingerprint[:16]}"
    yield f"- method: {manifest.method}, {plan['objective']}; step {data.picked.step}, validation loss {data.picked.loss:.4f}"
    yield f"- data: {counts['train']} rows learned, {counts['validation']} for validation, {counts['test']} held out; hash {manifest.data_hash[:16]}"
    yield f"- licence of the data: {manifest.license}; origin: {manifest.origin}"
    yield f"- learning rate {plan['learning_rate']:g}, {plan['epochs']:g} epochs at most, {plan['batch_rows']} rows a step, seed {plan['seed']}"
    if data.error:
        yield f"- relative error of the exported adapter: {data.error:.2%}"
    if data.picked.gates:
        yield ""
        yield from _gate_lines(data.picked.gates, language)
    if data.picked.tuned is not None and data.picked.tuned.task is not None:
        yield ""
        yield "## Held-out answers"
        for row in data.picked.tuned.task.rows[:_SHOWN_ANSWERS]:
            yield ""
            yield f"> {_quoted(row.question)}"
            yield ""
            yield _quoted(row.answer)


def _gate_lines(gates: Sequence[GateResult], language: Language) -> Iterator[str]:
    yield "## Gates"
    yield ""
    yield "| measure | base | tuned | verdict | why |"
    yield "|---|---:|---:|---|---|"
    for gate in gates:
        yield f"| {gate.name} | {gate.base:.3f} | {gate.tuned:.3f} | {gate.verdict} | {gate.reason(language)} |"


def _quoted(text: str) -> str:
    return text.replace("\n", "\n> ")


def _draw(path: Path, events: Sequence[Mapping[str, Any]], picked: Picked) -> None:
    """Draw the losses over the steps and, beside them, how far each gate moved."""
    import matplotlib as mpl  # noqa: PLC0415 - costs half a second that only the end of a run should pay

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only after the backend is chosen

    # A step that was repeated after a restart is drawn once.
    steps = {event["step"]: event["loss"] for event in events if event.get("event") == "step"}
    checks = {event["step"]: event["loss"] for event in events if event.get("event") == "evaluation"}
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), gridspec_kw={"width_ratios": [3, 2]})
    left.plot(sorted(steps), [steps[step] for step in sorted(steps)], label="training", linewidth=1, color="#1565c0")
    left.plot(sorted(checks), [checks[step] for step in sorted(checks)], "o-", label="validation", color="#ef6c00")
    left.axvline(picked.step, color="#616161", linestyle=":", label=f"kept: step {picked.step}")
    left.set_xlabel("step")
    left.set_ylabel("loss (nats per token)")
    left.legend()
    gates = list(reversed(picked.gates))
    if gates:
        shares = [min(2.0, max(-1.0, gate.change / gate.limit)) if gate.limit else 0.0 for gate in gates]
        right.barh([gate.name for gate in gates], shares, color=[_COLOURS[gate.verdict] for gate in gates])
        right.axvline(1.0, color="#c62828", linestyle="--")
        right.set_xlabel("change as a share of what fails")
    else:
        right.set_axis_off()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    path.chmod(0o600)
