from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.tuning.cleaning import CleanResult, clean
from lorag.tuning.examples import Example, Origin
from lorag.tuning.near_duplicates import near_duplicates
from lorag.tuning.repeats import contradictions, without_repeats
from tests.tuning.data_files import example, examples

ANSWER = (
    "Unopened bags can be returned within two weeks of delivery for a full refund; write to customer care with the "
    "order number and a photo of the bag, and a return label reaches you within two business days."
)


def _kinds(result: CleanResult, effect: str) -> list[tuple[int, str]]:
    return [(finding.origin.line, finding.kind) for finding in result.findings if finding.effect == effect]


def test_the_same_row_twice_is_kept_once_and_says_where_the_first_is():
    result = clean(examples([("A?", "b."), ("a ?", " B."), ("C?", "d.")]))

    assert [row.question for row in result.examples] == ["A?", "C?"]
    [finding] = result.findings
    assert (finding.origin.line, finding.kind, finding.reason) == (2, "duplicate", "the same as rows.jsonl, line 1")


def test_a_row_that_differs_in_a_word_is_a_near_duplicate():
    rows = [("May I return a bag?", ANSWER), ("May I return a pack?", ANSWER)]

    assert _kinds(clean(examples(rows)), "dropped") == [(2, "near-duplicate")]


def test_rows_that_differ_in_a_number_are_no_repeats():
    rows = [("May I return a bag in week 2?", ANSWER), ("May I return a bag in week 3?", ANSWER)]

    assert len(clean(examples(rows)).examples) == 2


def test_one_question_with_two_answers_is_a_contradiction_even_if_they_differ_in_one_number():
    rows = [("환불 기간은요?", ANSWER + " 14 days."), ("환불 기간은요", ANSWER + " 15 days.")]

    result = clean(examples(rows))

    assert len(result.examples) == 2
    assert (2, "contradiction") in _kinds(result, "warning")


def test_one_question_with_nearly_the_same_answer_is_left_for_a_person_to_choose():
    rows = [("May I return it?", ANSWER), ("May I return it?", ANSWER.replace("can be", "cannot be"))]

    result = clean(examples(rows))

    assert len(result.examples) == 2
    assert _kinds(result, "warning") == [(2, "contradiction")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("14일 안에 환불해 드립니다.", "14일 안에 환불해 드립니다!"),
        ("14일 안에 환불해 드립니다.", "14일 안에 환불해 드려요."),
        ("뜯지 않은 원두는 환불됩니다.", "뜯지 않은 원두도 환불됩니다"),
        ("Bags are refunded within 14 days.", "bag are refunded, within 14 days"),
    ],
)
def test_one_question_with_an_answer_in_other_forms_of_the_same_words_is_a_repeat(first, second):
    result = clean(examples([("환불되나요?", first), ("환불되나요??", second)]))

    assert len(result.examples) == 1
    assert _kinds(result, "dropped")[0][1] in ("duplicate", "near-duplicate")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("환불됩니다.", "환불 안 됩니다."),
        ("환불해 드립니다.", "환불해 드리지 않습니다."),
        ("교환이 가능합니다.", "교환이 불가능합니다."),
        ("상자를 보냅니다.", "상자를 보관합니다."),
        ("서울점에서 받습니다.", "부산점에서 받습니다."),
        ("3.5일 걸립니다.", "35일 걸립니다."),
        ("14일 안에 됩니다.", "15일 안에 됩니다."),
    ],
)
def test_one_question_with_another_answer_stays_a_contradiction(first, second):
    result = clean(examples([("어떻게 되나요?", first), ("어떻게 되나요??", second)]))

    assert len(result.examples) == 2
    assert _kinds(result, "warning") == [(2, "contradiction")]


def test_the_same_last_question_after_other_turns_is_no_contradiction():
    first, second = example("And then?", "Nothing."), example("And then?", "Everything.")
    longer = Example(second.origin, messages=(*first.messages, *second.messages))

    assert list(contradictions([first, longer])) == []


def test_texts_are_compared_too():
    texts = [Example(Origin(Path("a.txt"), line), text=ANSWER) for line in (1, 2)]

    kept, findings = without_repeats(texts)

    assert len(kept) == 1
    assert findings[0].kind == "duplicate"


def test_a_thousand_different_rows_have_no_near_duplicates():
    rows = [
        (f"Question about item {number}?", f"Item {number * 7919 % 1000} costs {number} won.") for number in range(1000)
    ]

    assert len(clean(examples(rows)).examples) == 1000


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(120, 300), st.sampled_from(["ab", "abcdefgh ", "가나다라마바사아자차 ."]))
def test_a_text_with_one_character_changed_is_found_whenever_nine_tenths_of_its_shingles_stay(seed, length, alphabet):
    random = Random(seed)
    text = "".join(random.choices(alphabet, k=length))
    place = random.randrange(length)
    changed = text[:place] + "#" + text[place + 1 :]
    joined = ["".join(version.split()) for version in (text, changed)]
    shingles = [{version[start : start + 4] for start in range(len(version) - 3)} for version in joined]
    similarity = len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])

    found = list(near_duplicates([text, changed]))

    assert (found == [(0, 1)]) == (similarity >= 0.9)
