import pytest

from lorag.chat.amounts import asked_for, may_tell


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("How many stars make a free drink?", "amount"),
        ("What is the price of the grinder?", "amount"),
        ("What is the maximum weight?", "amount"),
        ("환불 수수료는 얼마인가요?", "amount"),
        ("좌석이 몇 개예요?", "amount"),
        ("When is the new roaster delivered?", "time"),
        ("What time do you open?", "time"),
        ("How soon must I report it?", "time"),
        ("월급은 언제 들어오나요?", "time"),
        ("How do I descale the machine?", None),
        ("What happens when the tank is empty?", None),
        ("Who approves a refund?", None),
        ("기계는 어떻게 청소하나요?", None),
        ("", None),
    ],
)
def test_a_question_asks_for_an_amount_a_time_or_neither(question, asked):
    assert asked_for(question) == asked


@pytest.mark.parametrize(
    "sentence",
    [
        "It costs 12,500 won.",
        "Twelve people work here.",
        "It is free of charge.",
        "두 개까지 됩니다.",
        "전액 환불됩니다.",
        "매달 보내 드립니다.",
    ],
)
def test_numbers_in_digits_and_words_may_tell_an_amount_or_a_time(sentence):
    assert may_tell(sentence, "amount")
    assert may_tell(sentence, "time")


@pytest.mark.parametrize(
    "sentence",
    ["After the test.", "On Monday morning.", "It opens in May.", "다음 주말에 엽니다.", "항상 켜져 있습니다."],
)
def test_a_time_without_a_number_tells_when_and_not_how_much(sentence):
    assert may_tell(sentence, "time")
    assert not may_tell(sentence, "amount")


@pytest.mark.parametrize(
    "sentence",
    ["To: Roastery Team", "You may enter with safety shoes.", "담당자에게 알립니다.", "E01: The tank is empty.", ""],
)
def test_a_sentence_without_either_tells_neither(sentence):
    assert not may_tell(sentence, "time")
    assert not may_tell(sentence, "amount")
