"""Makes up values as documents hold them: prices, times, names, telephone numbers."""

import random
from collections.abc import Callable, Mapping
from typing import Final

from chat.random_text import made_up_word
from lorag.prompts.language import Language

Value = Callable[[random.Random, Language], str]

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


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


def _sum(rng: random.Random, language: Language) -> str:
    """Return an amount as a sentence tells it, with its currency."""
    amount = rng.randint(1, 900)
    if language == "ko":
        return rng.choice((f"{amount * 500:,}원", f"{amount}만 원", f"{amount * 1000:,}원"))
    return rng.choice((f"${amount}", f"{amount} dollars", f"{amount * 1000:,} won", f"€{amount}", f"{amount} euros"))


def _date(rng: random.Random, language: Language) -> str:
    year, month, day = rng.randint(1998, 2031), rng.randint(1, 12), rng.randint(1, 28)
    if language == "ko":
        return rng.choice(
            (f"{year}-{month:02}-{day:02}", f"{year}년 {month}월 {day}일", f"{month}월 {day}일", f"{month}/{day}")
        )
    name = _MONTHS[month - 1]
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


def _time(rng: random.Random, language: Language) -> str:
    hour, minute = rng.randint(6, 22), rng.choice((0, 0, 15, 30, 45))
    if language == "ko":
        said = f"{'오전' if hour < 12 else '오후'} {(hour - 1) % 12 + 1}시"
        return rng.choice((f"{said} {minute}분" if minute else said, f"{hour}:{minute:02}"))
    half = "am" if hour < 12 else "pm"
    return rng.choice((f"{(hour - 1) % 12 + 1}:{minute:02} {half}", f"{hour}:{minute:02}"))


def _month(rng: random.Random, language: Language) -> str:
    number = rng.randint(1, 12)
    return f"{number}월" if language == "ko" else _MONTHS[number - 1]


def _street(rng: random.Random, language: Language) -> str:
    word = made_up_word(korean=language == "ko", rng=rng)
    return f"{word}로" if language == "ko" else f"{word.capitalize()} {rng.choice(('Street', 'Road', 'Lane'))}"


def _town(rng: random.Random, language: Language) -> str:
    word = made_up_word(korean=language == "ko", rng=rng)
    return f"{word}{rng.choice('시군읍면')}" if language == "ko" else word.capitalize()


def _name(rng: random.Random, language: Language) -> str:
    """Return a name that is no person's: of a ship, a firm, a river."""
    return made_up_word(korean=language == "ko", rng=rng).capitalize()


VALUES: Final[Mapping[str, Value]] = {
    "address": _address,
    "hours": _hours,
    "phone": _phone,
    "email": _email,
    "money": _money,
    "sum": _sum,
    "date": _date,
    "weekday": _weekday,
    "time": _time,
    "month": _month,
    "street": _street,
    "town": _town,
    "name": _name,
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
"""The kinds of values that columns and sentences may name."""
