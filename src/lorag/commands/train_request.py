"""From the command line to what one training run is asked to do."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from lorag.commands.data_options import read_options
from lorag.commands.eval_checks import check_collections
from lorag.errors import TrainingError, UsageError
from lorag.models.find import find_model
from lorag.paths import typed_path
from lorag.settings import Settings
from lorag.tuning.options import TrainOptions, choose_options
from lorag.tuning.read import ReadOptions
from lorag.tuning.run_folder import RunFolder

_RENAMED: Final = {"train_seed": "seed"}
"""Flags whose own name is that of a setting of the chat."""
_MAY_CHANGE: Final = frozenset({"resume", "no_evaluation", "yes", "json", "threads", "data_dir"})
_NOT_FLAGS: Final = frozenset({"command", "command_name", "path"})
_FORBIDDEN: Final = set('/\\:*?"<>|\0=,')


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data lies and how it is to be read."""

    paths: tuple[Path, ...]
    test: tuple[Path, ...]
    """The person's own test rows; empty holds some of the data out."""
    read: ReadOptions
    license: str | None = None
    """What the person said of the data's licence."""
    origin: str | None = None
    """What the person said of where the data is from."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run."""

    folder: RunFolder
    base: Path
    """The GGUF that is chatted with: its tokeniser, its template, and its weights unless ``weights`` names others."""
    weights: Path | None
    """A Hugging Face folder with the unquantised weights of the same model."""
    source: Source
    options: TrainOptions
    checkpoint_gates: bool
    """Whether checkpoints are measured and gated; without it the best on validation is kept unmeasured."""
    assume_yes: bool
    dry_run: bool
    resume: bool
    settings: Settings
    converted_from: Path | None = None
    """The Hugging Face folder that ``base`` is written from, where no GGUF lies in it."""


def request_from(arguments: argparse.Namespace, settings: Settings) -> Request:
    """Return what the command line asks for.

    Raises:
        LoragError: Something is missing, unknown or contradictory.
    """
    flags = vars(arguments)
    if flags.get("resume"):
        _refuse_changes(flags)
        return _resumed(settings, str(flags["resume"]), flags)
    if not flags.get("data"):
        raise UsageError("what to learn from is missing: lorag train DATA")
    config = typed_path(flags["config"]) if flags.get("config") else None
    known = {field.name for field in fields(TrainOptions)}
    given = {
        _RENAMED.get(name, name): value
        for name, value in flags.items()
        if _RENAMED.get(name, name) in known and value is not None and name != "seed"
    }
    options = choose_options(given, config)
    if options.rag_aware or "collection" in flags:
        check_collections(settings)
    base, weights, converted_from = _base(settings, flags)
    return Request(
        folder=_new_folder(settings, _name(flags), overwrite=bool(flags.get("overwrite"))),
        base=base,
        weights=weights,
        source=_source(arguments, options),
        options=options,
        checkpoint_gates=not flags.get("no_evaluation"),
        assume_yes=bool(flags.get("yes")),
        dry_run=bool(flags.get("dry_run")),
        resume=False,
        settings=settings,
        converted_from=converted_from,
    )


def config_of(request: Request) -> dict[str, Any]:
    """Return what a run can go on from."""
    return {
        "base": str(request.base.absolute()),
        "weights": str(request.weights.absolute()) if request.weights else None,
        "options": asdict(request.options),
        "license": request.source.license,
        "origin": request.source.origin,
        "data": [str(path.absolute()) for path in request.source.paths],
        "checkpoint_gates": request.checkpoint_gates,
    }


def _refuse_changes(flags: Mapping[str, Any]) -> None:
    """Refuse what was said beside ``--resume`` and would be passed over.

    Raises:
        UsageError: A flag is there that a run cannot take up once it has begun.
    """
    said = [name for name, value in flags.items() if value is not None and value is not False and value != []]
    refused = [name for name in said if name not in _MAY_CHANGE | _NOT_FLAGS]
    if refused:
        names = ["DATA" if name == "data" else "--" + _RENAMED.get(name, name).replace("_", "-") for name in refused]
        raise UsageError(
            f"--resume goes on exactly as the run began, so it cannot take {', '.join(sorted(names))}; leave that out, or "
            "start anew without --resume (--overwrite replaces the run)"
        )


