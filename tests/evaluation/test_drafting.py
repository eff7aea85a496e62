import pytest

from lorag.evaluation.drafting import Stretch, draft, drafts_of
from lorag.evaluation.drafting_ko import topic


def asked(text: str, *, title: str = "Refund Policy", heading: tuple[str, ...] = ()) -> dict[str, str]:
    return {item.question: item.answer for item in drafts_of(Stretch("refunds.md", title, heading, text))}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "Unopened bags may be returned within 14 days of delivery.",
            "Unopened bags may be returned within how many days of delivery?",
            "14 days",
        ),
        (
            "The restocking fee is 15 % of the full price.",
            "The restocking fee is what percentage of the full price?",
            "15 %",
        ),
        ("Delivery is free from 30,000 won.", "Delivery is free from how many won?", "30,000 won"),
        (
            "Ask the data protection officer, Minji Han, for approval.",
            "Who is the data protection officer?",
            "Minji Han",
        ),
        (
            "A ledger is a book in which every payment is written.",
            "What is a ledger?",
            "a book in which every payment is written",
        ),
        (
            "Next meeting: Thursday, room Cloud.",
            'In "Refund Policy", what is the next meeting?',
            "Thursday, room Cloud",
        ),
        (
            "전등은 받은 날부터 14일 안에 반품할 수 있습니다.",
            "전등은 받은 날부터 며칠 안에 반품할 수 있습니까?",
            "14일",
        ),
        ("수습 기간은 3개월이며 급여는 모두 지급됩니다.", "수습 기간은 몇 개월입니까?", "3개월"),
        ("여름 수당은 시간당 4,000원을 지급합니다.", "여름 수당은 시간당 얼마를 지급합니까?", "4,000원"),
        ("사원증은 오전 11시에 IT팀에서 받습니다.", "사원증은 몇 시에 IT팀에서 받습니까?", "오전 11시"),
        ("연차란 해마다 쓸 수 있는 유급 휴가를 말합니다.", "연차는 무엇인가요?", "해마다 쓸 수 있는 유급 휴가"),
        ("시행일: 2026년 7월 1일.", '"Refund Policy"에서 시행일은 무엇인가요?', "2026년 7월 1일"),
        ("The next review date: 3 May 2026.", 'In "Refund Policy", what is the next review date?', "3 May 2026"),
        ("Exit codes: 0 to 3", 'In "Refund Policy", what are the exit codes?', "0 to 3"),
        ("E11: Internal fault", 'In "Refund Policy", what does E11 mean?', "Internal fault"),
        ("Bean: Morning Sky | Tastes like: jasmine", 'What stands under "Tastes like" for Morning Sky?', "jasmine"),
        ("매장: 판교점 | 전화: 031-555-0166 | 좌석: 84", "판교점의 좌석은 무엇인가요?", "84"),
    ],
)
def test_a_sentence_is_asked_for_what_it_says(sentence, question, answer):
    assert asked(sentence)[question] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "It is returned within 14 days of the delivery.",
        "Delivery takes 1 to 2 days on the mainland.",
        "The workshop opened in spring with nothing but a table and a lamp.",
        "Call extension 4119, day and night, and wait for an answer.",
        "2026년 하반기 워크숍은 9월 18일부터 19일까지 강릉에서 열립니다.",
        "이는 3개월 동안 배정됩니다.",
        "From: Jiho Kang <jiho@example.com>",
        "The verdict it printed: do not use it, it forgot.",
        "Nothing is sent anywhere: no telemetry, and libraries are kept offline.",
        "",
    ],
)
def test_what_would_make_a_poor_question_makes_none(sentence):
    assert asked(sentence) == {}


def test_a_section_is_asked_for_what_it_says_without_its_number():
    questions = asked("Unopened bags go back to the shop.", heading=("Policy", "1. Beans and coffee"))

    assert 'What does "Refund Policy" say about Beans and coffee?' in questions


def test_sections_are_among_the_drafts_and_not_only_behind_them():
    sentences = " ".join(f"The {word} takes {n} days of work." for n, word in enumerate(("first", "next", "last"), 2))
    stretches = [
        Stretch("a.md", "Title", (f"Part {number}",), sentences.replace("takes", f"({number}) takes"))
        for number in "abcdef"
    ]
    kinds = [item.kind for item in draft(stretches, count=10, unanswerable=0)]

    assert kinds.count("section") == 2
    assert kinds[0] == "figure"


def test_a_set_is_spread_over_documents_and_has_its_share_without_answer():
    stretches = [
        Stretch(
            name,
            name,
            ("Heading",),
            " ".join(f"The {word} takes {n} days of work." for n, word in enumerate(("first", "next"), 2)),
        )
        for name in ("a.md", "b.md", "c.md")
    ]
    drafts = draft(stretches, count=8, unanswerable=0.25)

    assert {item.source for item in drafts[:3]} == {"a.md", "b.md", "c.md"}
    assert sum(not item.answerable for item in drafts) == 2
    assert all("answer" not in item.record() for item in drafts if not item.answerable)
    assert drafts == draft(stretches, count=8, unanswerable=0.25)


def test_no_question_without_answer_asks_for_what_a_document_speaks_of():
    everything = Stretch(
        "a.md", "a", ("Parking",), "Our fax number and the parking fee are on the door; the dress code is free."
    )
    drafts = draft([everything], count=40, unanswerable=1.0)

    assert not any(word in item.question for item in drafts for word in ("fax", "fee", "dress"))


@pytest.mark.parametrize(("word", "particle"), [("전화", "는"), ("규정", "은"), ("Wi-Fi", "은(는)"), ("", "은(는)")])
def test_the_topic_particle_follows_the_last_sound(word, particle):
    assert topic(word) == particle
