import pytest

from lorag.chat.definitions import asked_term, defines


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is potential energy?", "potential energy"),
        ("what's an SSD", "SSD"),
        ("Explain what integration is.", "integration"),
        ("Please define `null`", "null"),
        ("What is the guest wifi password?", "guest wifi password"),
        ("Tell me about the Owner details URL template.", "Owner details URL template"),
        ("잠재 에너지란 무엇인가요?", "잠재 에너지"),
        ("SSD가 뭐예요?", "SSD"),
        ("적분에 대해 설명해 주세요.", "적분"),
        ("When is payday?", ""),
        ("What does the rhash command do?", ""),
        ("월급날이 언제예요?", ""),
        ("What is the best of all the things that one could ever do here?", ""),
        ("What is?", ""),
        ("", ""),
    ],
)
def test_what_a_question_asks_the_meaning_of(question: str, term: str):
    assert asked_term(question) == term


@pytest.mark.parametrize(
    "sentence",
    [
        "- potential energy: what a particle has by its place",
        "The **potential energy** is what a system has by its place.",
        "Potential energy (U) is stored.",
        "potential energy - what is stored",
    ],
)
def test_a_sentence_that_begins_with_the_term_says_what_it_is(sentence: str):
    assert defines(sentence, "potential energy")


def test_korean_particles_say_what_something_is():
    assert defines("**적분**은 넓이를 구하는 일이다.", "적분")
    assert defines("적분이란 넓이를 구하는 일이다.", "적분")


@pytest.mark.parametrize(
    "sentence", ["Energy is stored.", "There is potential energy: much.", "Potential energy rises with height.", ""]
)
def test_others_do_not(sentence: str):
    assert not defines(sentence, "potential energy")


def test_any_text_is_read_in_a_moment():
    assert asked_term("what is " + "a " * 20_000) == ""
    assert not defines("(" * 20_000, "term")
