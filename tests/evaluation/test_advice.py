import pytest

from lorag.evaluation.advice import by_verdict, recommend, weigh
from lorag.evaluation.advice_facts import CostFacts, Known, LibraryFacts, Told
from lorag.evaluation.advice_rules import criteria
from lorag.evaluation.advice_words import CRITERIA, NEXT_STEPS, RECOMMENDATIONS
from lorag.evaluation.style import StyleFacts, style_facts

CHEAP = CostFacts(train_minutes=5, train_gigabytes=1, free_gigabytes=16, passage_tokens=1800, rag_seconds=0.5)
PATTERN = [
    f"고객님, 문의 주셔서 감사합니다. {thing} 건은 바로 처리해 드리겠습니다."
    for thing in ["환불", "교환", "배송", "취소", "예약", "결제", "쿠폰", "회원"]
]
MIXED = [
    "Yes.",
    "See page 4, where the table lists every tariff in force.",
    "네?",
    "1200",
    "Ask Bob",
    "It depends on\nthe weather",
]


def known(told: Told = Told(), *, examples: list[str] | None = None, library: LibraryFacts | None = None) -> Known:  # noqa: B008
    return Known(told, style_facts(examples) if examples else None, 0, library, CHEAP)


def advised(case: Known) -> str:
    return recommend(case, criteria(case))


def test_one_pattern_is_told_from_a_mixture():
    even, mixed = style_facts(PATTERN * 8), style_facts(MIXED)

    assert even.consistency > 0.8
    assert mixed.consistency < 0.5
    assert (even.openings, even.endings) == (1.0, 1.0)


def test_formats_and_facts_are_seen():
    facts = style_facts(['{"label": "refund"}', "- one\n- two", "Result: yes\nReason: no"])

    assert facts.formatted == 1.0
    assert style_facts(["Call 1234-5678.", "Ask, says Minji Han, anytime."]).facts == 1.0
    assert style_facts(["Please wait a moment."]).facts == 0.0


def test_no_answers_have_no_style():
    with pytest.raises(ValueError, match="no answers"):
        style_facts([])


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (known(), "prompting"),
        (known(Told(goal="facts", changes="weekly", sources=True)), "rag"),
        (known(Told(goal="style"), examples=PATTERN * 8), "tuning"),
        (known(Told(goal="style", changes="never"), examples=PATTERN * 8), "tuning"),
        (known(Told(goal="both", changes="monthly", sources=True), examples=PATTERN * 8), "both"),
        (known(Told(goal="style")), "prompting"),
        (known(Told(goal="style"), examples=PATTERN[:5]), "prompting"),
        (known(Told(prompting="enough"), examples=PATTERN * 8), "prompting"),
        (
            known(
                library=LibraryFacts(40, 9_000_000, 0.6, 0.9),
                examples=[f"{n} {text} {n * n}" for n in range(10) for text in MIXED],
            ),
            "rag",
        ),
    ],
)
def test_the_advice_follows_the_articles(case, expected):
    assert advised(case) == expected


def test_a_training_that_does_not_fit_speaks_against_itself():
    style = style_facts(PATTERN * 8)
    cost = CostFacts(30, train_gigabytes=40, free_gigabytes=16, passage_tokens=1800, rag_seconds=1)
    found = {item.key: item for item in criteria(Known(Told(), style, 0, None, cost))}

    assert (found["cost"].case, found["cost"].side) == ("too_large", "rag")


def test_personal_data_in_examples_is_said():
    found = {item.key: item for item in criteria(Known(Told(), style_facts(PATTERN), 3, None, CHEAP))}

    assert "3 examples hold personal data" in found["secret"].evidence("en")


def test_every_criterion_of_the_articles_is_covered_in_both_languages():
    keys = {item.key for item in criteria(known())}

    assert keys == CRITERIA.keys()
    assert {
        "changes",
        "sources",
        "examples",
        "consistency",
        "fast",
        "cost",
        "hurry",
        "broad",
        "documents",
        "retrieval",
    } <= keys
    for case in (known(), known(Told("facts", "daily", True, True, True, True, True, "failed"), examples=PATTERN * 8)):
        for item in criteria(case):
            assert item.name("en")
            assert item.name("ko")
            assert "{" not in item.evidence("en") + item.evidence("ko")
    assert RECOMMENDATIONS.keys() == NEXT_STEPS.keys()


def test_what_speaks_for_both_counts_on_both():
    assert weigh(criteria(known(Told(goal="both")))) == {"rag": 3, "tuning": 3, "prompting": 0}


def test_style_facts_of_one_answer_are_defined():
    facts = style_facts(["Only one."])

    assert isinstance(facts, StyleFacts)
    assert (facts.openings, facts.length_spread) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("verdict", "documents_help", "expected"),
    [
        ("keep_with_rag", True, "both"),
        ("keep", False, "tuning"),
        ("keep_without_rag", True, "tuning"),
        ("rag_only", True, "rag"),
        ("no_gain", True, "rag"),
        ("no_gain", False, "prompting"),
        ("do_not_use", False, "prompting"),
    ],
)
def test_an_experiment_decides_by_its_verdict(verdict, documents_help, expected):
    assert by_verdict(verdict, documents_help=documents_help) == expected
