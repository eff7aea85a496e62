"""Adapters found and named by people."""

import difflib
from pathlib import Path
from typing import Final

from lorag.adapters.folder import Adapter, list_adapters
from lorag.errors import AdapterError, UsageError

_FORBIDDEN: Final = set('/\\:*?"<>|=,')
_LONGEST: Final = 100


def checked_name(name: str) -> str:
    """Return a name that can be a folder on every system and be written as ``NAME=STRENGTH``.

    Raises:
        UsageError: It cannot.
    """
    printable = name.isprintable() and name == name.strip() and not set(name) & _FORBIDDEN
    if not name or not printable or name.startswith((".", "-", "~")) or len(name.encode()) > _LONGEST:
        raise UsageError(f"{name!r} cannot be the name of an adapter; use letters, digits, - and _")
    return name


def free_name(folder: Path, name: str) -> str:
    """Return the name if it is valid and no adapter has it.

    Raises:
        UsageError: It is not valid, or taken; upper and lower case are the same name.
    """
    checked_name(name)
    if any(adapter.name.lower() == name.lower() for adapter in list_adapters(folder)) or (folder / name).exists():
        raise UsageError(f"there is an adapter {name} already; choose another name")
    return name


def own_adapter(folder: Path, name: str) -> Adapter:
    """Return an adapter of the folder; files elsewhere are not lorag's to change.

    Raises:
        AdapterError: There is none of that name.
    """
    adapters = list_adapters(folder)
    found = next((adapter for adapter in adapters if adapter.name.lower() == name.lower()), None)
    if found is None:
        near = difflib.get_close_matches(name, [adapter.name for adapter in adapters], n=1)
        hint = f"did you mean {near[0]}?" if near else "lorag adapters lists those there are"
        raise AdapterError(f"there is no adapter {name} in {folder}; {hint}")
    return found


def home_of(folder: Path, adapter: Adapter) -> Path:
    """Return what holds an adapter: its folder, or the bare file."""
    return adapter.path if adapter.path.parent == folder else adapter.path.parent


def size_of(folder: Path, adapter: Adapter) -> int:
    """Return the bytes on disk."""
    home = home_of(folder, adapter)
    files = [home] if home.is_file() else [file for file in home.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)
