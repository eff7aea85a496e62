"""The rules of ``.gitignore`` and ``.loragignore`` files, with the meaning git gives them."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

_FILES: Final = (".gitignore", ".loragignore")


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules written in one folder, for everything below it."""

    folder: Path
    spec: GitIgnoreSpec

    def verdict(self, path: Path, *, is_folder: bool) -> bool | None:
        """Return whether to leave ``path`` out, or None if these rules do not say."""
        name = unicodedata.normalize("NFC", path.relative_to(self.folder).as_posix())
        return self.spec.check_file(name + "/" if is_folder else name).include


def rules_in(folder: Path) -> tuple[IgnoreRules, ...]:
    """Return the rules written in ``folder`` itself; those of ``.loragignore`` win over ``.gitignore``."""
    lines = [line for name in _FILES for line in _lines(folder / name)]
    return (IgnoreRules(folder, _spec(lines)),) if lines else ()


def rules_above(folder: Path) -> tuple[IgnoreRules, ...]:
    """Return the rules of the folders above, up to the root of the git repository that ``folder`` is in, if any."""
    above: list[Path] = []
    for parent in (folder, *folder.parents):
        if parent != folder:
            above.append(parent)
        if (parent / ".git").exists():
            return tuple(rules for each in reversed(above) for rules in rules_in(each))
    return ()


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return unicodedata.normalize("NFC", text.removeprefix("\ufeff")).splitlines()


def _spec(lines: list[str]) -> GitIgnoreSpec:
    """Return the patterns of ``lines``; a line that is none is passed over, as git does."""
    return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except GitIgnorePatternError:
        return False
    return True
