"""Finds the files to read under what a person named: a file as it is, a folder with everything in it worth reading."""

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.documents.ignore import IgnoreRules, rules_above, rules_in
from lorag.documents.media import BINARY_SUFFIXES, is_known
from lorag.errors import DocumentError

_HEAD_BYTES: Final = 4096
_NEVER_DOCUMENTS: Final = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to read, and how many were passed over and why."""

    files: tuple[Path, ...]
    """Absolute paths as they are on disk, each once, in order of name."""
    skipped: Mapping[str, int]
    """Number of files (and of whole folders) by reason."""


def discover(paths: Sequence[Path], *, max_file_bytes: int, recursive: bool = True) -> Discovery:
    """Return the files under ``paths``.

    A file that is named is always returned; a folder gives what is neither hidden, ignored by ``.gitignore`` or
    ``.loragignore``, a symbolic link, empty, too large nor binary. Raises DocumentError for a path that does not exist.
    """
    walk = _Walk(max_file_bytes, recursive=recursive)
    found: dict[str, Path] = {}
    for path in paths:
        absolute = os.path.abspath(path)  # noqa: PTH100 - resolve would replace a link by what it points at
        for file in walk.files(Path(absolute)):
            name = unicodedata.normalize("NFC", str(file))
            if found.setdefault(name, file) != file:
                walk.skipped["same name in another Unicode form"] += 1
    return Discovery(tuple(found[name] for name in sorted(found)), dict(walk.skipped))


class _Walk:
    """One walk over folders, which counts what it passes over."""

    def __init__(self, max_file_bytes: int, *, recursive: bool) -> None:
        self.skipped: Counter[str] = Counter()
        self._max_file_bytes = max_file_bytes
        self._recursive = recursive

    def files(self, path: Path) -> Iterator[Path]:
        """Yield the files that ``path`` stands for."""
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        except (OSError, ValueError) as error:
            raise DocumentError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from error
        if is_folder:
            yield from self._folder(path)
        else:
            yield path

    def _folder(self, top: Path) -> Iterator[Path]:
        """Yield the files worth reading in a folder; links are not followed, so there is no way out and no loop."""
        pending = [(top, rules_above(top))]
        while pending:
            folder, above = pending.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                self.skipped["unreadable folder"] += 1
                continue
            rules = (*above, *rules_in(folder))
            folders = []
            for entry in entries:
                reason = self._reason_to_skip(entry, rules)
                if reason:
                    self.skipped[reason] += 1
                elif entry.is_dir(follow_symlinks=False):
                    folders.append((Path(entry.path), rules))
                else:
                    yield Path(entry.path)
            if self._recursive:
                pending.extend(reversed(folders))

    def _reason_to_skip(self, entry: "os.DirEntry[str]", rules: Sequence[IgnoreRules]) -> str:
        if entry.name.startswith("."):
            return "hidden"
        if entry.is_symlink():
            return "symbolic link"
        is_folder = entry.is_dir(follow_symlinks=False)
        if _is_ignored(Path(entry.path), is_folder, rules) or (is_folder and entry.name in _NEVER_DOCUMENTS):
            return "ignored"
        if not entry.name.isprintable() and _has_surrogates(entry.name):
            return "name is not UTF-8"
        return "" if is_folder else self._reason_to_skip_file(entry)

    def _reason_to_skip_file(self, entry: "os.DirEntry[str]") -> str:
        path = Path(entry.path)
        try:
            if not entry.is_file(follow_symlinks=False):
                return "not a regular file"
            size = entry.stat(follow_symlinks=False).st_size
            if size == 0:
                return "empty"
            if size > self._max_file_bytes:
                return "larger than max_file_mb"
            binary = path.suffix.lower() in BINARY_SUFFIXES or (not is_known(path) and _looks_binary(path))
        except OSError:
            return "unreadable"
        return "not a document" if binary else ""


def _is_ignored(path: Path, is_folder: bool, rules: Sequence[IgnoreRules]) -> bool:
    """Tell whether the nearest ignore file that says anything about ``path`` says to leave it out."""
    for rule in reversed(rules):
        verdict = rule.verdict(path, is_folder=is_folder)
        if verdict is not None:
            return verdict
    return False


def _has_surrogates(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)


def _looks_binary(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
