from collections.abc import Sequence
from pathlib import Path

import pytest

from lorag.chat.numbering import Sentence, numbered, split_passages
from lorag.chat.prompt import Exchange
from lorag.chat.quoting import (
    CHOICE_WEIGHT,
    CITING_WEIGHT,
    CITING_ZERO,
    RELEVANCE_WEIGHT,
    earlier_for_quoting,
    held_to_quotes,
    nearness,
)
from lorag.chat.statements import row_name
from lorag.engine.api import GenerateRequest, Sampling
from lorag.retrieval.passages import Passage, Similarity

REQUEST = GenerateRequest((), Sampling(), 100)
SENTENCES = ("Do you ship?", "To Japan.", "By air.")


def sentences_of(*texts: str, heading: tuple[str, ...] = ()) -> list[Sentence]:
    """Return the sentences of a few passages."""
    passages = [
        Passage(number, Path("a.md"), "A", "default", heading, None, 1, 9, 0, len(text), text, 0.5, 1.0, 0.5)
        for number, text in enumerate(texts)
    ]
    return list(numbered(split_passages(passages)).values())


class Embedder:
    """Knows how near some texts are to any question; all others are far."""

    def __init__(self, near: dict[str, float]) -> None:
        self.near = near
        self.compared: list[list[str]] = []

    def __call__(self, question: str, texts: Sequence[str]) -> list[Similarity]:
        self.compared.append(list(texts))
        return [Similarity(near, near, 0.0) for near in (self.near.get(text, 0.2) for text in texts)]


def test_the_answer_below_a_question_is_as_near_as_the_question():
    sentences = sentences_of("Do you ship?\nTo Japan.\nBy air.\nHow long?", "A week.")

    embedder = Embedder({"Do you ship?": 0.9, "How long?": 0.8, "To Japan.": 0.1})
    assert nearness(embedder, "ship?", sentences) == [0.9, 0.9, 0.2, 0.8, 0.2]
    assert nearness(Embedder({"To Japan.": 0.95, "Do you ship?": 0.3}), "?", sentences) == [0.3, 0.95, 0.2, 0.2, 0.2]


def test_what_follows_a_heading_is_as_near_as_the_heading():
    sentences = sentences_of("[Opening hours]\nFrom six to nine.\nBring a towel.")

    assert nearness(Embedder({"[Opening hours]": 0.7}), "?", sentences) == [0.7, 0.7, 0.2]


def test_the_first_sentence_of_a_passage_is_as_near_as_a_question_that_is_its_heading():
    near = {"Do you ship?": 0.9, "Shipping": 0.9}

    asked = sentences_of("To Japan.\nBy air.", heading=("Shipping", "Do you ship?"))
    assert nearness(Embedder(near), "?", asked) == [0.9, 0.2]
    told = sentences_of("To Japan.\nBy air.", heading=("Do you ship?", "Shipping"))
    assert nearness(Embedder(near), "?", told) == [0.2, 0.2]


def test_a_row_is_as_near_as_what_it_is_about():
    embedder = Embedder({"Old Mill": 0.9})
    rows = ["store: Old Mill | phone: 1", "| Castle | 2 |"]

    assert nearness(embedder, "phone of Old Mill?", sentences_of("\n".join(["Open daily.", *rows]))) == [0.2, 0.9, 0.2]
    assert embedder.compared == [["Open daily.", *rows], ["Old Mill", "Castle"]]


def test_words_that_a_sentence_repeats_count_the_same_wherever_they_stand():
    known = {
        "The mill serves beer.": Similarity(whole=0.5, rest=0.6, repeated=0.5),
        "The mill is trendy.": Similarity(whole=0.7, rest=0.1, repeated=0.5),
        "We pour ale.": Similarity(whole=0.4, rest=0.4, repeated=0.0),
    }

    near = nearness(lambda _, texts: [known[text] for text in texts], "alcohol at the mill?", sentences_of(*known))

    assert near == pytest.approx([0.5, 0.25, 0.4])


