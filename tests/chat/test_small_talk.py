import pytest

from lorag.chat.small_talk import is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "Hi there!",
        "Good morning",
        "thanks a lot!",
        "Who are you?",
        "What can you do?",
        "안녕하세요",
        "안녕 ㅎㅎ",
        "고마워요!",
        "너는 누구야?",
        "뭐 할 수 있어?",
    ],
)
def test_small_talk_is_known(text: str):
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "hello world program",
        "Who are you allowed to call?",
        "환불 고마워",
        "help desk number",
        "안녕 공원은 어디야?",
        "thanks to whom?",
        "",
        "nice 2024 report",
    ],
)
def test_a_question_that_begins_like_small_talk_is_a_question(text: str):
    assert not is_small_talk(text)
