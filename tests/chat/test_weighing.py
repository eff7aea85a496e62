from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import exp, log
from pathlib import Path

import pytest

from lorag.chat.numbering import PassageSentences, split_passages
from lorag.chat.statements import row_name
from lorag.chat.weighing import (
    BEFORE_WEIGHT,
    CANNOT_TELL,
    DEFINES,
    HEADER_WEIGHT,
    MEANING_WEIGHT,
    QUOTING_AHEAD,
    QUOTING_LENGTH,
    QUOTING_MEANING,
    QUOTING_RELEVANCE,
    QUOTING_TOLD,
    QUOTING_ZERO,
    RELEVANCE_WEIGHT,
    STANDS_WEIGHT,
    TOLD_WEIGHT,
    Weighed,
    narrowed,
    weighed,
)
from lorag.retrieval.passages import Passage, Similarity


def passages_of(*texts: str, heading: tuple[str, ...] = (), score: float = 0.0) -> list[PassageSentences]:
    """Return passages with these texts, one file each."""
    return split_passages(
        Passage(number, Path(f"{number}.md"), "A", "default", heading, None, 1, 9, 0, len(text), text, score, 1.0, 0.5)
        for number, text in enumerate(texts)
    )


class Embedder:
    """Knows how near some texts are to any question; all others are far."""

    def __init__(self, near: dict[str, float]) -> None:
        self.near = near
        self.compared: list[list[str]] = []

    def __call__(self, question: str, texts: Sequence[str]) -> list[Similarity]:
        self.compared.append(list(texts))
        return [Similarity(near, near, 0.0) for near in (self.near.get(text, 0.2) for text in texts)]


def nats_of(told: Weighed) -> list[float]:
    """Return what speaks for each sentence."""
    return [sentence.nats for item in told.passages for sentence in item.sentences]


def texts_of(passages: Sequence[PassageSentences]) -> list[str]:
    """Return the sentences."""
    return [sentence.text for item in passages for sentence in item.sentences]


def test_a_question_or_heading_speaks_for_what_stands_below_it():
    embedder = Embedder({"Do you ship?": 0.9, "How long?": 0.8, "To Japan.": 0.1})
    asked, answer, other, _, last = nats_of(
        weighed("zzz", passages_of("Do you ship?\nTo Japan.\nBy air.\nHow long?", "A week."), embedder)
    )
    assert asked < -50
    assert answer == pytest.approx(MEANING_WEIGHT * 0.1 + STANDS_WEIGHT * 0.8)
    assert other == last == pytest.approx(MEANING_WEIGHT * 0.2)

    nearer = nats_of(weighed("zzz", passages_of("Do you ship?\nTo Japan."), Embedder({"To Japan.": 0.95})))
    assert nearer[1] == pytest.approx(MEANING_WEIGHT * 0.95)
    _, below, _ = nats_of(weighed("zzz", passages_of("[Opening]\nSix to nine.\nBye."), Embedder({"[Opening]": 0.7})))
    assert below == pytest.approx(MEANING_WEIGHT * 0.2 + STANDS_WEIGHT * 0.5)


def test_a_question_that_is_the_heading_of_a_passage_speaks_for_its_first_sentence():
    near = Embedder({"Do you ship?": 0.9, "Shipping": 0.9})

    first, second = nats_of(
        weighed("zzz", passages_of("To Japan.\nBy air.", heading=("Shipping", "Do you ship?")), near)
    )
    assert first == pytest.approx(second + STANDS_WEIGHT * 0.7)
    first, second = nats_of(
        weighed("zzz", passages_of("To Japan.\nBy air.", heading=("Do you ship?", "Shipping")), near)
    )
    assert first == second


def test_the_name_of_a_row_speaks_for_it():
    embedder = Embedder({"Old Mill": 0.9})
    rows = ["store: Old Mill | phone: 1", "| Castle | 2 |"]

    other, row, _ = nats_of(weighed("zzz", passages_of("\n".join(["Open daily.", *rows])), embedder))

    assert row == pytest.approx(other + STANDS_WEIGHT * 0.7)
    assert embedder.compared == [["Open daily.", *rows, "A"], ["Old Mill", "Castle"]]


