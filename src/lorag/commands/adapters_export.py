"""``lorag adapters export``: an adapter as a zip file or folder that another lorag imports."""

import argparse
import datetime
import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from lorag.adapters.folder import WEIGHTS_NAME, Adapter
from lorag.adapters.manifest import MANIFEST_NAME, Manifest, write_manifest
from lorag.commands.adapters_names import home_of, own_adapter
from lorag.commands.terminal import harmless_json, harmless_line, shown_size
from lorag.errors import AdapterError, UsageError
from lorag.models.gguf import read_metadata
from lorag.paths import typed_path
from lorag.settings import Settings

_ZIP = ".zip"


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write an adapter with its manifest to a zip file or a new folder."""
    folder = settings.paths.adapters
    adapter = own_adapter(folder, arguments.name)
    target = typed_path(arguments.target or f"{adapter.name}{_ZIP}").absolute()
    if target.is_dir() and not _is_adapter(target):
        target /= adapter.name
    _check_target(target, force=arguments.force)
    partial = target.with_name(f".{target.name}.part")
    try:
        _remove(partial)
        staged = partial.with_name(partial.name + ".files") if target.suffix.lower() == _ZIP else partial
        _stage(folder, adapter, staged)
        if staged != partial:
            _pack(staged, partial, adapter.name)
            _remove(staged)
        _remove(target)
        partial.rename(target)
    except OSError as error:
        raise AdapterError(f"{target} cannot be written: {error.strerror}") from error
    size = sum(file.stat().st_size for file in ([target] if target.is_file() else target.iterdir()))
    if arguments.json:
        print(harmless_json({"exported": adapter.name, "to": str(target), "bytes": size}, sys.stdout))
    else:
        print(f"written    {harmless_line(str(target))} ({shown_size(size)})")
    return 0


def _check_target(target: Path, *, force: bool) -> None:
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    if target.exists() and not force:
        raise UsageError(f"{target} exists already; name another, or replace it with --force")
    if target.is_dir() and not _is_adapter(target):
        raise UsageError(f"{target} is a folder with other files, which --force does not remove; name another")


def _is_adapter(folder: Path) -> bool:
    return (folder / WEIGHTS_NAME).is_file()


def _stage(folder: Path, adapter: Adapter, staged: Path) -> None:
    """Copy what an adapter is made of; one without a manifest gets one that says so."""
    _remove(staged)
    staged.mkdir(mode=0o700)
    home = home_of(folder, adapter)
    files: Sequence[Path] = [] if home.is_file() else [file for file in home.iterdir() if file.is_file()]
    for file in files:
        shutil.copyfile(file, staged / file.name)
    shutil.copyfile(adapter.path, staged / WEIGHTS_NAME)
    if adapter.manifest() is None:
        write_manifest(staged / MANIFEST_NAME, _bare_manifest(adapter))


def _bare_manifest(adapter: Adapter) -> Manifest:
    file = read_metadata(adapter.path)
    return Manifest(adapter.name, "unknown", "", file.architecture, now())


def now() -> str:
    """Return the time as manifests hold it."""
    return datetime.datetime.now(datetime.UTC).astimezone().isoformat(timespec="seconds")


def _pack(staged: Path, target: Path, name: str) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(staged.iterdir()):
            archive.write(file, f"{name}/{file.name}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
