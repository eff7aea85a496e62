"""A training run from top to bottom."""

import importlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lorag.commands.data_provenance import with_answers
from lorag.commands.train_data import encode_parts, prepare_data, read_data, show_split
from lorag.commands.train_engine import TrainEngine, open_engine
from lorag.commands.train_events import Stage
from lorag.commands.train_lock import run_lock
from lorag.commands.train_log import LoggedView
from lorag.commands.train_request import Request, config_of
from lorag.commands.train_rows import make_rows
from lorag.commands.train_view import View
from lorag.tuning.provenance import Provenance, provenance_of
from lorag.tuning.run_folder import RunFolder
from lorag.tuning.split import Split

EXIT_INTERRUPTED: Final = 130


async def train(request: Request, view: View, started: float) -> int:
    """Carry out a run and return the exit code: 0 when it came to its end, 130 when it was stopped."""
    if not request.dry_run:
        with run_lock(request.folder):
            return await _logged(request, view, started)
    with tempfile.TemporaryDirectory() as folder:
        return await _logged(replace(request, folder=RunFolder(Path(folder, request.folder.name))), view, started)


async def _logged(request: Request, view: View, started: float) -> int:
    logged = LoggedView(view, request.folder)
    try:
        return await _train(request, logged, started)
    finally:
        logged.close()


async def _train(request: Request, view: LoggedView, started: float) -> int:
    if request.resume:
        view.begin()
        view.show(Stage("read", f"going on with {request.folder.name}"))
        async with open_engine(request.settings, request.base, request.folder.engine_log) as engine:
            return await _learn(request, engine, _saved_parts(request), view, started)
    if request.converted_from is not None:
        converter: Any = importlib.import_module("lorag.commands.train_convert")
        await converter.convert(request.settings, request.converted_from, request.base, view)
    # What cannot be trained is refused before anything is loaded.
    base = importlib.import_module("lorag.tuning.base")
    base.read_facts(request.base)
    read = await read_data(request, view)
    provenance = _provenance(request)
    request.folder.start_anew()
    async with open_engine(request.settings, request.base, request.folder.engine_log) as engine:
        view.begin()
        parts = await prepare_data(request, engine, read, view)
        parts, extra = await make_rows(request, engine, parts, view)
        request.folder.write_examples("train", parts.train)
        request.folder.write_examples("extra", extra)
        # Last, because a run can go on once this is there.
        request.folder.write_config({**config_of(request), "provenance": _provenance_record(provenance)})
        return await _learn(request, engine, parts, view, started)


async def _learn(request: Request, engine: TrainEngine, parts: Split, view: View, started: float) -> int:
    extra = request.folder.read_examples("extra")
    show_split(parts, extra, view)
    encoded = await encode_parts(request, engine, parts, extra)
    # torch and transformers cost seconds and memory, so they come only after the data was found good.
    material = await _material(request, engine, parts)
    fit_module: Any = importlib.import_module("lorag.commands.train_fit")
    fitted = await fit_module.set_up(request, engine, encoded, material, view)
    if request.dry_run or not _confirmed(request):
        return 0
    if not await fit_module.fit(request, fitted, encoded, view):
        return EXIT_INTERRUPTED
    choose: Any = importlib.import_module("lorag.commands.train_choose")
    result: Any = importlib.import_module("lorag.commands.train_result")
    measured = await choose.measure_base(request, engine, fitted, material, view) if material is not None else None
    exporter = importlib.import_module("lorag.commands.train_export").exporter_of(request, fitted)
    picked = await choose.pick(request, engine, fitted, exporter, measured, view)
    end = result.Finish(engine, fitted, exporter, picked, measured, _saved_provenance(request), parts, started)
    await result.finish(request, end, view)
    return 0


async def _material(request: Request, engine: TrainEngine, parts: Split) -> Any:
    """Return what models are measured with, None when nothing is to be measured."""
    if not request.checkpoint_gates:
        return None
    measure: Any = importlib.import_module("lorag.commands.train_measure")
    return await measure.make_material(request.settings, parts, engine)


def _confirmed(request: Request) -> bool:
    """Ask whether to start, where a person can answer."""
    if request.assume_yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print("start? [Y/n] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("", "y", "yes", "예", "네", "ㅇ")


def _saved_parts(request: Request) -> Split:
    folder = request.folder
    return Split(folder.read_examples("train"), folder.read_examples("validation"), folder.read_examples("test"))


def _provenance(request: Request) -> Provenance:
    source = request.source
    known = provenance_of(source.paths, license_name=source.license, origin=source.origin)
    return known if request.assume_yes or request.dry_run else with_answers(known)


def _provenance_record(provenance: Provenance) -> dict[str, object]:
    return {"license": provenance.license, "origin": provenance.origin, "sha256": provenance.sha256}


def _saved_provenance(request: Request) -> Provenance:
    saved = request.folder.read_config()["provenance"]
    return Provenance(saved["license"], saved["origin"], ())
