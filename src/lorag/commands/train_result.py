"""The end of a run: the kept checkpoint becomes an adapter or a model that can be chosen by name, with its report."""

import datetime
import hashlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lorag.adapters.folder import WEIGHTS_NAME
from lorag.adapters.manifest import MANIFEST_NAME, Manifest, gguf_metadata, model_manifest_path, write_manifest
from lorag.commands.train_choose import Measured, Picked
from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import Result, Stage, Warned
from lorag.commands.train_export import clear, export
from lorag.commands.train_fit import Fitted
from lorag.commands.train_measure import main_language
from lorag.commands.train_report import ReportData, write_report
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.evaluation.four_rows import four_rows
from lorag.evaluation.suite import Measurement
from lorag.evaluation.table import Table, shown
from lorag.evaluation.verdict import Verdict, decide
from lorag.tuning.artefact import Artefact, Exporter
from lorag.tuning.provenance import Provenance
from lorag.tuning.split import Split

UNMEASURED = "unmeasured"
_TABLE_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Finish:
    """What the end of a run is made from."""

    engine: TrainEngine
    fitted: Fitted
    exporter: Exporter
    picked: Picked
    measured: Measured | None
    provenance: Provenance
    parts: Split
    started: float
    """``time.monotonic`` at the start of the command."""


async def finish(request: Request, end: Finish, view: View) -> None:
    """Export what was learned, register it and write the report.

    Raises:
        TrainingError: llama.cpp does not run what was trained.
    """
    picked, measured = end.picked, end.measured
    language = main_language(end.parts)
    verdict: Verdict | None = None
    table: Table | None = None
    if measured is not None and picked.tuned is not None:
        verdict = decide(measured.base, picked.tuned, picked.gates)
        table = four_rows(measured.base, picked.tuned, language)
    code = verdict.code if verdict else UNMEASURED
    words = verdict.text(language) if verdict else "Not measured: --no-evaluation was given."
    manifest = _manifest(request, end, code, words)
    metadata = {"general.name": request.folder.name, **gguf_metadata(manifest)}
    artefact = await export(request, end.engine, end.exporter, (picked.step, metadata), view)
    if artefact.error > 0:
        view.show(Warned(f"the adapter stands for the trained change with a relative error of {artefact.error:.1%}"))
    view.show(Stage("register", f"registering {request.folder.name}"))
    adapter, model = _register(request, artefact, manifest)
    data = ReportData(manifest, verdict, table, measured, picked, artefact.error, _counts(end.parts))
    write_report(request.folder, data, language)
    clear(request)
    view.show(
        Result(
            name=request.folder.name,
            verdict=code,
            words=words,
            table=_shown(table),
            adapter=str(adapter) if adapter else None,
            model=str(model) if model else None,
            run=str(request.folder.path),
            report=str(request.folder.report),
            seconds=time.monotonic() - end.started,
        )
    )


def _register(request: Request, artefact: Artefact, manifest: Manifest) -> tuple[Path | None, Path | None]:
    """Put the result where the chat finds it, whole or not at all; return the adapter's folder or the model's file."""
    name = request.folder.name
    if not artefact.is_adapter:
        folder = request.settings.models_folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial, model = folder / f".{name}.partial", folder / f"{name}.gguf"
        shutil.move(artefact.path, partial)
        partial.replace(model)
        write_manifest(model_manifest_path(model), manifest)
        return None, model
    adapters = request.settings.paths.adapters
    adapters.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial, target = adapters / f".{name}.partial", adapters / name
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    shutil.move(artefact.path, partial / WEIGHTS_NAME)
    write_manifest(partial / MANIFEST_NAME, manifest)
    if target.exists():
        old = adapters / f".{name}.old"
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    partial.replace(target)
    return target, None


def _manifest(request: Request, end: Finish, code: str, words: str) -> Manifest:
    plan = asdict(end.fitted.plan)
    plan["lora"] = {**plan["lora"], "targets": list(plan["lora"]["targets"])}
    return Manifest(
        name=request.folder.name,
        base=request.base.stem,
        base_fingerprint=end.fitted.base_fingerprint,
        architecture=end.fitted.facts.architecture,
        created=datetime.datetime.now(datetime.UTC).astimezone().isoformat(timespec="seconds"),
        method=end.fitted.plan.method,
        metrics=_metrics(end),
        verdict=code,
        verdict_text=words,
        license=end.provenance.license,
        origin=end.provenance.origin,
        data_hash=request.folder.data_hash(),
        template_hash=hashlib.sha256((end.engine.model.chat_template or "").encode()).hexdigest(),
        hyperparameters={**plan, "step": end.picked.step},
    )


def _metrics(end: Finish) -> Mapping[str, float]:
    metrics = {"validation_loss": end.picked.loss}
    for name, measurement in (("base", end.measured.base if end.measured else None), ("tuned", end.picked.tuned)):
        if measurement is not None:
            metrics |= {f"{name}_{key}": value for key, value in _figures(measurement).items()}
    return metrics


def _figures(measurement: Measurement) -> dict[str, float]:
    figures = {"perplexity": measurement.perplexity.all, "follows": measurement.follow_rate}
    figures["probes"] = measurement.probes.accuracy
    if measurement.loss is not None:
        figures["loss"] = measurement.loss
    if measurement.divergence is not None:
        figures["divergence"] = measurement.divergence.nats_per_token
    if measurement.task is not None:
        figures |= {"exact": measurement.task.exact_match, "token_f1": measurement.task.token_f1}
    if measurement.stopping is not None:
        figures["stops"] = measurement.stopping.stop_rate
    return figures


def _counts(parts: Split) -> Mapping[str, int]:
    return {"train": len(parts.train), "validation": len(parts.validation), "test": len(parts.test)}


def _shown(table: Table | None) -> Mapping[str, object]:
    if table is None:
        return {}
    return {
        "columns": [column.title for column in table.columns],
        "rows": [[shown(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows],
        "text": table.as_text(_TABLE_WIDTH),
    }
