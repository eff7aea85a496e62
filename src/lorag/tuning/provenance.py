"""Where training data comes from and under which licence, so that an adapter can say what it was made of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lorag.errors import DatasetError

UNKNOWN: Final = "unknown"
_SUFFIX: Final = ".source.json"
_SIZE_LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that examples were read from."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of where some examples come from."""

    license: str
    """As the person gave it, an SPDX name at best; ``unknown`` when nobody said."""
    origin: str
    """Who wrote the examples, or where they were taken from; ``unknown`` when nobody said."""
    files: tuple[SourceFile, ...]

    @property
    def sha256(self) -> str:
        """Return one hash of all the files, the same in whatever order they are named."""
        return hashlib.sha256("\n".join(sorted(file.sha256 for file in self.files)).encode()).hexdigest()


def provenance_of(paths: Sequence[Path], *, license_name: str | None = None, origin: str | None = None) -> Provenance:
    """Return what is known of the files; what is not given is taken from the notes beside prepared files.

    Args:
        paths: Files, or folders that stand for the files in them.
        license_name: As given by the person.
        origin: As given by the person.
    """
    named = {file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])}
    data = sorted(file for file in named if file.is_file() and not is_note(file))
    notes = [_note(file) for file in data]
    return Provenance(
        license=license_name or _joined([note.get("license") for note in notes]),
        origin=origin or _joined([note.get("origin") for note in notes]),
        files=tuple(SourceFile(file.name, _sha256(file), file.stat().st_size) for file in data),
    )


def is_note(path: Path) -> bool:
    """Tell whether a file is a note beside data, and not data."""
    return path.name.endswith(_SUFFIX)


def write_note(path: Path, provenance: Provenance) -> Path:
    """Write beside a prepared file where its rows come from, and return the file written."""
    note = path.with_name(path.name + _SUFFIX)
    note.write_text(json.dumps(asdict(provenance), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return note


def _note(path: Path) -> Mapping[str, Any]:
    note = path.with_name(path.name + _SUFFIX)
    if not note.is_file() or note.stat().st_size > _SIZE_LIMIT:
        return {}
    try:
        values = json.loads(note.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{note} cannot be read: {error}; remove it, or give --license and --origin") from error
    return values if isinstance(values, dict) else {}


def _joined(names: Sequence[object]) -> str:
    """Return what all files say; one that says nothing is unknown, and that must not disappear behind the others."""
    said = dict.fromkeys(name if isinstance(name, str) and name.strip() else UNKNOWN for name in names)
    return ", ".join(said) or UNKNOWN


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
