from dataclasses import dataclass, replace

import pytest

from lorag.evaluation.outcomes import Cited, Outcome, ShownPassage, scores_of, worst
from lorag.evaluation.questions import Question
from lorag.evaluation.retrieved import holds_right, is_source, judge, judged_by
from lorag.evaluation.significance import holm
from lorag.evaluation.summary import EvaluatedRow, RowSpec, compared

QUESTION = Question(1, "How many days?", ("14 days",), ("refunds.md",), (), answerable=True)
OUTCOME = Outcome(
    question=QUESTION,
    grounded=True,
    answer="[1] Within 14 days.",
    refused=False,
    passages=(ShownPassage("/docs/refunds.md", "Within 14 days."), ShownPassage("/docs/other.md", "Nothing.")),
    citations=(Cited("/docs/refunds.md", True), Cited("/docs/other.md", False)),
    query="How many days?",
    seconds=0.5,
    prompt_tokens=100,
    answer_tokens=7,
)


@dataclass(frozen=True)
class Chunk:
    path: str
    text: str


def test_an_answer_is_scored_in_every_way():
    scores = scores_of(OUTCOME)

    assert (scores["contains"], scores["exact"]) == (1.0, 0.0)
    assert scores["found"] == 1.0
    assert (scores["citation_precision"], scores["citation_recall"], scores["verified"]) == (0.5, 1.0, 0.5)
    assert (scores["wrong_refusal"], scores["right_refusal"]) == (0.0, None)
    assert scores["language"] == 1.0


def test_a_refusal_is_right_only_where_there_is_no_answer():
    unanswerable = replace(QUESTION, references=(), sources=(), answerable=False)
    refused = replace(OUTCOME, answer="I could not find that in the documents.", refused=True, citations=())

    assert scores_of(replace(refused, question=unanswerable))["right_refusal"] == 1.0
    assert scores_of(replace(OUTCOME, question=unanswerable))["right_refusal"] == 0.0
    assert scores_of(refused)["wrong_refusal"] == 1.0


def test_without_documents_there_is_nothing_to_refuse_or_cite():
    scores = scores_of(replace(OUTCOME, grounded=False, passages=(), citations=()))

    assert scores["right_refusal"] is scores["wrong_refusal"] is scores["found"] is scores["verified"] is None


def test_no_citation_has_no_precision_but_a_recall_of_zero():
    scores = scores_of(replace(OUTCOME, citations=()))

    assert scores["citation_precision"] is None
    assert scores["citation_recall"] == 0.0


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("refunds.md", True),
        ("docs/refunds.md", True),
        ("/a/docs/refunds.md", True),
        ("refunds", True),
        ("unds.md", False),
    ],
)
def test_a_source_names_a_document_by_its_path_its_end_or_its_name(source, named):
    assert is_source("/a/docs/refunds.md", source) is named


def test_documents_are_ranked_by_their_first_chunk():
    ranking = [Chunk("/a/x.md", "1"), Chunk("/a/x.md", "2"), Chunk("/a/refunds.md", "3")]
    scores = judge(QUESTION, ranking)

    assert judged_by(QUESTION) == "document"
    assert scores is not None
    assert scores.reciprocal_rank == 0.5
    assert scores.recall == (0.0, 1.0, 1.0, 1.0)


def test_passages_are_found_in_larger_and_smaller_chunks():
    question = replace(QUESTION, passages=("Bags may be returned within 14 days of delivery for a full refund.",))
    larger = Chunk("a/refunds.md", "Coffee. Bags may be returned within 14 days of delivery for a full refund! More.")
    smaller = Chunk("a/refunds.md", "returned within 14 days of delivery for a full")
    other = Chunk("a/refunds.md", "Machines may be returned within 30 days of purchase and never later.")

    assert judge(question, [other, larger]).reciprocal_rank == 0.5  # type: ignore[union-attr]
    assert judge(question, [smaller, larger]).ndcg == 1.0  # type: ignore[union-attr]
    assert holds_right(question, [other]) == 0.0


def test_with_document_and_passage_named_both_must_be_right():
    question = replace(QUESTION, passages=("Within 14 days.",))
    elsewhere, here = Chunk("/a/other.md", "Within 14 days."), Chunk("/a/refunds.md", "Within 14 days.")

    assert holds_right(question, [elsewhere]) == 0.0
    assert holds_right(question, [here]) == 1.0
    assert holds_right(replace(question, sources=()), [elsewhere]) == 1.0


@pytest.mark.parametrize(
    ("passage", "chunk", "same"),
    [
        ("3,500원", "값은 13,500원입니다.", False),
        ("3,500원", "값은 3,500원입니다.", True),
        ("연차는 15일", "입사 뒤 연차는 15일이 주어집니다.", True),
        ("the day is long", "Sunday: the day is longer", False),
        ("See the refund policy of the shop in Seoul", "refund policy", True),
        ("A new refund policy holds from May on", "Our refund policy, in short words", False),
    ],
)
def test_a_passage_ends_where_words_and_figures_end(passage, chunk, same):
    question = replace(QUESTION, sources=(), passages=(passage,))

    assert holds_right(question, [Chunk("a", chunk)]) == float(same)


def test_a_question_without_a_known_place_is_not_judged():
    assert judge(replace(QUESTION, sources=()), [Chunk("a", "b")]) is None
    assert judge(replace(QUESTION, answerable=False), [Chunk("a", "b")]) is None


def test_the_worst_questions_come_first_and_good_ones_never():
    good, bad = OUTCOME, replace(OUTCOME, answer="Parking is behind the house.")
    middling = replace(OUTCOME, answer="Perhaps 14 weeks, in days")

    assert worst([[good, bad, middling]], 5) == [1, 2]
    assert worst([[good, bad, middling], [good, bad, good]], 1) == [1]


def test_rows_are_compared_in_pairs_on_the_same_questions():
    right, wrong = OUTCOME, replace(OUTCOME, answer="no")
    base = EvaluatedRow.of(RowSpec("base", "m", (), rag=False), [wrong] * 12)
    rag = EvaluatedRow.of(RowSpec("base + RAG", "m", (), rag=True), [right] * 11 + [wrong])
    facts = next(one for one in compared([base, rag]) if one.metric == "contains")

    assert (facts.first, facts.second) == ("base", "base + RAG")
    assert facts.difference == pytest.approx(11 / 12)
    assert facts.low > 0.5
    # 11 of 12 pairs differ, all to one side: 2 of 2 ** 11 sign patterns are as extreme, and 2000 are drawn.
    assert facts.p_value < 0.01
    assert rag.summary()["contains"].mean == pytest.approx(11 / 12)
    assert rag.counts()["right_refusal"] == 0


def test_holm_equals_the_hand_computed_correction():
    # Sorted: .01 * 4, .02 * 3, .03 * 2, .2 * 1, each at least the one before.
    assert holm([0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
