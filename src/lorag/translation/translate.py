"""Translate the message of an error by the template it was made from.

A message is English text with values in it. Its template has a numbered hole for each value, and its translation has the
same holes. In a translation, a hole that ends in ``!`` holds words, such as the reason another error gave: they are
translated too. In a template, a hole that ends in ``#`` holds only a number.
"""

import functools
import importlib
import re
from collections.abc import Mapping
from typing import Final

from lorag.prompts.language import Language
from lorag.translation.locale import locale_language

TABLES: Final = (
    "core",
    "documents",
    "retrieval",
    "models",
    "commands",
    "checks",
    "running",
    "tuning",
    "data",
    "foreign",
)
"""The modules ``korean_*`` that hold the templates; they are imported when the first error is translated."""
HOLE: Final = re.compile(r"\{(\d+)([!#]?)\}")


def in_language(error: object, language: Language) -> str:
    """Return what an error or a note says in a language; without a translation it stays as it is."""
    return _korean(str(error)) if language == "ko" else str(error)


def in_locale(error: object) -> str:
    """Return what an error or a note says in the language of the environment."""
    return in_language(error, locale_language())


def _korean(text: str) -> str:
    for pattern, translation in _compiled():
        match = pattern.fullmatch(text)
        if match is not None:
            return _filled(translation, match)
    return text


def _filled(translation: str, values: re.Match[str]) -> str:
    def value(hole: re.Match[str]) -> str:
        given: str = values[f"hole{hole[1]}"]
        return _korean(given) if hole[2] == "!" and given != values[0] else given

    return HOLE.sub(value, translation)


@functools.cache
def _compiled() -> list[tuple[re.Pattern[str], str]]:
    """Return every template as a pattern, the most particular first."""
    return [(_pattern(english), korean) for english, korean in sorted(korean_templates().items(), key=_generality)]


def _generality(pair: tuple[str, str]) -> tuple[bool, int]:
    """Order a template after those that more of the message has to agree with."""
    template, _ = pair
    return "#}" not in template, -len(HOLE.sub("", template))


def korean_templates() -> Mapping[str, str]:
    """Return the Korean template of every English one."""
    tables = (importlib.import_module(f"lorag.translation.korean_{name}").TEMPLATES for name in TABLES)
    return {english: korean for table in tables for english, korean in table.items()}


def _pattern(template: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for hole in HOLE.finditer(template):
        value = r"[\d,.]+" if hole[2] else ".*?"
        pattern += f"{re.escape(template[end : hole.start()])}(?P<hole{hole[1]}>{value})"
        end = hole.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)
