import pytest

from lorag.translation.locale import locale_language


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
