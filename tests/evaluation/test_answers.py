import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.evaluation.answers import (
    character_f1,
    citation_score,
    contains_answer,
    exact_match,
    keeps_language,
    token_f1,
)
from lorag.evaluation.plain_text import normalised


def test_normalisation_drops_case_articles_punctuation_and_citations():
    assert normalised("[3] The  Refund,  is «final»! [1, 2]") == "refund is final"


def squad_normalised(text: str) -> str:
    """Normalise as the evaluation script that was published with SQuAD 1.1 does, step by step as it names them."""

    def remove_articles(text: str) -> str:
        return re.sub(r"\b(a|an|the)\b", " ", text)

    def white_space_fix(text: str) -> str:
        return " ".join(text.split())

    def remove_punc(text: str) -> str:
        exclude = set(string.punctuation)
        return "".join(character for character in text if character not in exclude)

    return white_space_fix(remove_articles(remove_punc(text.lower())))


def squad_f1(prediction: str, truth: str) -> float:
    said, wanted = squad_normalised(prediction).split(), squad_normalised(truth).split()
    same = sum((Counter(said) & Counter(wanted)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(said), same / len(wanted)
    return (2 * precision * recall) / (precision + recall)


SQUAD_TEXT = st.lists(
    st.sampled_from([*"aAnNtThHeE bcd019,.-/'\"!$%()_\t\n가나일", " the ", " a ", "an "]), max_size=30
).map("".join)


@given(SQUAD_TEXT)
def test_normalisation_equals_that_of_squad(text):
    assert normalised(text) == squad_normalised(text)


@given(SQUAD_TEXT.filter(squad_normalised), SQUAD_TEXT.filter(squad_normalised))
def test_scores_equal_those_of_squad(answer, reference):
    assert exact_match(answer, [reference]) == float(squad_normalised(answer) == squad_normalised(reference))
    assert token_f1(answer, [reference]) == pytest.approx(squad_f1(answer, reference))


@pytest.mark.parametrize(
    ("one", "other"), [("3,000 won", "3000 won"), ("e-mail", "email"), ("The dog's bed", "dogs bed"), ("“A” b", "b")]
)
def test_punctuation_leaves_no_gap(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("answer", "reference", "held"),
    [
        ("Refunds take 15 days.", "5 days", False),
        ("Refunds take 5 days.", "5 days", True),
        ("13,500원입니다.", "3,500원", False),
        ("[1] 3500원입니다.", "3,500원", True),
        ("1,500 people came.", "5", False),
        ("1.5 litres", "5 litres", False),
        ("031-555-0166", "3일", False),
        ("연차는 15 일이 주어집니다.", "15일", True),
        ("3개월이 걸립니다.", "3개", False),
        ("3개입니다.", "3개", True),
        ("2시간 걸립니다.", "2시", False),
        ("십오일입니다.", "오일", False),
        ("10만원", "10만", True),
        ("담당자는 이서연님이에요.", "이서연", True),
        ("Call Minji Han.", "minji han", True),
        ("Minji가 합니다.", "Minji", True),
        ("The notable case", "able", False),
        ("It is notable.", "not able", False),
        ("Write an e-mail.", "email", True),
        ("Ask the head of the team.", "the head of team", True),
        ("유급 휴가입니다.", "유급휴가", True),
        ("Option A", "A", True),
        ("anything", "...", False),
    ],
)
def test_an_answer_is_held_whole_or_not_at_all(answer, reference, held):
    assert contains_answer(answer, [reference]) == float(held)


def test_exact_match_takes_the_best_reference():
    assert exact_match("the 15 days.", ["20 days", "15 days"]) == 1.0
    assert exact_match("15 day", ["15 days"]) == 0.0


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("within seven days", "seven days", 2 * (2 / 3) * 1 / (2 / 3 + 1)),
        ("seven seven days", "seven days", 2 * (2 / 3) * 1 / (2 / 3 + 1)),
        ("no", "seven days", 0.0),
        ("", "", 1.0),
        ("", "seven", 0.0),
    ],
)
def test_token_f1_equals_the_hand_computed_value(answer, reference, expected):
    assert token_f1(answer, [reference]) == pytest.approx(expected)


def test_character_f1_forgives_particles_where_token_f1_does_not():
    # 열다섯일입니다 and 열다섯일: 4 of 7 characters are common.
    assert character_f1("열다섯일입니다", ["열다섯일"]) == pytest.approx(2 * (4 / 7) * 1 / (4 / 7 + 1))
    assert token_f1("열다섯일입니다", ["열다섯일"]) == 0.0


def test_answer_is_found_inside_a_quote_whatever_the_spacing():
    assert contains_answer("[2] 연차는 15 일이 주어집니다.", ["15일"]) == 1.0
    assert contains_answer("[2] 연차는 12일이 주어집니다.", ["15일"]) == 0.0
    assert contains_answer("anything", [""]) == 0.0


def test_citations_are_scored_as_sets():
    score = citation_score(["a.md", "a.md", "b.md"], ["a.md", "c.md"])

    assert (score.precision, score.recall) == (0.5, 0.5)
    assert citation_score([], []).precision == citation_score([], []).recall == 1.0


def test_language_of_the_answer_is_judged_without_its_citations():
    assert keeps_language("연차는 며칠인가요?", "[1] 15일입니다.") == 1.0
    assert keeps_language("How many days?", "15일입니다.") == 0.0
