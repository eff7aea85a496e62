"""Personal data in training text: what is learned can be said again, so a person should know it is there."""

import re
from collections.abc import Iterator
from typing import Final

_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONES: Final = (
    # Korean numbers with or without separators, numbers with a country code, and North American ones.
    re.compile(r"(?<![\d-])(?:\+82[- ]?0?|0)(?:10|1[1-9]|2|[3-6][1-5]|70|50\d)[- .)]?\d{3,4}[- .]?\d{4}(?![\d-])"),
    re.compile(r"(?<![\d+])\+\d{1,3}[- .]?\(?\d{1,4}\)?(?:[- .]\d{2,4}){2,4}(?![\d-])"),
    re.compile(r"(?<![\d-])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\d-])"),
)
_RESIDENT: Final = re.compile(r"(?<!\d)(\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([- ]?)([1-8])(\d{6})(?!\d)")
_RESIDENT_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_LAST_WITH_CHECK_DIGIT: Final = "2009"
"""Year and month of birth up to which every number has a check digit; from October 2020 on the digits are drawn."""
_CARD: Final = re.compile(r"(?<![\d-])[2-69](?:[ -]?\d){12,18}(?![\d-])")
_CARD_LENGTHS: Final = (14, 15, 16, 19)


def personal_data(text: str) -> Iterator[str]:
    """Yield the kind of each piece of personal data: ``e-mail``, ``resident number``, ``card number``, ``phone``.

    Resident and card numbers count only when their check digit is right, so order numbers do not.
    """
    if _EMAIL.search(text):
        yield "e-mail"
    if any(_is_resident_number(match) for match in _RESIDENT.finditer(text)):
        yield "resident number"
    if any(_has_card_check_digit(match.group()) for match in _CARD.finditer(text)):
        yield "card number"
    if any(pattern.search(text) for pattern in _PHONES):
        yield "phone"


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdigit()]


def _is_resident_number(match: re.Match[str]) -> bool:
    """Check the last digit of a Korean registration number (weights 2-9, 2-5, modulo 11), where it has one."""
    year, month, _, separator, century, _ = match.groups()
    digits = _digits(match.group())
    total = sum(weight * digit for weight, digit in zip(_RESIDENT_WEIGHTS, digits, strict=False))
    # Numbers of foreign residents (5-8) are counted from 13 instead of 11.
    checks = {(11 - total % 11) % 10, (13 - total % 11) % 10} if century in "5678" else {(11 - total % 11) % 10}
    born_later = century in "3478" and year + month > _LAST_WITH_CHECK_DIGIT
    return digits[-1] in checks or (born_later and bool(separator))


def _has_card_check_digit(number: str) -> bool:
    """Check the Luhn digit (ISO/IEC 7812-1)."""
    digits = _digits(number)
    if len(digits) not in _CARD_LENGTHS or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