def test_what_a_sentence_repeats_is_no_meaning_of_its_own():
    known = {
        "The mill serves beer.": Similarity(whole=0.5, rest=0.6, repeated=0.5),
        "We pour ale.": Similarity(whole=0.4, rest=0.4, repeated=0.0),
        "A": Similarity(0.0, 0.0, 0.0),
    }

    first, second = nats_of(
        weighed(
            "zzz", passages_of("The mill serves beer.\nWe pour ale."), lambda _, texts: [known[text] for text in texts]
        )
    )

    assert first == pytest.approx(MEANING_WEIGHT * 0.3)
    assert second == pytest.approx(MEANING_WEIGHT * 0.4)


class Matcher:
    """Knows which parts of any question some texts tell."""

    def __init__(self, **parts: tuple[float, ...]) -> None:
        self.parts = parts

    def __call__(self, question: str, texts: Sequence[str]) -> list[Similarity]:
        return [Similarity(0.0, 0.0, 0.0, self.parts.get(text, (0.0, 0.0, 0.0))) for text in texts]


def test_each_part_of_a_question_may_be_told_by_the_sentence_its_header_or_the_sentence_before():
    matcher = Matcher(Dogs=(0.4, 0.1, 0.0), Leash=(0.3, 0.2, 0.0), Short=(0.0, 0.3, 0.1), A=(0.0, 0.0, 0.0))
    one, other = "Leash", "Short"
    passages = passages_of(f"{one}\n{other}", heading=("Dogs",))
    headers = Matcher(**{**matcher.parts, "A › Dogs": (0.4, 0.1, 0.0)})

    first, second = nats_of(weighed("zzz", passages, headers))

    assert first == pytest.approx(TOLD_WEIGHT * 0.5 + HEADER_WEIGHT * 0.1)
    assert second == pytest.approx(TOLD_WEIGHT * 0.4 + HEADER_WEIGHT * 0.4)
    [_, apart] = nats_of(weighed("zzz", passages_of(one, other), matcher))
    assert apart == pytest.approx(TOLD_WEIGHT * 0.4)
    [_, behind] = nats_of(weighed("zzz", passages_of(f"{one}\n{other}"), matcher))
    assert behind == pytest.approx(TOLD_WEIGHT * 0.4 + BEFORE_WEIGHT * 0.3)


def test_a_heading_within_a_passage_is_above_all_that_follows():
    title = "1. Dogs"
    matcher = Matcher(**{title: (0.4, 0.1, 0.0), "Leash.": (0.3, 0.2, 0.0), "Short.": (0.0, 0.3, 0.1)})

    _, first, second = nats_of(weighed("zzz", passages_of(f"{title}\nLeash.\nShort."), matcher))

    assert first == pytest.approx(TOLD_WEIGHT * 0.5 + HEADER_WEIGHT * 0.1)
    assert second == pytest.approx(TOLD_WEIGHT * 0.4 + HEADER_WEIGHT * 0.4)


@pytest.mark.parametrize("similarities", [None, lambda *_: []])
def test_without_an_embedder_or_what_it_knows_only_words_are_compared(similarities):
    passages = passages_of("The guest badge is yellow.", "Dogs are welcome.", "The badge costs nothing.")

    first, second, third = nats_of(weighed("colour of the guest badge", passages, similarities))

    assert first > third > second == 0.0
    assert first < TOLD_WEIGHT / 2


def test_words_that_few_sentences_hold_count_more():
    passages = passages_of("Dogs need a leash.", "Cats need a box.", "Birds need a cage.", "All need water.")

    leash, box, _, water = nats_of(weighed("need leash", passages, None))

    assert leash > 2 * box
    assert box == water


def test_words_in_the_header_of_a_passage_speak_for_its_sentences():
    leash = passages_of("On a leash.\nOutside.", heading=("Dogs",)) + passages_of("In a box.", heading=("Cats",))

    first, second, third = nats_of(weighed("dogs", leash, None))

    assert first == second == pytest.approx(0.3 * HEADER_WEIGHT)
    assert third == 0.0


def test_the_relevance_of_the_passage_counts_unless_it_was_found_for_something_else():
    passages = passages_of("One.", score=0.5)

    assert nats_of(weighed("zzz", passages, None)) == pytest.approx([RELEVANCE_WEIGHT * 0.5])
    two = passages + passages_of("Two.", score=0.1)
    assert nats_of(weighed("zzz", two, None, relevance=False)) == pytest.approx([RELEVANCE_WEIGHT * 0.3] * 2)


def test_a_sentence_without_a_number_is_behind_where_one_is_asked_for():
    passages = passages_of("It ships soon.\nIt ships in 3 days.")

    soon, days = nats_of(weighed("how many zzz", passages, None))
    assert (soon, days) == (CANNOT_TELL, 0.0)
    assert nats_of(weighed("zzz", passages, None)) == [0.0, 0.0]


