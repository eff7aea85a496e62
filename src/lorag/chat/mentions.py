"""``@path`` in a question: that file is sent with this question only."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.paths import is_file, typed_path

_MENTION: Final = re.compile(r"(?:(?<=\s)|^)@(?:\"([^\"\n]+)\"|([^\s\"]+))")
_AFTER: Final = ".,;:!?)"
"""What may follow a path without being a part of it."""


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
    for mention in _MENTION.finditer(question):
        written, quoted = _written(mention), mention.group(1)
        # A file's name may hold Hangul in parts, while questions hold it composed.
        names = (written, unicodedata.normalize("NFD", written))
        paths = [path for name in names if is_file(path := typed_path(name, folder))]
        if paths:
            found.append(paths[0])
        elif quoted or "/" in written:
            missing.append(written)
    return Mentions(tuple(dict.fromkeys(found)), tuple(missing))


def without_mentions(question: str, files: Sequence[Path]) -> str:
    """Return a question without the names of its attached files, which no passage holds."""
    names = {unicodedata.normalize("NFC", path.name) for path in files}

    def kept(mention: re.Match[str]) -> str:
        attached = unicodedata.normalize("NFC", Path(_written(mention)).name) in names
        return "" if attached else mention.group()

    return " ".join(_MENTION.sub(kept, question).split())


def _written(mention: re.Match[str]) -> str:
    quoted, bare = mention.groups()
    return str(quoted or bare.rstrip(_AFTER))
