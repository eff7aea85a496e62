import pytest

from lorag.evaluation.cases import ContextCase, bundled_cases, case_from
from lorag.evaluation.reliance import follow_rate, measure_reliance
from lorag.prompts.grounded import REFUSALS, PromptPassage
from lorag.prompts.language import language_of
from tests.evaluation.support import subject_of

REFUNDS = PromptPassage("Refunds", ("We sell lamps.", "A lamp may be returned within 14 days."))
PARKING = PromptPassage("Parking", ("Parking is behind the house.",))
CASE = ContextCase(
    question="How many days?",
    answer="14 days.",
    span="14",
    passage=REFUNDS,
    counter_answer="45 days.",
    counter_span="45",
    counter_passage=PromptPassage("Refunds", ("We sell lamps.", "A lamp may be returned within 45 days.")),
    distractors=(PARKING, PARKING),
)


async def test_a_model_that_believes_what_it_reads_follows_the_counterfactual():
    reader = await subject_of(lambda prompt, text: -1.0 if text.strip(".").split()[0] in prompt else -2.0)
    stubborn = await subject_of(lambda prompt, text: -1.0 if "14" in text else -2.0)

    assert await follow_rate(reader, [CASE]) == 1.0
    assert await follow_rate(stubborn, [CASE]) == 0.0


async def test_a_quoting_model_is_judged_by_the_numbered_sentences():
    seen = []

    def judge(prompt: str, text: str) -> float:
        seen.append(text)
        return -1.0 if "45" in text else -2.0

    assert await follow_rate(await subject_of(judge, quotes=True), [CASE]) == 1.0
    assert seen == ["[2] A lamp may be returned within 45 days.", "[2] A lamp may be returned within 14 days."]


async def test_each_situation_is_scored_by_what_is_right_in_it():
    def honest(prompt: str) -> str:
        if "within 14" in prompt:
            return "Within 14 days [2]."
        return REFUSALS["en"] if "Parking" in prompt else "I do not know."

    result = await measure_reliance(await subject_of(speaker=honest), [CASE])

    assert result.supportive == [1.0]
    assert result.abstains == [1.0]
    assert result.closed_book == [0.0]
    assert result.positions == {"first": 1.0, "middle": 1.0, "last": 1.0}


async def test_the_worst_position_shows_a_model_that_reads_only_the_beginning():
    def first_only(prompt: str) -> str:
        return "14 days" if "[2] A lamp" in prompt else "No idea."

    result = await measure_reliance(await subject_of(speaker=first_only), [CASE])

    assert result.positions["first"] == 1.0
    assert result.worst_position == 0.0


@pytest.mark.parametrize(
    ("answer", "right"), [("It is 14.", 1.0), ("It is 140.", 0.0), ("See [14].", 0.0), ("2.14", 0.0)]
)
async def test_a_figure_counts_only_as_a_whole_number(answer, right):
    result = await measure_reliance(await subject_of(speaker=lambda prompt: answer), [CASE])

    assert result.supportive == [right]


def test_bundled_cases_are_sound_in_both_languages():
    cases = bundled_cases()

    assert [language_of(case.question) for case in cases].count("ko") * 2 == len(cases)
    for case in cases:
        assert sum(case.span in sentence for sentence in case.passage.sentences) == 1
        assert sum(case.counter_span in sentence for sentence in case.counter_passage.sentences) == 1
        assert case.span in case.answer
        assert len(case.distractors) == 4
        assert not any(case.span in sentence for passage in case.distractors[:1] for sentence in passage.sentences)


def test_the_number_of_a_row_is_swapped_for_one_of_another_row():
    case = case_from(
        "며칠 안에 환불되나요?",
        "14일 안에 됩니다.",
        PromptPassage("환불", ("환불은 14일 안에 됩니다.",)),
        [PARKING],
        ["30일입니다."],
    )

    assert case is not None
    assert (case.span, case.counter_span) == ("14", "30")
    assert case.counter_passage.sentences == ("환불은 30일 안에 됩니다.",)
    assert case.counter_answer == "30일 안에 됩니다."


def test_only_the_whole_number_is_swapped():
    passage = PromptPassage("x", ("Room 114 opens at 14 and 1.14 is no time.",))
    case = case_from("When?", "At 14.", passage, [], [])

    assert case is not None
    assert case.counter_passage.sentences == (f"Room 114 opens at {case.counter_span} and 1.14 is no time.",)
    assert case.counter_span != "14"


def test_an_answer_without_numbers_is_swapped_whole():
    passage = PromptPassage("x", ("The manager decides.",))
    case = case_from("Who?", "The manager decides.", passage, [], ["기차가 섭니다.", "The night guard."])

    assert case is not None
    assert case.counter_passage.sentences == ("The night guard.",)


def test_a_row_that_its_passage_does_not_hold_makes_no_case():
    assert case_from("Who?", "Nobody at all.", REFUNDS, [], ["Somebody."]) is None
    assert case_from("Who?", "The manager.", PromptPassage("x", ("The manager.",)), [], []) is None