def test_a_sentence_that_says_what_something_is_is_ahead_where_that_is_asked():
    passages = passages_of("Energy is stored in a spring.\nA spring is a coil.")

    stored, coil = nats_of(weighed("What is a spring?", passages, Embedder({})))

    assert coil == pytest.approx(stored + DEFINES)
    stored, coil = nats_of(weighed("Why a coil spring?", passages, Embedder({})))
    assert coil < stored + DEFINES


def test_the_sentences_that_most_speaks_for_are_left_in_their_order():
    passages = passages_of("A 1.\nB 2.\nC 3.", "D 4.", "E 5.\nF 6.")
    near = Embedder({"B 2.": 0.9, "C 3.": 0.5, "F 6.": 0.8})

    [left] = narrowed([weighed("zzz", passages, near)], 3)

    assert texts_of(left.passages) == ["B 2.", "C 3.", "F 6."]
    assert [item.passage for item in left.passages] == [passages[0].passage, passages[2].passage]
    assert all(one.start < other.start for item in left.passages for one, other in pairwise(item.sentences))
    assert [texts_of(all_.passages) for all_ in narrowed([weighed("zzz", passages, near)], 9)] == [texts_of(passages)]


def test_several_questions_share_what_is_shown():
    passages = passages_of("A 1.\nB 2.\nC 3.\nD 4.")
    first = weighed("zzz", passages, Embedder({"B 2.": 0.9, "D 4.": 0.5}))
    second = weighed("zzz", passages, Embedder({"C 3.": 0.9, "B 2.": 0.5}))

    shown = narrowed([first, second], 4)

    assert [texts_of(own.passages) for own in shown] == [["B 2.", "C 3.", "D 4."]] * 2
    assert nats_of(shown[0])[0] > nats_of(shown[0])[1]
    assert nats_of(shown[1])[0] < nats_of(shown[1])[1]
    assert second.among(shown[0].passages) == replace(shown[1], quoting=second.quoting)


def test_what_is_known_of_the_best_sentence_speaks_for_quoting():
    parts = {"B 2.": (0.3, 0.2, 0.0)}

    def similarities(question: str, texts: Sequence[str]) -> list[Similarity]:
        return [Similarity(0.0, 0.8 if text == "B 2." else 0.1, 0.0, parts.get(text, (0.0,) * 3)) for text in texts]

    alone = weighed("zzz", passages_of("B 2.", score=0.4), similarities)
    two = weighed("zzz", passages_of("A 1.\nB 2.", score=0.4), similarities)
    ruled_out = weighed("zzz", passages_of("A 1.\nB 2.\nB 3.?", score=0.4), similarities)

    expected = QUOTING_MEANING * 0.8 + QUOTING_TOLD * 0.5 + QUOTING_RELEVANCE * 0.4 + QUOTING_LENGTH * log(4)
    assert alone.quoting == pytest.approx(expected - QUOTING_ZERO)
    other, best = nats_of(two)
    assert two.quoting == pytest.approx(alone.quoting - QUOTING_AHEAD * log(1 + exp(other - best)))
    assert ruled_out.quoting == two.quoting


def test_where_two_sentences_are_as_good_less_speaks_for_quoting():
    near = Embedder({"B 2.": 0.9, "C 3.": 0.9})

    one, two, three = (
        weighed("zzz", passages_of(text), near).quoting for text in ("A 1.\nB 2.", "C 3.\nB 2.", "C 3.\nB 2.\nC 3.")
    )

    assert one > two + QUOTING_AHEAD * 0.6
    assert two == pytest.approx(three + QUOTING_AHEAD * log(1.5))


def test_where_nothing_can_answer_nothing_speaks_for_quoting():
    assert weighed("zzz", passages_of("Do you ship?\nHow long?"), Embedder({})).quoting < -50
    assert weighed("zzz", [], None).quoting < -50


def test_whether_to_quote_is_left_to_the_model_where_no_meaning_is_known():
    assert weighed("leash", passages_of("On a leash."), None).quoting == 0.0


@pytest.mark.parametrize(
    ("text", "name"),
    [("a: b: c | d: e", "c"), ("| E02 | stuck |", "E02"), ("E02 | stuck", "E02"), ("No row.", ""), ("|", ""), ("", "")],
)
def test_the_name_of_a_row_is_its_first_cell(text: str, name: str):
    assert row_name(text) == name
