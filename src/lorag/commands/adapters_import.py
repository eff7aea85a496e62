"""``lorag adapters import``: an adapter from another lorag, a LoRA GGUF, or a PEFT folder made elsewhere."""

import argparse
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from lorag.adapters.fit import check_fits
from lorag.adapters.folder import WEIGHTS_NAME
from lorag.adapters.manifest import MANIFEST_NAME, Manifest, read_manifest, write_manifest
from lorag.commands.adapters_export import now
from lorag.commands.adapters_names import free_name
from lorag.commands.terminal import harmless_json, harmless_line
from lorag.errors import AdapterError, ModelError, UsageError
from lorag.models.find import find_model
from lorag.models.gguf import read_metadata
from lorag.paths import typed_path
from lorag.settings import Settings
from lorag.translation.translate import in_locale

PEFT_CONFIG: Final = "adapter_config.json"
_MOST_ENTRIES: Final = 200
_MOST_BYTES: Final = 20_000_000_000
_HIGHEST_RATIO: Final = 200
_RATIO_FREE_BYTES: Final = 100_000_000
_ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Bring an adapter into the adapters folder, whole or not at all."""
    source = typed_path(arguments.source).absolute()
    if not source.exists():
        raise UsageError(f"{source} does not exist")
    folder = settings.paths.adapters
    with _unpacked(source) as found:
        manifest = _manifest_of(found)
        name = free_name(folder, arguments.name or (manifest.name if manifest is not None else found.stem))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = folder / f".{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        try:
            note = _bring(found, partial, name, manifest, (arguments, settings))
            partial.rename(folder / name)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    if arguments.json:
        print(harmless_json({"imported": name, "to": str(folder / name), "note": note}, sys.stdout))
    else:
        print(f"imported   {harmless_line(name)}; switch it on with: lorag chat --adapter {harmless_line(name)}")
        if note:
            print(f"lorag: {harmless_line(in_locale(note))}", file=sys.stderr)
    return 0


def _bring(
    found: Path, partial: Path, name: str, manifest: Manifest | None, context: tuple[argparse.Namespace, Settings]
) -> str | None:
    """Write the adapter's files and return what a person should know about the fit."""
    arguments, settings = context
    weights = _weights_of(found)
    if weights is None:
        # torch and its companions load only here.
        from lorag.commands.adapters_peft import import_peft  # noqa: PLC0415

        base = find_model(arguments.base or settings.model, settings.models_folder)
        made = import_peft(found, base, partial / WEIGHTS_NAME, settings)
        write_manifest(partial / MANIFEST_NAME, _licensed(replace(made, name=name), arguments))
        return None
    file = read_metadata(weights)
    if file.text("general.type") != "adapter":
        raise AdapterError(f"{weights} is not a LoRA adapter; a model belongs into {settings.models_folder}")
    note = _misfit(weights, arguments.base, settings)
    shutil.copyfile(weights, partial / WEIGHTS_NAME)
    for extra in weights.parent.iterdir() if found.is_dir() else ():
        if extra.is_file() and not extra.is_symlink() and extra.suffix in (".md", ".json", ".png"):
            shutil.copyfile(extra, partial / extra.name)
    known = manifest or Manifest(name, "unknown", "", file.architecture, now())
    write_manifest(partial / MANIFEST_NAME, _licensed(replace(known, name=name), arguments))
    return note


def _licensed(manifest: Manifest, arguments: argparse.Namespace) -> Manifest:
    return replace(manifest, license=arguments.license or manifest.license, origin=arguments.origin or manifest.origin)


def _misfit(weights: Path, base: str | None, settings: Settings) -> str | None:
    """Check the adapter against the base that was named, or say how it goes with the chat's."""
    try:
        model = find_model(base or settings.model, settings.models_folder)
        check_fits(read_metadata(weights), read_metadata(model))
    except (ModelError, AdapterError) as error:
        if base is not None:
            raise
        return f"it does not go with the model in use now: {error}"
    return None


def _manifest_of(found: Path) -> Manifest | None:
    path = found / MANIFEST_NAME
    return read_manifest(path) if found.is_dir() and path.is_file() else None


def _weights_of(found: Path) -> Path | None:
    """Return the LoRA GGUF, or None for a PEFT folder.

    Raises:
        AdapterError: There is neither.
    """
    if found.is_file():
        return found
    if (found / WEIGHTS_NAME).is_file():
        return found / WEIGHTS_NAME
    if (found / PEFT_CONFIG).is_file():
        return None
    files = sorted(found.glob("*.gguf"))
    if len(files) == 1:
        return files[0]
    raise AdapterError(
        f"{found} holds no adapter: expected {WEIGHTS_NAME}, one GGUF file, or a PEFT folder with {PEFT_CONFIG}"
    )


@contextmanager
def _unpacked(source: Path) -> Generator[Path]:
    """Give the folder or file that holds the adapter; a zip file is unpacked for as long as it is needed."""
    if source.is_dir() or not zipfile.is_zipfile(source):
        if source.is_file() and source.suffix.lower() != ".gguf":
            raise AdapterError(f"{source} is no adapter: expected a folder, a zip file or a GGUF file")
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="lorag-import-") as temporary:
        target = Path(temporary) / source.stem
        try:
            _unpack(source, target)
        except _ZIP_ERRORS as error:
            raise AdapterError(f"{source} is damaged: {error}") from error
        inner = list(target.iterdir())
        yield inner[0] if len(inner) == 1 and inner[0].is_dir() else target


def _unpack(source: Path, target: Path) -> None:
    """Unpack a zip file after checking every name and the size it comes to."""
    with zipfile.ZipFile(source) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        size = sum(entry.file_size for entry in entries)
        bomb = size > _RATIO_FREE_BYTES and size > _HIGHEST_RATIO * source.stat().st_size
        if len(entries) > _MOST_ENTRIES or size > _MOST_BYTES or bomb:
            raise AdapterError(f"{source} unpacks to more than an adapter would")
        target.mkdir()
        for entry in entries:
            inside = PurePosixPath(entry.filename.replace("\\", "/"))
            if inside.is_absolute() or ".." in inside.parts or ":" in entry.filename or len(inside.parts) > 4:
                raise AdapterError(f"{source} holds the name {entry.filename!r}, which leads out of it")
            place = target.joinpath(*inside.parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as packed, place.open("wb") as file:
                shutil.copyfileobj(packed, file)
