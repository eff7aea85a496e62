from collections import Counter

import pytest

from lorag.prompts.grounded import PromptPassage
from lorag.tuning.options import TrainOptions
from lorag.tuning.rag_rows import SUPPORTED, arrange, best_support, choose_kinds

GOLDEN = PromptPassage(
    "Refunds", ("A refund takes some days.", "The money is back within 5 business days.", "Write to us.")
)
OTHERS = (
    PromptPassage("Stores", ("The store opens at nine.", "It is closed on Mondays.")),
    PromptPassage("Coffee", ("Beans are roasted on Tuesdays.",)),
)


def test_rows_are_shown_in_the_shares_that_were_asked_for():
    options = TrainOptions(rag_golden=0.5, rag_distractors=0.2, rag_counterfactual=0.1, seed=4)
    kinds = choose_kinds(100, options)
    assert Counter(kinds) == {"golden": 50, "distractors": 20, "counterfactual": 10, "plain": 20}
    assert kinds == choose_kinds(100, options)
    assert kinds != choose_kinds(100, TrainOptions(rag_golden=0.5, rag_distractors=0.2, rag_counterfactual=0.1, seed=5))


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_cites_the_sentence_that_holds_it_wherever_the_passage_stands(seed):
    shown = arrange(GOLDEN, OTHERS, "You get the money within 5 business days.", quotes=False, seed=seed)
    sentences = [sentence for passage in shown.passages for sentence in passage.sentences]
    number = sentences.index("The money is back within 5 business days.") + 1
    assert shown.answer == f"You get the money within 5 business days. [{number}]"


def test_the_right_passage_stands_in_every_place():
    places = {
        arrange(GOLDEN, OTHERS, "within 5 business days", quotes=False, seed=seed).passages.index(GOLDEN)
        for seed in range(20)
    }
    assert places == {0, 1, 2}


def test_a_model_that_quotes_is_taught_the_quote():
    shown = arrange(GOLDEN, (), "within 5 business days", quotes=True, seed=0)
    assert shown.answer == "[2] The money is back within 5 business days."


def test_a_passage_with_other_numbers_does_not_hold_the_answer():
    answer = "The money is back within 7 business days."
    assert best_support(answer, GOLDEN) < SUPPORTED
    assert best_support(answer.replace("7", "5"), GOLDEN) >= SUPPORTED


def test_a_korean_answer_is_found_in_its_passage():
    passage = PromptPassage("환불", ("환불은 반품이 도착한 뒤 5영업일 안에 처리됩니다.", "문의는 메일로 받습니다."))
    assert best_support("반품이 도착하면 5영업일 안에 환불됩니다.", passage) >= SUPPORTED
    assert best_support("매장은 아홉 시에 엽니다.", passage) < SUPPORTED
