"""Words and phrases of both languages that mean the same, written down entry by entry in ``thesaurus/``."""

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.prompts.language import Language

FOLDER: Final = Path(__file__).parents[1] / "thesaurus"
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Entry:
    """Phrases by which the same thing is told or asked for."""

    file: str
    """Entries of one file are about like things."""
    phrases: Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Two texts of the same meaning."""

    anchor: str
    positive: str
    file: str
    languages: tuple[Language, Language]
    meaning: str
    """Equal for all that mean the same."""


def read_thesaurus(folder: Path = FOLDER) -> list[Entry]:
    """Return the entries of all files.

    Raises:
        ValueError: a line is neither a comment nor one of the two of an entry; it says which.
    """
    return [entry for path in sorted(folder.glob("*.txt")) for entry in _entries(path)]


def synonyms(entries: list[Entry], each: int, rng: random.Random) -> Iterator[Synonyms]:
    """Yield ``each`` pairs of phrases of every entry and pair of languages, as far as it has so many."""
    for number, entry in enumerate(entries):
        for languages in itertools.product(LANGUAGES, LANGUAGES):
            left, right = (entry.phrases[language] for language in languages)
            pairs = [(one, other) for one, other in itertools.product(left, right) if one != other]
            for anchor, positive in rng.sample(pairs, min(each, len(pairs))):
                yield Synonyms(anchor, positive, entry.file, languages, f"words {number}")


def _entries(path: Path) -> Iterator[Entry]:
    lines = [
        (number, line)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line and not line.startswith("#")
    ]
    for at in range(0, len(lines), len(LANGUAGES)):
        both = lines[at : at + len(LANGUAGES)]
        if len(both) < len(LANGUAGES):
            raise ValueError(f"{path}:{both[0][0]}: the line of the other language is missing")
        lines_by_language = zip(both, LANGUAGES, strict=True)
        yield Entry(path.stem, {language: _phrases(path, *line, language) for line, language in lines_by_language})


def _phrases(path: Path, number: int, line: str, language: Language) -> tuple[str, ...]:
    head = f"{language}: "
    phrases = tuple(phrase.strip() for phrase in line.removeprefix(head).split("|"))
    if not line.startswith(head) or not all(phrases):
        raise ValueError(f"{path}:{number}: '{head}phrase | phrase' is expected here")
    return phrases