def test_a_sentence_that_says_nothing_but_the_question_is_not_far():
    repeating = Similarity(whole=1.0, rest=0.0, repeated=1.0)

    assert nearness(lambda *_: [repeating], "To Japan?", sentences_of("To Japan.")) == pytest.approx([0.4])


def test_without_an_embedder_nothing_is_near():
    assert nearness(lambda *_: [], "zzz?", sentences_of("Do you ship?\nTo Japan.")) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [("a: b: c | d: e", "c"), ("| E02 | stuck |", "E02"), ("E02 | stuck", "E02"), ("No row.", ""), ("|", ""), ("", "")],
)
def test_the_name_of_a_row_is_its_first_cell(text: str, name: str):
    assert row_name(text) == name


def test_what_is_ruled_out_is_never_chosen_and_speaks_for_nothing():
    held = held_to_quotes(REQUEST, "ship?", SENTENCES, [0.9, 0.5, 0.1], {0})

    assert held.citation_bias[0] < -50
    assert held.citation_bias[1:] == pytest.approx([CHOICE_WEIGHT * 0.5, CHOICE_WEIGHT * 0.1])
    assert held.citing_bias == pytest.approx(CITING_WEIGHT * (0.5 - CITING_ZERO))


@pytest.mark.parametrize("near", [(), (0.5, 0.5, 0.5)])
def test_a_sentence_of_a_more_relevant_passage_is_ahead(near: Sequence[float]):
    held = held_to_quotes(REQUEST, "ship?", SENTENCES, near, relevance=[0.7, 0.7, 0.2])

    first, second, third = held.citation_bias
    assert first == second == pytest.approx(third + RELEVANCE_WEIGHT * 0.5)
    assert held.citing_bias == held_to_quotes(REQUEST, "ship?", SENTENCES, near).citing_bias


@pytest.mark.parametrize(("question", "has_passages"), [("thanks", False), ("And in Japan?", True)])
def test_of_a_long_chat_only_the_last_two_exchanges_are_seen(question: str, has_passages: bool):
    earlier = [Exchange(f"remark {number}", "Hello!") for number in range(20)]

    seen = earlier_for_quoting(question, earlier, has_passages=has_passages)

    assert [exchange.question for exchange in seen] == ["remark 18", "remark 19"]
    assert earlier_for_quoting("Do you ship to Japan?", earlier, has_passages=True) == ()


def test_a_sentence_without_a_number_is_behind_where_one_is_asked_for():
    sentences = ("It ships soon.", "It ships in 3 days.")

    plain = held_to_quotes(REQUEST, "does it ship?", sentences, [0.5, 0.5])
    asked = held_to_quotes(REQUEST, "how many days does it take?", sentences, [0.5, 0.5])

    assert plain.citation_bias == pytest.approx([CHOICE_WEIGHT * 0.5] * 2)
    assert asked.citation_bias[0] < plain.citation_bias[0]
    assert asked.citation_bias[1] == plain.citation_bias[1]
    assert asked.citing_bias == plain.citing_bias
    assert held_to_quotes(REQUEST, "how many days does it take?", sentences).citation_bias == ()


def test_without_a_second_opinion_only_what_is_ruled_out_is_weighed():
    held = held_to_quotes(REQUEST, "ship?", SENTENCES, (), {2})

    assert held.citation_bias[:2] == (0.0, 0.0)
    assert held.citation_bias[2] < -50
    assert held.citing_bias == 0.0
    assert held_to_quotes(REQUEST, "ship?", SENTENCES).citation_bias == ()


def test_where_nothing_can_answer_the_answer_is_a_refusal():
    assert held_to_quotes(REQUEST, "ship?", SENTENCES, [0.9, 0.9, 0.9], {0, 1, 2}).citing_bias < -50
    assert held_to_quotes(REQUEST, "ship?", ()).citing_bias == 0.0
