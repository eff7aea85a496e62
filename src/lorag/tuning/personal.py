"""Personal data in training text: what is learned can be said again, so a person should know it is there."""

import re
from collections.abc import Iterator
from typing import Final

_EMAIL: Final = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_PHONE: Final = re.compile(r"(?<![\d-])(?:\+82[- ]?|0)(?:10|1[1-9]|2|[3-6][1-5]|70)[- .)]?\d{3,4}[- .]?\d{4}(?![\d-])")
_RESIDENT: Final = re.compile(r"(?<!\d)(\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-?([1-8])(\d{6})(?!\d)")
_CARD: Final = re.compile(r"(?<![\d-])(?:\d[ -]?){13,19}(?![\d-])")
_RESIDENT_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_CARD_LENGTHS: Final = range(13, 20)


def personal_data(text: str) -> Iterator[str]:
    """Yield the kind of each piece of personal data: ``e-mail``, ``phone``, ``resident number``, ``card number``.

    Resident and card numbers count only when their check digit is right, so order numbers do not.
    """
    if _EMAIL.search(text):
        yield "e-mail"
    if any(_has_resident_check_digit(match.group()) for match in _RESIDENT.finditer(text)):
        yield "resident number"
    if any(_has_card_check_digit(match.group()) for match in _CARD.finditer(text)):
        yield "card number"
    if _PHONE.search(text):
        yield "phone"


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdigit()]


def _has_resident_check_digit(number: str) -> bool:
    """Check the last digit of a Korean resident registration number (weights 2-9, 2-5, modulo 11)."""
    digits = _digits(number)
    total = sum(weight * digit for weight, digit in zip(_RESIDENT_WEIGHTS, digits, strict=False))
    return (11 - total % 11) % 10 == digits[-1]


def _has_card_check_digit(number: str) -> bool:
    """Check the Luhn digit (ISO/IEC 7812-1)."""
    digits = _digits(number)
    if len(digits) not in _CARD_LENGTHS or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
