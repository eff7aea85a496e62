import string

from lorag.commands.words import TEXTS, Words


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_every_text_with_the_same_blanks():
    english, korean = TEXTS["en"], TEXTS["ko"]

    assert {key: blanks(text) for key, text in english.items()} == {key: blanks(text) for key, text in korean.items()}


def test_every_korean_text_is_korean():
    assert all(any("가" <= letter <= "힣" for letter in text) for text in TEXTS["ko"].values())


def test_blanks_are_filled_in():
    assert Words("ko").say("lines", first=3, last=5) == "3-5행"
