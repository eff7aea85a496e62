"""Makes up tables, laid out as lorag reads them, with a question that one of their rows answers."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chat.pools import Gold
from chat.random_text import made_up_word
from chat.values import VALUES
from lorag.prompts.language import Language

FOLDER: Final = Path(__file__).parent / "tables"
SOURCE: Final = "table"
"""Where such questions come from, in place of a corpus."""
_SEPARATOR: Final = " | "
_MADE_UP: Final = 0.5
"""Share of rows whose name nobody has seen."""
_PARTICLES: Final[Mapping[str, tuple[str, str]]] = {"은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를")}
"""Behind a final consonant, and behind a vowel."""
_BRANCH: Final = "점"


@dataclass(frozen=True, slots=True)
class _Column:
    names: tuple[str, ...]
    values: str | tuple[str, ...]
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    titles: tuple[str, ...]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    called: tuple[str, ...]
    columns: tuple[_Column, ...]


class Tables:
    """Draws tables in both languages."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._tables: dict[Language, tuple[_Table, ...]] = {
            "en": _read(folder / "en.toml"),
            "ko": _read(folder / "ko.toml"),
        }

    def drawn(self, language: Language, rng: random.Random) -> Gold:
        """Return a table and a question about one cell; the answer is its row."""
        number = rng.randrange(len(self._tables[language]))
        table = self._tables[language][number]
        columns = rng.sample(table.columns, rng.randint(2, min(6, len(table.columns))))
        shown = [rng.choice(column.names) for column in columns]
        names = _row_names(table, rng.randint(3, 9), language, rng)
        rows = [[name, *(_cell(column, language, rng) for column in columns)] for name in names]
        target, asked = rng.randrange(len(rows)), rng.choice(columns)
        sentences, first = _laid_out([rng.choice(table.keys), *shown], rows, rng)
        return Gold(
            question=_question(rng.choice(asked.asks), names[target], table, language, rng),
            header=rng.choice(table.titles),
            sentences=tuple(sentences),
            targets=(first + target,),
            source=SOURCE,
            doc=f"{language} {number}",
        )

    def unanswered(self, gold: Gold, rng: random.Random) -> str:
        """Return a question about a row that such a table could have and ``gold`` has not."""
        code, number = gold.doc.split()
        language: Language = "ko" if code == "ko" else "en"
        table = self._tables[language][int(number)]
        told = " ".join(gold.sentences).casefold()
        while True:
            name = _row_names(table, 1, language, rng)[0]
            if not any(word.casefold() in told for word in name.removesuffix(_BRANCH).split()):
                return _question(rng.choice(rng.choice(table.columns).asks), name, table, language, rng)


def _read(path: Path) -> tuple[_Table, ...]:
    written = tomllib.loads(path.read_text("utf-8"))
    columns = {
        entry["name"][0]: _Column(
            names=tuple(entry["name"]),
            values=entry["values"] if isinstance(entry["values"], str) else tuple(entry["values"]),
            asks=tuple(entry["asks"]),
        )
        for entry in written["column"]
    }
    return tuple(
        _Table(
            titles=tuple(entry["titles"]),
            keys=tuple(entry["keys"]),
            names=tuple(entry["names"]),
            called=tuple(entry["called"]),
            columns=tuple(columns[name] for name in entry["columns"]),
        )
        for entry in written["table"]
    )


def _row_names(table: _Table, count: int, language: Language, rng: random.Random) -> list[str]:
    """Return names of which none is part of another."""
    names: list[str] = []
    while len(names) < count:
        name = rng.choice(table.names)
        if rng.random() < _MADE_UP:
            name = _made_up(name, language, rng)
        if not any(name in other or other in name for other in names):
            names.append(name)
    return names


def _made_up(pattern: str, language: Language, rng: random.Random) -> str:
    """Return a name like ``pattern`` with a made-up word in it."""
    word = made_up_word(korean=language == "ko", rng=rng)
    if pattern.endswith(_BRANCH):
        return word + _BRANCH
    _, space, rest = pattern.partition(" ")
    return word.capitalize() + space + rest


def _laid_out(head: Sequence[str], rows: Sequence[Sequence[str]], rng: random.Random) -> tuple[list[str], int]:
    """Return the rows as lines, mostly below one of column names, and the index of the first row."""
    roll = rng.random()
    if roll < 0.6:
        lines = [_SEPARATOR.join(f"{name}: {cell}" for name, cell in zip(head, row, strict=True)) for row in rows]
        return ([_SEPARATOR.join(head), *lines], 1) if rng.random() < 0.5 else (lines, 0)
    if roll < 0.85:
        return [f"| {_SEPARATOR.join(row)} |" for row in (head, *rows)], 1
    return [_SEPARATOR.join(row) for row in (head, *rows)], 1


def _question(form: str, name: str, table: _Table, language: Language, rng: random.Random) -> str:
    called = rng.choice(table.called)
    if language == "ko" and name.endswith(_BRANCH) and rng.random() < 0.4:
        name = name.removesuffix(_BRANCH)
        called = rng.choice(("{} 매장", "{} 지점", "{}"))
    said = called.format(name)
    return re.sub(r"\{([은이을]?)\}", lambda found: said + _particle(said, found[1]), form)


def _particle(word: str, kind: str) -> str:
    if not kind:
        return ""
    behind_consonant, behind_vowel = _PARTICLES[kind]
    code = ord(word[-1]) - 0xAC00
    # What is no Hangul is read as one hears it: the digits that end in a consonant are 0, 1, 3, 6, 7 and 8.
    closed = code % 28 > 0 if 0 <= code < 11172 else word[-1] in "013678LMNlmn"
    return behind_consonant if closed else behind_vowel


def _cell(column: _Column, language: Language, rng: random.Random) -> str:
    if isinstance(column.values, tuple):
        return rng.choice(column.values)
    return VALUES[column.values](rng, language)
