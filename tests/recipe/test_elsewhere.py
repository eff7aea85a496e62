"""What answers a question elsewhere does not mislead: it is neither trained on nor measured as if it did."""

import pytest
from chat.elsewhere import defines, is_edition
from chat.pools import Gold

ENGLISH, KOREAN = ("Print the name of the working directory.",), ("현재 작업 디렉토리의 이름을 출력합니다.",)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is fuel cell?", "- fuel cell: devices similar to galvanic cells"),
        ("Quick question: what was the Trail of Tears?", "- Trail of Tears: the route of the forced removal"),
        ("Explain what integration is.", "- integration: occurs when programs work together"),
        ("What is (are) Wolfram syndrome ?", "Wolfram syndrome (WFS) is a condition that affects many systems."),
        ("Define Design tab.", "The Design tab is where themes are chosen."),
        ("연차란 무엇인가요?", "연차란 1년간 근무한 직원에게 주는 휴가입니다."),
        ("pwd는 뭐예요?", "`pwd`는 현재 디렉토리를 출력합니다."),
    ],
)
def test_a_definition_answers_what_something_is(question: str, sentence: str):
    assert defines(sentence, question)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is Apert syndrome?", "Apert syndrome affects an estimated 1 in 65,000 newborns."),
        ("What is Congenital deafness with achalasia?", "Achalasia is a disorder of the esophagus."),
        ("How much is the fee?", "The fee is 5 dollars."),
        ("What is the fee for a late return?", "The fee is 5 dollars."),
        ("환불은 며칠 안에 되나요?", "환불은 7일 안에 됩니다."),
        ("?", ": ?"),
        ("", ""),
    ],
)
def test_nothing_else_is_taken_for_a_definition(question: str, sentence: str):
    assert not defines(sentence, question)


def _gold(doc: str, sentences: tuple[str, ...] = ENGLISH, question: str = "What does it do?") -> Gold:
    return Gold(question, "", sentences, (0,), "tldr", doc)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (_gold("pages.ko/common/pwd.md", KOREAN), True),
        (_gold("pages/osx/pwd.md"), True),
        (_gold("pages/common/pwd.md", KOREAN), True),
        (_gold("pages/common/pwd.md"), False),
        (_gold("pages/common/cd.md"), False),
    ],
)
def test_a_page_in_another_language_or_for_another_system_is_an_edition(other: Gold, same: bool):
    assert is_edition(_gold("pages/common/pwd.md"), other) == same


def test_files_without_a_name_of_their_own_are_no_editions():
    assert not is_edition(_gold("modules/m1/index.cnxml"), _gold("modules/m2/index.cnxml"))
    assert not is_edition(_gold("2_GARD_QA/0001.xml"), _gold("3_GHR_QA/0001.xml"))
