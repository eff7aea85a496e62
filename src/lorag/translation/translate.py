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

OWN: Final = ("core", "documents", "retrieval", "models", "commands", "checks", "running", "tuning", "data")
FOREIGN: Final = "foreign"
"""The modules ``korean_*`` that hold the templates; they are imported when the first error is translated."""
HOLE: Final = re.compile(r"\{(\d+)([!#]?)\}")
_HOLE_ONLY: Final = re.compile(r"\{\d+[!#]?\}")


def in_language(error: object, language: Language) -> str:
    """Return what an error or a note says in a language; without a translation it stays as it is."""
    return _korean(str(error)) if language == "ko" else str(error)


def in_locale(error: object) -> str:
    """Return what an error or a note says in the language of the environment."""
    return in_language(error, locale_language())


def _korean(text: str, *, inside: bool = False) -> str:
    for template, own_parts in _by_specificity(inside):
        # Most templates are ruled out by their words; compiling a pattern for each would take a tenth of a second.
        if all(part in text for part in own_parts):
            match = _pattern(template).fullmatch(text)
            if match is not None:
                return _filled(korean_templates()[template], match)
    return text


def _filled(translation: str, values: re.Match[str]) -> str:
    def value(hole: re.Match[str]) -> str:
        given: str = values[f"hole{hole[1]}"]
        return _korean(given, inside=True) if hole[2] == "!" and given != values[0] else given

    return HOLE.sub(value, translation)


@functools.cache
def _by_specificity(inside: bool) -> list[tuple[str, list[str]]]:
    """Return every template with the parts that are its own, the most particular first.

    What others say stands inside our messages, so around it one of ours is looked for first.
    """
    foreign = _table(FOREIGN)
    ordered = sorted(korean_templates(), key=_generality)
    if not inside:
        ordered.sort(key=lambda template: template in foreign)
    return [(template, _HOLE_ONLY.split(template)) for template in ordered]


def _generality(template: str) -> tuple[bool, int]:
    """Order a template after those that more of the message has to agree with."""
    return "#}" not in template, -len(HOLE.sub("", template))


@functools.cache
def korean_templates() -> Mapping[str, str]:
    """Return the Korean template of every English one."""
    return {english: korean for name in (*OWN, FOREIGN) for english, korean in _table(name).items()}


def _table(name: str) -> Mapping[str, str]:
    templates: Mapping[str, str] = importlib.import_module(f"lorag.translation.korean_{name}").TEMPLATES
    return templates


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for hole in HOLE.finditer(template):
        value = r"[\d,.]+" if hole[2] else ".*?"
        pattern += f"{re.escape(template[end : hole.start()])}(?P<hole{hole[1]}>{value})"
        end = hole.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)
