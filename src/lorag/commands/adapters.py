"""``lorag adapters``: what there is, what each is worth, and moving them about."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from lorag.adapters.fit import check_fits
from lorag.adapters.folder import Adapter, list_adapters
from lorag.adapters.manifest import Manifest, fingerprint, model_manifest_path
from lorag.commands.adapters_names import own_adapter, size_of
from lorag.commands.adapters_words import (
    aligned,
    changes_line,
    manifest_lines,
    print_lines,
    print_model,
    trained_model,
)
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line, never_fail_on_encoding, shown_size
from lorag.errors import AdapterError, ModelError
from lorag.models.find import find_model
from lorag.models.gguf import read_metadata
from lorag.settings import Settings
from lorag.translation.translate import in_locale

_ACTIONS: Final = {
    "rename": "adapters_change",
    "delete": "adapters_change",
    "export": "adapters_export",
    "import": "adapters_import",
    "merge": "adapters_merge",
}
_LORA_B: Final = ".lora_b"


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    settings = settings_from(arguments)
    never_fail_on_encoding()
    if arguments.action in _ACTIONS:
        if arguments.action != "import":
            _refuse_models(settings, getattr(arguments, "names", None) or [arguments.name])
        code: int = importlib.import_module(f"lorag.commands.{_ACTIONS[arguments.action]}").run(arguments, settings)
        return code
    if arguments.action == "info":
        return _info(settings, arguments.name, as_json=arguments.json)
    return _list(settings, as_json=arguments.json)


def _refuse_models(settings: Settings, names: Sequence[str]) -> None:
    """Refuse what ``info`` shows beside the adapters and what is none.

    Raises:
        AdapterError: A name is that of a model that was trained whole.
    """
    adapters = {adapter.name.lower() for adapter in list_adapters(settings.paths.adapters)}
    for name in names:
        model = trained_model(settings, name)
        if model is not None and name.lower() not in adapters:
            beside = model_manifest_path(model).name
            raise AdapterError(
                f"{name} is a model of its own, no adapter: its files are {model} and {beside} beside it"
            )


def _list(settings: Settings, *, as_json: bool) -> int:
    folder = settings.paths.adapters
    adapters = list_adapters(folder)
    if as_json:
        print(harmless_json([_as_json(settings, adapter) for adapter in adapters], sys.stdout))
        return 0
    if not adapters:
        hint = in_locale("there is no adapter yet; make one with: lorag train DATA --name NAME")
        print(f"lorag: {hint}", file=sys.stderr)
        return 0
    rows = [("name", "trained on", "method", "verdict", "size")]
    rows += [_row(folder, adapter) for adapter in adapters]
    for line in aligned(rows):
        print(line)
    return 0


def _row(folder: Path, adapter: Adapter) -> tuple[str, str, str, str, str]:
    size = shown_size(size_of(folder, adapter))
    try:
        manifest = adapter.manifest()
    except AdapterError:
        return harmless_line(adapter.name), "?", "?", "its manifest cannot be read", size
    if manifest is None:
        return harmless_line(adapter.name), "?", "lora", "no manifest", size
    verdict = manifest.verdict or "not measured"
    return harmless_line(adapter.name), harmless_line(manifest.base), harmless_line(manifest.method), verdict, size


def _as_json(settings: Settings, adapter: Adapter) -> dict[str, object]:
    about: dict[str, object] = {
        "name": adapter.name,
        "path": str(adapter.path),
        "bytes": size_of(settings.paths.adapters, adapter),
    }
    try:
        manifest = adapter.manifest()
    except AdapterError as error:
        return {**about, "manifest": None, "problem": str(error)}
    return {**about, "manifest": asdict(manifest) if manifest is not None else None, "problem": None}


def _info(settings: Settings, name: str, *, as_json: bool) -> int:
    model = trained_model(settings, name)
    if model is not None and not any(one.name == name for one in list_adapters(settings.paths.adapters)):
        print_model(model, as_json=as_json)
        return 0
    adapter = own_adapter(settings.paths.adapters, name)
    file = read_metadata(adapter.path)
    targets = sorted(tensor.removesuffix(_LORA_B) for tensor in file.tensors if tensor.endswith(_LORA_B))
    ranks = sorted({info.shape[0] for tensor, info in file.tensors.items() if tensor.endswith(_LORA_B)})
    fit = fit_to_chat(settings, adapter, adapter.manifest())
    if as_json:
        about = _as_json(settings, adapter)
        print(harmless_json({**about, "targets": targets, "ranks": ranks, "fits": fit}, sys.stdout))
        return 0
    lines = {
        "name": adapter.name,
        **manifest_lines(adapter.manifest()),
        "changes": changes_line(adapter.manifest(), len(targets), ranks),
        "size": shown_size(size_of(settings.paths.adapters, adapter)),
        "file": str(adapter.path),
        "fits": in_locale(fit),
    }
    print_lines(lines)
    return 0


def fit_to_chat(settings: Settings, adapter: Adapter, manifest: Manifest | None) -> str:
    """Return in words how an adapter goes with the model that is chatted with."""
    try:
        model = find_model(settings.model, settings.models_folder)
        check_fits(read_metadata(adapter.path), read_metadata(model))
    except (ModelError, AdapterError) as error:
        return f"no: {error}"
    if manifest is not None and manifest.base_fingerprint == fingerprint(model):
        return f"yes: {model.name} is the model it was trained on"
    return f"by its shape: {model.name} may be another version of the model it was trained on"
