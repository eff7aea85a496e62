import itertools
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.evaluation.advice import Advice, by_verdict, needs_documents, recommend, weigh
from lorag.evaluation.advice_facts import Changes, CostFacts, Goal, Known, LibraryFacts, Prompting, Told
from lorag.evaluation.advice_rules import criteria
from lorag.evaluation.advice_verdict_words import NEXT_STEPS, RECOMMENDATIONS, VETOES, Recommendation
from lorag.evaluation.advice_words import CRITERIA
from lorag.evaluation.style import StyleFacts, facts_in, specific_words, style_facts

FILLED = LibraryFacts(40, 9_000_000, 0.6, 0.9, 0.9)
UNSEEN = LibraryFacts(40, 9_000_000, 0.6, None)
CHEAP = CostFacts(train_minutes=5, train_gigabytes=1, free_gigabytes=16, passage_tokens=1800, rag_seconds=0.5)
PATTERN = [
    f"고객님, 문의 주셔서 감사합니다. {thing} 건은 바로 처리해 드리겠습니다."
    for thing in ["환불", "교환", "배송", "취소", "예약", "결제", "쿠폰", "회원"]
]
LARGE = CostFacts(train_minutes=30, train_gigabytes=40, free_gigabytes=16, passage_tokens=1800, rag_seconds=1)
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


def advised(case: Known) -> Advice:
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


POLITE = [
    "서울은 한강을 끼고 발달한 도시입니다.",
    "고양이는 하루에 열두 시간 넘게 잠을 잡니다.",
    "이 프로그램은 파일을 읽어서 표로 보여 줍니다.",
    "커피는 적도 가까운 고지대에서 자랍니다.",
    "회의는 매주 월요일 아침에 열립니다.",
    "고래는 물속에서 숨을 오래 참을 수 있습니다.",
    "전기 요금은 쓰는 만큼 올라갑니다.",
    "어제 산 책을 아직 다 읽지 못했습니다.",
    "바다의 소금은 강물이 실어 온 것입니다.",
    "그 배우는 연극 무대에서 먼저 이름을 알렸습니다.",
    "겨울에는 해가 일찍 집니다.",
    "새 규정은 다음 달부터 적용됩니다.",
]


def test_polite_endings_alone_are_no_pattern():
    polite = style_facts(POLITE)
    peculiar = style_facts([f"{text[:-2]}다냥!" for text in POLITE])

    assert polite.consistency < 0.3
    assert polite.endings == 0.0
    assert peculiar.endings == 1.0
    assert peculiar.consistency > 0.4


def test_korean_names_and_figures_are_facts():
    assert style_facts(["담당은 이서연 팀장입니다."]).facts == 1.0
    assert style_facts(["고객님, 감사합니다."]).facts == 0.0
    assert facts_in("3일 안에 2,500원을 한소라 대리에게 10시에") == ["3일", "2,500원", "한소라", "10시"]


def test_words_of_one_answer_alone_are_told_from_the_pattern():
    answers = [f"고객님, {thing} 문의는 바로 처리해 드리겠습니다." for thing in ("환불금", "쿠폰북", "교환권")] * 4
    words = specific_words([*answers, "고객님, 로스팅룸에서 처리해 드리겠습니다."], [""] * 12 + ["어디서"])

    assert words[-1] == {"로스팅룸에서"}
    assert not words[0]


@pytest.mark.parametrize(
    ("case", "expected", "held"),
    [
        (known(), "prompting", set()),
        (known(Told(goal="facts", changes="weekly", sources=True)), "rag", set()),
        (known(library=FILLED), "rag", set()),
        (known(Told(goal="style"), examples=PATTERN * 8), "tuning", set()),
        (known(Told(goal="style", changes="never"), examples=PATTERN * 8), "tuning", set()),
        (known(Told(fast=True, short=True, standalone=True, private=True)), "prompting", {"few_examples"}),
        (known(Told(goal="both", changes="monthly", sources=True), examples=PATTERN * 8), "both", set()),
        (known(Told(goal="both", sources=True)), "rag", {"few_examples"}),
        (known(Told(goal="style")), "prompting", {"few_examples"}),
        (known(Told(goal="style"), examples=PATTERN[:5]), "prompting", {"few_examples"}),
        (known(Told(goal="style", prompting="failed")), "prepare", {"few_examples"}),
        (known(Told(goal="style", prompting="failed"), library=UNSEEN), "prepare", {"few_examples"}),
        (known(Told(prompting="enough"), examples=PATTERN * 8), "prompting", {"prompt_enough"}),
        (known(Told(prompting="enough"), examples=PATTERN * 8, library=FILLED), "prompting", {"prompt_enough"}),
        (known(Told(prompting="enough", sources=True), examples=PATTERN * 8, library=FILLED), "rag", {"prompt_enough"}),
        (known(Told(prompting="enough", short=True), examples=PATTERN * 8), "tuning", set()),
        (
            known(examples=[f"{n} {text} {n * n}" for n in range(10) for text in MIXED], library=FILLED),
            "rag",
            {"no_pattern"},
        ),
        (
            replace(known(Told(goal="style", prompting="failed"), examples=PATTERN * 8), cost=LARGE),
            "prepare",
            {"memory"},
        ),
        (replace(known(Told(goal="both", sources=True), examples=PATTERN * 8), cost=LARGE), "prepare", {"memory"}),
        (replace(known(Told(goal="facts", sources=True), examples=PATTERN * 8), cost=LARGE), "rag", {"memory"}),
    ],
)
def test_the_advice_follows_the_articles_and_names_what_it_holds_back(case, expected, held):
    advice = advised(case)

    assert advice.recommendation == expected
    assert {veto.key for veto in advice.vetoes} == held
    assert all(veto.reason("en") and "{" not in veto.reason("ko") for veto in advice.vetoes)


