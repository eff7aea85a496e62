import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.chat.citations import check_citations, without_citations
from lorag.chat.numbering import numbered, split_passages
from tests.chat.passages import passage

LEAVE = passage(
    "Full-time employees get 15 days of annual leave.\n\nUnused leave cannot be carried over.\n\n"
    "연차 휴가는 1년에 15일입니다.\n\n반차는 4시간 단위로 쓸 수 있습니다.",
    start=100,
    line_start=10,
)
SENTENCES = numbered(split_passages([LEAVE]))


def checked(answer: str) -> dict[int, bool]:
    return {citation.n: citation.verified for citation in check_citations(answer, SENTENCES).citations}


@pytest.mark.parametrize(
    "answer",
    [
        "Full-time employees get 15 days of annual leave [1].",
        "Full-time employees get 15 days of annual leave. [1]",
        "[1] Full-time employees get 15 days of annual leave.",
        "[1]: Full-time employees get 15 days of annual leave.",
        "You asked about leave. full-time  employees get **15 days** of annual leave[1]",
        "employees get 15 days [1]",
        "Full time employee gets 15 days of annual leave [1].",
    ],
)
def test_words_of_the_sentence_before_or_after_its_number_are_verified(answer: str):
    assert checked(answer) == {1: True}


@pytest.mark.parametrize(
    "answer",
    [
        "연차 휴가는 1년에 15일입니다[3].",
        "연차휴가는 1년에 15일입니다. [3]",
        "[3] 연차 휴가는 1년에 15일입니다.",
        "연차는1년에15일입니다【3】",
    ],
)
def test_korean_is_verified_with_and_without_spaces(answer: str):
    assert checked(answer) == {3: True}


@pytest.mark.parametrize(
    "answer",
    [
        "Full-time employees get 20 days of annual leave [1].",
        "Full-time employees do not get 15 days of annual leave [1].",
        "Unused leave can be carried over [2].",
        "연차 휴가는 1년에 25일입니다 [3].",
        "반차는 4시간 단위로 쓸 수 없습니다 [4].",
        "5 days [1]",
        "Please see the handbook [1].",
        "Full-time employees fly [1].",
        "[1]",
    ],
)
def test_changed_numbers_negations_and_other_words_are_not_verified(answer: str):
    assert list(checked(answer).values()) == [False]


@pytest.mark.parametrize("written", ["[1][2]", "[1] [2]", "[1, 2]", "[1,2]", "[1-2]", "[1–2]", "[1], [2]"])
def test_citations_side_by_side_are_read_as_each_of_their_numbers(written: str):
    assert list(checked(f"Something about leave {written}.")) == [1, 2]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Leave is 15 days [9].", "Leave is 15 days."),
        ("Leave [1][9] is [0] 15 days.", "Leave [1] is 15 days."),
        ("Leave [1, 9].", "Leave [1]."),
        ("Leave [3-9].", "Leave [3, 4]."),
        ("Leave [2024].", "Leave."),
        ("Leave [4-1].", "Leave."),
        ("`rows[0]` and\n```\nx = [9]\n```\n[9]", "`rows[0]` and\n```\nx = [9]\n```\n"),
    ],
)
def test_numbers_that_were_not_sent_are_removed_from_prose_only(answer: str, text: str):
    assert check_citations(answer, SENTENCES).text == text


def test_an_answer_without_passages_is_left_as_it_is():
    assert check_citations("The list [1] is short.", {}).text == "The list [1] is short."


def test_one_claim_that_does_not_stand_makes_the_number_unverified():
    answer = "Full-time employees get 15 days of annual leave [1]. Managers get a company car [1]."

    assert checked(answer) == {1: False}


def test_a_citation_knows_the_offsets_and_lines_of_its_sentence():
    [citation] = check_citations("[2] Unused leave cannot be carried over.", SENTENCES).citations

    assert citation.quote == "Unused leave cannot be carried over."
    assert LEAVE.text[citation.start - 100 : citation.end - 100] == citation.quote
    assert (citation.line_start, citation.line_end) == (12, 12)


def test_a_verbatim_quote_of_every_sentence_is_verified():
    lines = [f"[{number}] {sentence.text}" for number, sentence in SENTENCES.items()]

    assert checked("\n".join(lines)) == {1: True, 2: True, 3: True, 4: True}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["[", "]", "1", "9", ",", "-", " ", "\n", "`", "```", "leave", "휴가", "[1]", "[99]", "."])
    )
)
def test_whatever_a_model_writes_only_sent_numbers_remain_and_checking_again_changes_nothing(parts: list[str]):
    first = check_citations("".join(parts), SENTENCES)

    assert {citation.n for citation in first.citations} <= set(SENTENCES)
    assert {c.n for c in check_citations(first.text, SENTENCES).citations} <= set(SENTENCES)


def test_headings_that_the_header_shows_and_rules_are_no_sentences_to_quote():
    found = numbered(
        split_passages(
            [
                passage(
                    "## Annual leave\n\nFifteen days a year.\n\n---\n\n| --- | --- |\n\nAnnual leave is paid.",
                    heading=("Leave policy", "Annual leave"),
                )
            ]
        )
    )

    assert [sentence.text for sentence in found.values()] == ["Fifteen days a year.", "Annual leave is paid."]


@pytest.mark.parametrize("answer", ["[11[99]]", "[[9]1[9]1]", "[1[99]"])
def test_a_number_that_was_not_sent_cannot_hide_inside_another(answer: str):
    found = check_citations(answer, SENTENCES)

    assert {citation.n for citation in found.citations} <= set(SENTENCES)
    assert "9" not in found.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("[1] Fifteen days.\n[2] It is paid.", "Fifteen days.\nIt is paid."),
        ("연차는 15일입니다 [1, 2].", "연차는 15일입니다."),
        ("Use `a[0]`:\n```\n    a[1] = 2\n```", "Use `a[0]`:\n```\n    a[1] = 2\n```"),
        ("Nothing cited.", "Nothing cited."),
    ],
)
def test_the_words_of_an_answer_stand_without_its_citations(answer: str, words: str):
    assert without_citations(answer) == words
