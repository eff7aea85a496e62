import pytest

from lorag.evaluation.answers import (
    character_f1,
    citation_score,
    contains_answer,
    exact_match,
    keeps_language,
    normalised,
    token_f1,
)


def test_normalisation_drops_case_articles_punctuation_and_citations():
    assert normalised("[3] The  Refund,  is «final»! [1, 2]") == "refund is final"


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
