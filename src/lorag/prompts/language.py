"""Which of the two supported languages a text is in, so that lorag answers in the user's own."""

from typing import Literal

Language = Literal["en", "ko"]

_HANGUL_RANGES = ((0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F))


def language_of(text: str) -> Language:
    """Return ``ko`` when at least a fifth of the letters are Hangul, else ``en``.

    A fifth, because Korean questions about products and code are often half Latin names.
    """
    letters = [ord(character) for character in text if character.isalpha()]
    hangul = sum(any(low <= code <= high for low, high in _HANGUL_RANGES) for code in letters)
    return "ko" if letters and hangul * 5 >= len(letters) else "en"
