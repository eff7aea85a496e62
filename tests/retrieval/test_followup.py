import pytest

from lorag.retrieval.followup import is_follow_up, searched_query


@pytest.mark.parametrize(
    "question",
    [
        "And for part-timers?",
        "What about interns?",
        "How long does it take?",
        "Why?",
        "for managers too?",
        "Can they carry it over?",
        "who approves that?",
        "how much?",
        "Tell me more.",
        "그럼 그건 언제까지야?",
        "그거 환불되나요?",
        "거기 주소가 어디예요?",
        "이건 누가 승인해?",
        "왜요?",
        "파트타임은요?",
        "그럼 계약직은?",
        "계약직은?",
        "서울 사무실은요?",
        "부산 지점 직원도?",
        "주말이라면?",
        "더 자세히 설명해 줘",
        "예를 들어 줘",
    ],
)
def test_these_lean_on_what_was_said(question: str):
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many days of annual leave do employees get?",
        "What is the refund policy?",
        "refund policy",
        "Is there a dress code?",
        "Who runs the IT department?",
        "What does the warranty of the coffee machine cover?",
        "In which month is the annual review held?",
        "연차는 며칠인가요?",
        "환불은 언제까지 가능한가요?",
        "재택근무 신청 방법을 알려 주세요",
        "그룹웨어 비밀번호는 어떻게 바꾸나요?",
        "이사회는 언제 열리나요?",
        "출장비 정산 기한이 언제까지인가요?",
        "annual leave",
        "연차휴가",
        "환불 기간은?",
        "물통 용량은?",
        "카드 한도",
    ],
)
def test_these_stand_alone(question: str):
    assert not is_follow_up(question)


def test_only_a_follow_up_takes_the_earlier_question_along():
    history = ["How many days of leave do employees get?"]

    assert searched_query("And for part-timers?", history) == f"{history[0]} And for part-timers?"
    assert searched_query("What is the refund policy?", history) == "What is the refund policy?"
    assert searched_query("And for part-timers?", []) == "And for part-timers?"


def test_a_chain_of_follow_ups_goes_back_to_the_question_that_stood_alone():
    history = ["연차는 며칠인가요?", "그럼 계약직은?"]

    assert searched_query("그건 언제 생겨?", history) == "연차는 며칠인가요? 그건 언제 생겨?"
