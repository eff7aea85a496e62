"""``lorag adapters rename`` and ``delete``."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lorag.adapters.folder import Adapter
from lorag.adapters.manifest import write_manifest
from lorag.commands.adapters_names import free_name, home_of, own_adapter, size_of
from lorag.commands.terminal import harmless_json, harmless_line, shown_size
from lorag.errors import AdapterError, UsageError
from lorag.settings import Settings
from lorag.translation.translate import in_locale


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Rename one adapter or delete some."""
    folder = settings.paths.adapters
    if arguments.action == "rename":
        old = own_adapter(folder, arguments.name)
        _rename(folder, old, arguments.new_name)
        _warn_of_settings(settings, [old.name])
        _print(arguments, {"renamed": old.name, "to": arguments.new_name}, f"{old.name} is now {arguments.new_name}")
        return 0
    chosen = list({name.lower(): own_adapter(folder, name) for name in arguments.names}.values())
    names = [adapter.name for adapter in chosen]
    if not arguments.yes and not _confirmed(folder, chosen):
        print(f"lorag: {in_locale('nothing was deleted')}", file=sys.stderr)
        return 1
    for adapter in chosen:
        _delete(folder, adapter)
    _warn_of_settings(settings, names)
    _print(arguments, {"deleted": names}, f"deleted {', '.join(names)}")
    return 0


def _rename(folder: Path, adapter: Adapter, new_name: str) -> None:
    if adapter.name.lower() != new_name.lower():
        free_name(folder, new_name)
    home = home_of(folder, adapter)
    manifest = adapter.manifest()
    target = folder / (new_name + ".gguf" if home.is_file() else new_name)
    try:
        home.rename(target)
    except OSError as error:
        raise AdapterError(f"{home} cannot be renamed: {error.strerror}") from error
    if manifest is not None and adapter.manifest_path is not None:
        # The folder's name is what counts; the manifest only repeats it.
        write_manifest(target / adapter.manifest_path.name, replace(manifest, name=new_name))


def _confirmed(folder: Path, adapters: Sequence[Adapter]) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("deleting asks on a terminal; where nobody can answer, say --yes")
    sizes = ", ".join(f"{harmless_line(adapter.name)} ({shown_size(size_of(folder, adapter))})" for adapter in adapters)
    print(f"delete {sizes}? This cannot be undone. [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "네", "예")


def _delete(folder: Path, adapter: Adapter) -> None:
    home = home_of(folder, adapter)
    try:
        if home.is_symlink() or home.is_file():
            home.unlink()
            return
        # Without its weights it is no adapter any more, even if the rest cannot be removed.
        adapter.path.unlink()
        shutil.rmtree(home)
    except OSError as error:
        raise AdapterError(f"{home} cannot be deleted: {error.strerror}") from error


def _warn_of_settings(settings: Settings, names: Sequence[str]) -> None:
    used = [
        chosen for chosen in settings.adapter if any(chosen.partition("=")[0].lower() == name.lower() for name in names)
    ]
    if used:
        note = in_locale(f"your settings still switch on {', '.join(used)}; see: lorag config")
        print(f"lorag: {note}", file=sys.stderr)


def _print(arguments: argparse.Namespace, result: dict[str, object], line: str) -> None:
    print(harmless_json(result, sys.stdout) if arguments.json else harmless_line(line))
