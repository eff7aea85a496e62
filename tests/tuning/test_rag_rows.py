from collections import Counter
from pathlib import Path

import pytest

from lorag.documents.chunk import chunk_document
from lorag.documents.extract import extract
from lorag.documents.sentences import sentence_spans
from lorag.prompts.grounded import PromptPassage
from lorag.tuning.options import TrainOptions
from lorag.tuning.rag_rows import arrange, best_support, choose_kinds
from lorag.tuning.support import SUPPORTED, numbers, support
from tests.tuning.data_files import LIMITS, read

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

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


def _passages_of(name):
    chunks = chunk_document(extract(EXAMPLES / name, LIMITS), target_tokens=300)
    return [
        PromptPassage("", tuple(chunk.text[start:end] for start, end in sentence_spans(chunk.text))) for chunk in chunks
    ]


def test_the_worked_examples_policy_holds_most_of_its_answers_and_other_documents_hold_none():
    answers = [example.answer for example in read(EXAMPLES / "refund-assistant" / "refunds.jsonl").examples]
    policy, leave = _passages_of("refund-policy-ko.md"), _passages_of("leave-policy-ko.docx")

    held = [answer for answer in answers if any(best_support(answer, passage) >= SUPPORTED for passage in policy)]
    strange = [answer for answer in answers if any(best_support(answer, passage) >= SUPPORTED for passage in leave)]

    assert len(held) >= 48
    assert strange == []
    assert not [answer for answer in held if "그 질문은 제가 답해 드릴 수 없습니다" in answer]


@pytest.mark.parametrize("written", ["40,000원", "4만 원", "40000원"])
def test_a_number_is_the_same_however_it_is_written(written):
    assert support("반품 배송비는 4만 원부터 무료입니다.", f"반품 배송비는 {written}부터 무료입니다.") >= SUPPORTED
    assert support("반품 배송비는 4만 5천 원부터 무료입니다.", f"반품 배송비는 {written}부터 무료입니다.") == 0


def test_numbers_with_korean_units_are_added_up():
    assert numbers("4만 5천 원, 3천만 원, 1.5만 명, 09:30, 3,500원") == {"45000", "30000000", "15000", "09:30", "3500"}


def test_polite_words_alone_hold_no_answer():
    sentence = "고객님, 죄송하지만 환불해 드리지 않습니다. 주문 번호를 보내 주세요."
    assert support("고객님, 죄송하지만 그 질문은 제가 답해 드릴 수 없습니다.", sentence) < SUPPORTED


def test_an_answer_of_two_facts_is_taught_with_both_quotes():
    passage = PromptPassage(
        "환불", ("뜯지 않은 원두는 14일 안에 환불합니다.", "배송비는 따로 받습니다.", "무료 교환은 1년에 한 번입니다.")
    )
    answer = "고객님, 무료 교환은 1년에 한 번입니다. 뜯지 않은 원두라면 14일 안에 환불해 드립니다."
    assert arrange(passage, (), answer, quotes=True, seed=0).answer == (
        "[1] 뜯지 않은 원두는 14일 안에 환불합니다.\n[3] 무료 교환은 1년에 한 번입니다."
    )
