"""``@path`` in a question: that file is sent with this question only."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.paths import is_file, typed_path

_MENTION: Final = re.compile(r"(?:(?<=\s)|^)@(?:\"([^\"\n]+)\"|([^\s\"]+))")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The files a question names."""

    found: tuple[Path, ...]
    missing: tuple[str, ...]
    """Written like a path, but no such file; a plain ``@name`` is left alone."""


def mentioned_files(question: str, folder: Path) -> Mentions:
    """Return the files named with ``@`` in a question."""
    found: list[Path] = []
    missing: list[str] = []
    for quoted, bare in _MENTION.findall(question):
        written = quoted or bare.rstrip(".,;:!?)")
        # A file's name may hold Hangul in parts, while questions hold it composed.
        names = (written, unicodedata.normalize("NFD", written))
        paths = [path for name in names if is_file(path := typed_path(name, folder))]
        if paths:
            found.append(paths[0])
        elif quoted or "/" in written:
            missing.append(written)
    return Mentions(tuple(dict.fromkeys(found)), tuple(missing))
