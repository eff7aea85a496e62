"""What the interface says, in the language chosen now."""

import os
from collections.abc import Mapping
from typing import Final, Protocol, cast

from lorag.prompts.language import Language
from lorag.translation.locale import locale_language
from lorag.translation.translate import in_language
from lorag.tui.texts_en import TEXTS as ENGLISH
from lorag.tui.texts_ko import TEXTS as KOREAN

TABLES: Final[Mapping[Language, Mapping[str, str]]] = {"en": ENGLISH, "ko": KOREAN}
NAMES: Final[Mapping[Language, str]] = {"en": "English", "ko": "한국어"}


class Texts:
    """One language's texts by key."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._table = TABLES[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values filled in."""
        text = self._table[key]
        return text.format(**values) if values else text

    def of(self, error: object) -> str:
        """Return what an error or a note of the layers below says, which write English."""
        return in_language(error, self.language)


class _Speaking(Protocol):
    texts: Texts


def texts_of(widget: object) -> Texts:
    """Return the texts of the app a widget is in."""
    return cast(_Speaking, getattr(widget, "app", widget)).texts


class Translated:
    """A widget whose texts can change while it is on screen."""

    def retranslate(self) -> None:
        """Draw the texts anew."""
        raise NotImplementedError


def language_from(chosen: str, environment: Mapping[str, str] = os.environ) -> Language:
    """Return the chosen language, else the locale's."""
    return cast(Language, chosen) if chosen in TABLES else locale_language(environment)
