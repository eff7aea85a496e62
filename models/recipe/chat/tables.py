"""Makes up tables, laid out as lorag reads them, with a question that one of their rows answers."""

import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chat.pools import Gold
from chat.random_text import made_up_word
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

Cell = Callable[[random.Random, Language], str]


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
    return _CELLS[column.values](rng, language)


def _address(rng: random.Random, language: Language) -> str:
    word, number = made_up_word(korean=language == "ko", rng=rng), rng.randint(1, 400)
    if language == "ko":
        return (
            f"{rng.choice(('서울', '부산', '대구', '인천', '광주', '경기', '강원'))} {word}구 {word[::-1]}로 {number}"
        )
    return f"{number} {word.capitalize()} {rng.choice(('Street', 'Road', 'Avenue', 'Lane', 'Square'))}"


def _hours(rng: random.Random, language: Language) -> str:
    begin, end = rng.randint(6, 12), rng.randint(15, 24)
    form = rng.choice(("{:02}:00-{:02}:00", "{:02}:30-{:02}:00", "{:02}:00~{:02}:30"))
    return form.format(begin, end)


def _phone(rng: random.Random, language: Language) -> str:
    return f"0{rng.randint(2, 65)}-{rng.randint(200, 9999)}-{rng.randint(0, 9999):04}"


def _email(rng: random.Random, language: Language) -> str:
    return f"{made_up_word(korean=False, rng=rng)}@{made_up_word(korean=False, rng=rng)}.example"


def _money(rng: random.Random, language: Language) -> str:
    if language == "ko":
        return rng.choice(
            (f"{rng.randint(1, 2000) * 500:,}원", f"{rng.randint(1, 90)}만 원", f"{rng.randint(1, 900) * 1000:,}")
        )
    amount = rng.randint(2, 900)
    return rng.choice((f"${amount}", f"{amount}.50", f"{amount * 1000:,} won", f"€{amount}", f"{amount} USD"))


def _date(rng: random.Random, language: Language) -> str:
    year, month, day = rng.randint(1998, 2031), rng.randint(1, 12), rng.randint(1, 28)
    if language == "ko":
        return rng.choice(
            (f"{year}-{month:02}-{day:02}", f"{year}년 {month}월 {day}일", f"{month}월 {day}일", f"{month}/{day}")
        )
    name = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December")[month - 1]  # fmt: skip
    return rng.choice((f"{year}-{month:02}-{day:02}", f"{day} {name} {year}", f"{day} {name}", f"{name} {year}"))


def _weekday(rng: random.Random, language: Language) -> str:
    days = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")
    if language == "en":
        days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return rng.choice(days)


def _duration(rng: random.Random, language: Language) -> str:
    number = rng.randint(1, 36)
    if language == "ko":
        return f"{number}{rng.choice(('일', '개월', '주', '년', '시간'))}"
    return f"{number} {rng.choice(('days', 'months', 'weeks', 'years', 'hours'))}"


def _person(rng: random.Random, language: Language) -> str:
    if language == "ko":
        return rng.choice("김이박최정강조윤장임한오서신권황") + made_up_word(korean=True, rng=rng)[:2]
    first, last = (made_up_word(korean=False, rng=rng).capitalize() for _ in range(2))
    return f"{first} {last}"


def _size(rng: random.Random, language: Language) -> str:
    width, depth = rng.randint(5, 300), rng.randint(5, 300)
    return rng.choice((f"{width} x {depth} cm", f"{width} ml", f"{width} m²", f"{width}×{depth} mm"))


def _room(rng: random.Random, language: Language) -> str:
    number = rng.randint(1, 900)
    return rng.choice((f"{number}호", f"{number // 100 + 1}층 {number}호")) if language == "ko" else f"{number}"


_CELLS: Final[Mapping[str, Cell]] = {
    "address": _address,
    "hours": _hours,
    "phone": _phone,
    "email": _email,
    "money": _money,
    "date": _date,
    "weekday": _weekday,
    "duration": _duration,
    "person": _person,
    "size": _size,
    "room": _room,
    "count": lambda rng, _: str(rng.randint(1, 10 ** rng.randint(1, 3))),
    "percent": lambda rng, _: f"{rng.randint(1, 60)}%",
    "weight": lambda rng, _: rng.choice(
        (f"{rng.randint(1, 90)} kg", f"{rng.randint(50, 950)} g", f"{rng.randint(1, 40)}.5kg")
    ),
    "code": lambda rng, _: f"{rng.choice('ABCDEHKLMPRST')}{rng.choice('ABCDEHKLMPRST')}-{rng.randint(10, 9999)}",
}