def _resumed(settings: Settings, name: str, flags: Mapping[str, Any]) -> Request:
    folder = RunFolder(settings.paths.runs / _checked_name(name))
    config = folder.read_config()
    if folder.is_finished:
        raise TrainingError(f"the run {name} is finished; its report is {folder.report}")
    try:
        options = {**config["options"], "targets": tuple(config["options"]["targets"])}
        weights = config["weights"]
        request = Request(
            folder=folder,
            base=Path(config["base"]),
            weights=Path(weights) if weights else None,
            source=Source(
                tuple(Path(path) for path in config["data"]), (), ReadOptions(), config["license"], config["origin"]
            ),
            options=TrainOptions(**options),
            checkpoint_gates=bool(config["checkpoint_gates"]) and not flags.get("no_evaluation"),
            assume_yes=True,
            dry_run=False,
            resume=True,
            settings=settings,
        )
    except (KeyError, TypeError) as error:
        raise TrainingError(f"{folder.config} is not of this version of lorag; start the run anew") from error
    if not request.base.is_file():
        raise TrainingError(f"the model {request.base} that the run {name} trains is gone")
    return request


def _base(settings: Settings, flags: Mapping[str, Any]) -> tuple[Path, Path | None, Path | None]:
    """Return the GGUF, the folder with unquantised weights, and the folder that the GGUF is to be written from."""
    weights = flags.get("weights")
    base = str(flags.get("base") or settings.model)
    folder = typed_path(base)
    if folder.is_dir():
        found = sorted(folder.glob("*.gguf"))
        has_weights = (folder / "config.json").is_file()
        if not found and has_weights and weights is None:
            # What is trained must be chatted with, so its GGUF goes where the chat finds it.
            name = folder.absolute().name
            return settings.models_folder / f"{name}.gguf", None, folder.absolute()
        if len(found) != 1:
            raise UsageError(
                f"{folder} holds {len(found)} GGUF files; name the one that is chatted with: "
                f"--base FILE.gguf --weights {folder}"
            )
        return found[0], folder if weights is None and has_weights else _weights(weights), None
    return find_model(base, settings.models_folder), _weights(weights), None


def _weights(folder: str | None) -> Path | None:
    if folder is None:
        return None
    path = typed_path(folder)
    if not (path / "config.json").is_file():
        raise UsageError(f"{path} is not a Hugging Face model folder: it has no config.json")
    return path


def _new_folder(settings: Settings, name: str, *, overwrite: bool) -> RunFolder:
    folder = RunFolder(settings.paths.runs / _checked_name(name))
    taken = settings.paths.adapters / name
    if overwrite:
        return folder
    if folder.config.is_file() and not folder.is_finished:
        raise UsageError(
            f"the run {name} has begun already; go on with it: lorag train --resume {name}, or start anew: --overwrite"
        )
    if folder.is_finished or taken.exists() or (settings.models_folder / f"{name}.gguf").exists():
        raise UsageError(f"there is something called {name} already; choose another --name, or --overwrite it")
    return folder


def _name(flags: Mapping[str, Any]) -> str:
    """Return the name given, or that of the first file or folder of data."""
    return str(flags.get("name") or typed_path(flags["data"][0]).absolute().stem)


def _checked_name(name: str) -> str:
    if not name.strip() or name.startswith(".") or name != name.strip() or set(name) & _FORBIDDEN or len(name) > 100:
        raise UsageError(f"{name!r} cannot be the name of a folder; use letters, digits, - and _")
    return name


def _source(arguments: argparse.Namespace, options: TrainOptions) -> Source:
    return Source(
        paths=tuple(typed_path(path) for path in arguments.data),
        test=tuple(typed_path(path) for path in arguments.test or ()),
        read=replace(read_options(arguments, arguments.data), as_text=options.objective == "text"),
        license=arguments.license,
        origin=arguments.origin,
    )
