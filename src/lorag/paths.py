"""Where lorag keeps what it writes, and what a path that a person typed points at; nothing here creates anything."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_IN_NO_NAME: Final = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
"""What the system refuses in a path; U+DC80 to U+DCFF stand for the bytes of a name that is no UTF-8."""


def typed_path(written: str, folder: Path | None = None) -> Path:
    """Return the path a person typed, ``~`` and the folder where relative paths begin put in; it need not exist."""
    # Path.expanduser raises for a home that nobody has; here such a path stays as it is, and does not exist.
    expanded = Path(os.path.expanduser(_IN_NO_NAME.sub("\ufffd", written)))  # noqa: PTH111
    return expanded if folder is None else folder / expanded


def is_there(path: Path) -> bool:
    """Return whether there is such a file or folder; a name too long, or in a closed folder, is not there."""
    return os.path.exists(path)  # noqa: PTH110 - the one of Path raises for these


def is_file(path: Path) -> bool:
    """Return whether there is such a file, as ``is_there`` does."""
    return os.path.isfile(path)  # noqa: PTH113


@dataclass(frozen=True, slots=True)
class DataPaths:
    """The places below one data folder."""

    root: Path

    @property
    def library(self) -> Path:
        """The SQLite file with documents, indexes and chats."""
        return self.root / "library.db"

    @property
    def models(self) -> Path:
        """The folder a user drops GGUF files into."""
        return self.root / "models"

    @property
    def adapters(self) -> Path:
        """One folder per LoRA adapter."""
        return self.root / "adapters"

    @property
    def runs(self) -> Path:
        """One folder per training run: its data, checkpoints and report."""
        return self.root / "runs"

    @property
    def logs(self) -> Path:
        """What the engine process and llama.cpp print."""
        return self.root / "logs"
