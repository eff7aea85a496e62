from pathlib import Path

import pytest

from lorag.chat.numbering import numbered, split_passages
from lorag.retrieval.passages import Passage


def kinds(text: str, name: str = "notes.md") -> dict[str, str]:
    """Return what each sentence of a document is."""
    passage = Passage(1, Path(name), "Notes", "default", (), None, 1, 9, 0, len(text), text, 0.5, 1.0, 0.5)
    return {sentence.text: sentence.kind for sentence in numbered(split_passages([passage])).values()}


def labels(text: str, name: str = "notes.md") -> list[str]:
    return [sentence for sentence, kind in kinds(text, name).items() if kind in ("heading", "names")]


TITLES = """1. Working hours

We work from nine to five.

2) 휴가
연차는 15일이다. 조부모상에는 4일을 준다.
3.1 Sick leave
Tell your head of section.

4. Money"""


def test_numbered_titles_of_a_plain_text_are_headings():
    assert labels(TITLES, "rules.txt") == ["1. Working hours", "2) 휴가", "3.1 Sick leave", "4. Money"]


@pytest.mark.parametrize(
    "text",
    [
        "Bring:\n1. A passport\n2. Two photos\n3. Cash\n\nDoors open at nine.",
        "1. Open the lid\n2. Wait",
        "We meet at\n1. Old Street",
        "1. Tell the guard.\nThen wait.",
        "가져올 것\n1. 여권\n2. 사진 두 장\n나머지는 여기서 준다.",
        "1. 문을 닫는다\n그다음 기다린다.",
        "2. 서류는 직접 낼 것\n우편은 안 된다.",
        "3. The caretaker, who lives on the ground floor, has the keys\nAsk him.",
    ],
)
def test_items_of_a_list_and_numbered_sentences_tell_something(text: str):
    assert labels(text, "list.txt") == []


@pytest.mark.parametrize(
    "question",
    ["Do you ship abroad?", "Q: Do you ship abroad?", "**Do you ship abroad?**", "해외로도 보내나요？", '"Really?"'],
)
def test_a_question_answers_nothing(question):
    assert kinds(f"{question}\nTo Japan and Taiwan.") == {question: "question", "To Japan and Taiwan.": "statement"}


def test_the_names_of_columns_are_a_label_and_its_rows_are_statements():
    table = "| Case | Who decides |\n|:--- | ---:|\n| Late | Care |\n| Other | - |\n\nThat is all."

    assert labels(table) == ["| Case | Who decides |"]
    assert labels("Case | Who decides\n---|---\nLate | Care", "a.md") == ["Case | Who decides"]


def test_rows_that_say_their_columns_have_the_names_above_them():
    rows = "store | phone | seats\nstore: A | phone: 1\nstore: B | seats: 9"

    assert labels(rows, "stores.csv") == ["store | phone | seats"]
    assert labels("a | b\nc | d", "x.csv") == []
    assert labels("store | phone\nopening: late | phone: 1", "x.csv") == []


def test_headings_are_labels():
    assert labels("# Leave\n\nFifteen days.") == ["# Leave"]
    assert labels("Leave of absence\n----------------\nFifteen days.", "x.rst") == ["Leave of absence"]
    assert labels("# use utf-8 here\nx = 1\n", "x.py") == []
    assert labels("[근무 시간]\n9시부터 6시까지입니다.\n【휴가】\n[1] 첫째\n(세금 별도)", "x.txt") == [
        "[근무 시간]",
        "【휴가】",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Fifteen days.",
        "Answer by Friday.\n----\nBob",
        "Fifteen days.\n\n---\n\nMore.",
        "is it? No.\n--",
        "one | two\n\nthree: | four:",
        "a -- b\nc",
        "|",
    ],
)
def test_everything_else_tells_something(text):
    assert labels(text) == []