def test_what_is_left_can_be_done_while_something_is_prepared():
    assert advised(known(Told(goal="style", prompting="failed"), library=UNSEEN)).until == "rag"
    assert advised(known(Told(goal="style", prompting="failed"))).until is None


def test_examples_to_be_collected_are_counted():
    veto = advised(known(Told(goal="style", prompting="failed"), examples=PATTERN[:7])).vetoes[0]

    assert "there are 7 examples; collect 3 more at least" in veto.reason("en")
    assert "3개를 더" in veto.reason("ko")


CASES = st.builds(
    Known,
    st.builds(
        Told,
        goal=st.sampled_from([None, *get_args(Goal)]),
        changes=st.sampled_from([None, *get_args(Changes)]),
        prompting=st.sampled_from([None, *get_args(Prompting)]),
        **{
            field.name: st.sampled_from([None, True, False])
            for field in fields(Told)
            if field.name not in {"goal", "changes", "prompting"}
        },
    ),
    st.sampled_from(
        [None, *map(style_facts, (PATTERN, PATTERN * 2, PATTERN * 20, MIXED, POLITE * 2, ["1 day."] * 60))]
    ),
    st.integers(0, 3),
    st.sampled_from([None, FILLED, LibraryFacts(1, 1, 0.0, None), LibraryFacts(9, 9, 0.0, 0.1, 0.2)]),
    st.sampled_from([CHEAP, LARGE, CostFacts(999, 1, 16, 1800, None), CostFacts(None, None, 16, 1800, None)]),
)
WAYS: dict[Recommendation, tuple[str, ...]] = {
    "prompting": ("prompting",),
    "rag": ("rag",),
    "tuning": ("tuning",),
    "both": ("rag", "tuning"),
}


@given(CASES)
def test_nothing_outweighs_what_is_recommended_unless_it_is_named_why(case):
    advice = advised(case)
    weights: Any = advice.weights
    named = {veto.way for veto in advice.vetoes}
    if advice.recommendation == "prepare":
        heaviest = max(named, key=weights.__getitem__)
        assert all(weights[heaviest] >= weight for weight in weights.values())
        return
    ways = WAYS[advice.recommendation]
    for way in set(weights) - set(ways):
        # Of two, the lighter may be added to the heavier, and so is no rival of the other.
        assert weights[way] <= min(weights[each] for each in ways) or way in named
    assert not named & set(ways)


def test_every_recommendation_can_be_reached():
    reached = {
        advised(known(Told(goal=goal, prompting=prompting), examples=examples, library=library)).recommendation
        for goal, prompting, examples, library in itertools.product(
            get_args(Goal), get_args(Prompting), [None, PATTERN * 8], [None, FILLED]
        )
    }

    assert reached == set(get_args(Recommendation))


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
        "terms",
        "short",
        "standalone",
        "private",
        "upkeep",
    } <= keys
    everything = Told("facts", "daily", True, True, True, True, True, "failed", True, True, True, True, True)
    for case in (known(), known(everything, examples=PATTERN * 8, library=FILLED)):
        for item in criteria(case):
            assert item.name("en")
            assert item.name("ko")
            assert "{" not in item.evidence("en") + item.evidence("ko")
    assert RECOMMENDATIONS.keys() == NEXT_STEPS.keys() == set(get_args(Recommendation))
    assert all(text.keys() == {"en", "ko"} for text in VETOES.values())


@given(CASES)
def test_every_criterion_has_words_for_what_it_found(case):
    for item in criteria(case):
        assert "{" not in item.evidence("en") + item.evidence("ko")


def test_every_criterion_can_matter():
    flags = [field.name for field in fields(Told) if field.name not in {"goal", "changes", "prompting"}]
    answers: list[dict[str, Any]] = [{name: value} for name in flags for value in (True, False)]
    told = [Told(**answer) for answer in answers]
    told += [Told(goal="both"), Told(changes="weekly")]
    cases = [known(one) for one in told]
    cases += [known(examples=PATTERN * 8, library=FILLED), known(examples=["- a\n- b"] * 9)]
    cases.append(replace(known(examples=PATTERN), cost=LARGE))

    assert {item.key for case in cases for item in criteria(case) if item.weight} == CRITERIA.keys()


def test_what_speaks_for_both_counts_on_both():
    assert weigh(criteria(known(Told(goal="both", prompting="failed")))) == {"rag": 4, "tuning": 4, "prompting": 0}


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


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [("keep", "both"), ("keep_without_rag", "rag"), ("no_gain", "rag"), ("keep_with_rag", "both")],
)
def test_an_experiment_does_not_take_away_documents_that_are_needed(verdict, expected):
    needed = needs_documents(criteria(known(Told(sources=True))))

    assert by_verdict(verdict, documents_help=False, documents_needed=needed) == expected
    assert not needs_documents(criteria(known(Told(goal="style", sources=False, changes="yearly"))))
