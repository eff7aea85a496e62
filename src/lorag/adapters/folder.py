"""The adapters folder: a folder per adapter with its weights and manifest, or a bare GGUF file."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.adapters.manifest import MANIFEST_NAME, Manifest, read_manifest
from lorag.adapters.strength import strength_of
from lorag.errors import AdapterError
from lorag.paths import is_file, typed_path

WEIGHTS_NAME: Final = "adapter.gguf"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter on disk."""

    name: str
    path: Path
    """The LoRA GGUF file."""
    manifest_path: Path | None
    """None for a bare file."""

    def manifest(self) -> Manifest | None:
        """Read what is written down about it, if anything is."""
        return None if self.manifest_path is None else read_manifest(self.manifest_path)


def list_adapters(folder: Path) -> list[Adapter]:
    """Return the adapters in a folder, by name."""
    if not folder.is_dir():
        return []
    found = [adapter for entry in folder.iterdir() if (adapter := _adapter(entry)) is not None]
    return sorted(found, key=lambda adapter: adapter.name.lower())


def find_adapter(folder: Path, wanted: str) -> tuple[Adapter, float]:
    """Return the adapter and strength of ``NAME`` or ``NAME=STRENGTH``; a path to a GGUF file is a name too."""
    adapters = list_adapters(folder)
    name, strength = wanted, 1.0
    # A name may hold "=" itself, so the whole text is tried first.
    found = _named(adapters, wanted)
    if found is None and "=" in wanted:
        name, _, number = wanted.rpartition("=")
        strength = strength_of(wanted, number)
        found = _named(adapters, name)
    if found is None:
        near = difflib.get_close_matches(name, [adapter.name for adapter in adapters], n=1)
        hint = f"did you mean {near[0]}?" if near else "put its folder or GGUF file there"
        raise AdapterError(f"there is no adapter {name} in {folder}; {hint}")
    return found, strength


def _adapter(entry: Path) -> Adapter | None:
    if entry.name.startswith("."):
        # One that is being written or taken away.
        return None
    if entry.is_file() and entry.suffix == ".gguf":
        return Adapter(entry.stem, entry, None)
    weights, manifest = entry / WEIGHTS_NAME, entry / MANIFEST_NAME
    if not weights.is_file():
        return None
    return Adapter(entry.name, weights, manifest if manifest.is_file() else None)


def _named(adapters: list[Adapter], name: str) -> Adapter | None:
    path = typed_path(name)
    if path.suffix == ".gguf" and is_file(path):
        return Adapter(path.stem, path, None)
    return next((adapter for adapter in adapters if adapter.name.lower() == name.lower()), None)
