"""How strongly an adapter is applied: 1 as it was trained, 0 not at all, below 0 the other way round."""

from typing import Final

from lorag.errors import AdapterError

STRONGEST: Final = 2.0
"""Beyond it, on either side, what a model says falls apart."""


def strength_of(wanted: str, number: str) -> float:
    """Return the strength in ``NAME=STRENGTH``; ``wanted`` is the whole of it, for the message."""
    try:
        strength = float(number)
    except ValueError as error:
        raise AdapterError(f"{wanted}: the strength must be a number, as in NAME=0.8") from error
    check_strength(wanted, strength)
    return strength


def check_strength(wanted: str, strength: float) -> None:
    """Refuse a strength at which a model says nothing of use; ``wanted`` is how it was asked for, for the message."""
    # Not a number, as `nan` is none, lies nowhere.
    if not -STRONGEST <= strength <= STRONGEST:
        raise AdapterError(f"{wanted}: the strength must be between -{STRONGEST:g} and {STRONGEST:g}")
