import string

import pytest

from lorag.commands.words import TEXTS, Words, locale_language


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_every_text_with_the_same_blanks():
    english, korean = TEXTS["en"], TEXTS["ko"]

    assert {key: blanks(text) for key, text in english.items()} == {key: blanks(text) for key, text in korean.items()}


def test_every_korean_text_is_korean():
    assert all(any("가" <= letter <= "힣" for letter in text) for text in TEXTS["ko"].values())


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, "ko"),
        ({"LC_ALL": "", "LANG": "ko_KR.EUC-KR"}, "ko"),
        ({}, "en"),
    ],
)
def test_the_language_follows_the_locale_variables_in_their_order(environment: dict[str, str], language: str):
    assert locale_language(environment) == language


def test_blanks_are_filled_in():
    assert Words("ko").say("lines", first=3, last=5) == "3-5행"
