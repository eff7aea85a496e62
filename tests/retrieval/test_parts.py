import pytest

from lorag.retrieval.parts import question_parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What does E02 mean? And how long is the warranty?",
            ["What does E02 mean?", "how long is the warranty?"],
        ),
        (
            "What does E02 mean, and how long is the warranty?",
            ["What does E02 mean", "how long is the warranty?"],
        ),
        ("How big is the tank and can I use vinegar?", ["How big is the tank", "can I use vinegar?"]),
        ("연차는 며칠인가요? 그리고 배송비는 얼마인가요?", ["연차는 며칠인가요?", "배송비는 얼마인가요?"]),
        (
            "커피머신 보증 기간은 얼마이고, 환불은 언제까지 되나요?",
            ["커피머신 보증 기간은 얼마이고", "환불은 언제까지 되나요?"],
        ),
        ("Tell me about refunds. Also, what does E02 mean?", ["Tell me about refunds.", "what does E02 mean?"]),
        ("연차에 대해 알려 주세요. 그리고 배송비는 얼마인가요?", ["연차에 대해 알려 주세요.", "배송비는 얼마인가요?"]),
        ("Define a refund. Also, what does E02 mean", ["Define a refund.", "what does E02 mean"]),
        ("Please explain refunds. What does E02 mean?", ["Please explain refunds.", "What does E02 mean?"]),
        ("How big is the tank and also can I use vinegar", ["How big is the tank", "can I use vinegar"]),
        (
            "From which platform does the RE 7 leave, and is there a sauna?",
            ["From which platform does the RE 7 leave", "is there a sauna?"],
        ),
        ("Who pays and until when is it due?", ["Who pays and until when is it due?"]),
        ("Who pays for shipping and within how many days?", ["Who pays for shipping", "within how many days?"]),
        ("What does E02 mean? Also, warranty length", ["What does E02 mean?", "warranty length"]),
        ("연차는 며칠인가요? 그리고 배송 비용", ["연차는 며칠인가요?", "배송 비용"]),
        ("배송비가 궁금해요. 연차는 며칠인가요?", ["배송비가 궁금해요.", "연차는 며칠인가요?"]),
        ("Is it possible to pay cash? Who approves leave?", ["Is it possible to pay cash?", "Who approves leave?"]),
        ("I need to know about refunds. Define leave.", ["I need to know about refunds.", "Define leave."]),
        ("휴가 규정 알려줘 그리고 병가는 며칠이야?", ["휴가 규정 알려줘", "병가는 며칠이야?"]),
        ("연차는 며칠인가요 그리고 배송비는 얼마야", ["연차는 며칠인가요", "배송비는 얼마야"]),
        ("환불은 누가 승인해, 또 보증은 몇 개월이야?", ["환불은 누가 승인해", "보증은 몇 개월이야?"]),
        ("What is a refund?  Who approves leave?\nWhere is the office?", None),
    ],
)
def test_questions_asked_in_one_are_told_apart(question: str, parts: list[str] | None):
    assert question_parts(question) == tuple(
        parts or ["What is a refund?", "Who approves leave?", "Where is the office?"]
    )


@pytest.mark.parametrize(
    "question",
    [
        "How many days of annual leave do employees get?",
        "How and when do I pay?",
        "What is the policy on leave and holidays?",
        "Who wrote the handbook, and when was it changed?",
        "What is the refund policy? Why?",
        "Can I return it? I bought it 40 days ago.",
        "I bought a grinder. Can I return it?",
        "I bought a grinder. What does E02 mean?",
        "커피머신을 샀어요. 그리고 환불은 언제까지 되나요?",
        "What does v1.2 of the manual say? See p. 3.",
        "연차는 며칠인가요? 그건 누가 승인하나요?",
        "환불하고 싶은데 어떻게 하나요?",
        "퇴근하고 어디로 가나요?",
        "What does E02 mean? When I press the button nothing happens",
        "What does E02 mean? I do not know.",
        "커피머신을 샀어요 그리고 환불은 언제까지 되나요?",
        "연차 그리고 병가는 며칠인가요?",
        "연차는 며칠인가요? 그리고 저는 신입입니다",
        "What does E02 mean? And I have no warranty",
        "Is the tank big? When was it made?",
        "어떤 서류가 필요하고 또 언제 내나요?",
        "What is a? What is b? What is c? What is d?",
        "연차휴가",
        "?? ?",
        "",
    ],
)
def test_what_cannot_be_asked_in_parts_stays_whole(question: str):
    assert question_parts(question) == (question,)
