import itertools
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from chat.altered import altered, scattered, with_echoes, with_twins
from chat.corpus import Corpus
from chat.examples import ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.pools import Gold, Pools
from chat.random_text import random_gold

from lorag.prompts.grounded import REFUSALS, PromptPassage, quoted_answer

SHAPE = Shape((1, 2, 3), (1, 4), 0.3, 0.5)


@pytest.fixture(scope="module")
def builder(corpus_folder: Path) -> ExampleBuilder:
    return ExampleBuilder(Pools(Corpus(corpus_folder, "train")), SmallTalk(FOLDER))


def test_sentences_asked_for_by_number_are_quoted_in_that_order(builder):
    rng = random.Random(2)
    for _ in range(50):
        example = builder.build("copies", SHAPE, rng)
        (_, turn), (_, answer) = example.messages
        asked = [int(number) for number in re.findall(r"\d+", turn.splitlines()[0])]
        assert asked == list(example.targets)
        assert answer == quoted_answer(asked, example.sentences)


def test_no_other_passage_repeats_the_answer_with_a_name_before_it(builder, monkeypatch):
    answer, other = "Yes, you can make a reservation.", "Parking is free."
    gold = Gold("Can I reserve?", "Thai House", (answer,), (0,), "faq", "1")
    monkeypatch.setattr(builder.golds, "drawn", lambda kind, rng: gold)
    monkeypatch.setattr(
        builder.layout, "_misleading", lambda *_: replace(gold, sentences=(f"Thai House: {answer}", other), doc="2")
    )

    example = builder.build("qa.en", Shape((3,), (1, 2), 0.0, 0.5), random.Random(1))

    assert sorted(example.sentences) == [other, other, answer]
    assert example.sentences[example.targets[0] - 1] == answer


@pytest.mark.parametrize(
    "repeated",
    [
        "tuir (A text user-interface to view Reddit from your terminal): `tuir -s name`",
        "a text user-interface to view reddit from your terminal",
        "You get a text user-interface to view Reddit from your terminal, too.",
    ],
)
def test_no_other_passage_holds_the_answer_in_another_form(builder, monkeypatch, repeated):
    answer, other = "A text user-interface to view Reddit from your terminal.", "Parking is free."
    gold = Gold("What is tuir?", "tuir", (answer,), (0,), "tldr", "1")
    monkeypatch.setattr(builder.golds, "drawn", lambda kind, rng: gold)
    monkeypatch.setattr(builder.layout, "_misleading", lambda *_: replace(gold, sentences=(repeated, other), doc="2"))

    example = builder.build("qa.en", Shape((3,), (1, 2), 0.0, 0.5), random.Random(1))

    assert sorted(example.sentences) == [answer, other, other]


def test_neither_definitions_nor_editions_stand_beside_the_answer(builder, monkeypatch):
    answer, translated = ("Print the name of the working directory.",), ("현재 작업 디렉토리의 이름을 출력합니다.",)
    gold = Gold("What is pwd?", "", answer, (0,), "tldr", "pages/common/pwd.md")
    others = [
        Gold("?", "", ("pwd: it prints a folder.", "Parking is free."), (0,), "glossary", "terms.md"),
        Gold("?", "", translated, (0,), "tldr", "pages.ko/common/pwd.md"),
    ]
    monkeypatch.setattr(builder.golds, "drawn", lambda kind, rng: gold)
    monkeypatch.setattr(builder.layout, "_misleading", lambda gold, shape, rng: rng.choice(others))

    example = builder.build("qa.en", Shape((4,), (1, 2), 0.0, 0.5), random.Random(1))

    assert sorted(example.sentences) == ["Parking is free."] * 3 + list(answer)


def test_a_short_answer_is_not_looked_for_within_others(builder, monkeypatch):
    gold = Gold("Is it open?", "Cafe", ("Yes.",), (0,), "faq", "1")
    monkeypatch.setattr(builder.golds, "drawn", lambda kind, rng: gold)
    monkeypatch.setattr(
        builder.layout, "_misleading", lambda *_: replace(gold, sentences=("Yes and no are answers.",), doc="2")
    )

    example = builder.build("qa.en", Shape((2,), (1, 1), 0.0, 0.5), random.Random(1))

    assert sorted(example.sentences) == ["Yes and no are answers.", "Yes."]


def test_two_questions_in_one_are_never_the_same(builder):
    rng = random.Random(3)
    examples = [builder.build("both", SHAPE, rng) for _ in range(50)]

    assert all(len(set(example.targets)) == 2 for example in examples)


def test_small_talk_follows_quoted_answers_too(builder):
    rng = random.Random(4)
    shape = Shape((1,), (1, 2), 0.0, 0.5)
    talks = [builder.build("talk", shape, rng).messages for _ in range(200)]

    behind = [turns for turns in talks if turns[1][1].startswith("[")]
    assert 10 < len(behind) < 80
    assert all(not answer.startswith("[") for turns in behind for _, answer in turns[2:])


def test_the_words_that_are_asked_for_stand_together_in_one_nonsense_sentence_only():
    rng = random.Random(1)
    alike = mistaken = 0
    for gold in (random_gold(rng) for _ in range(300)):
        question = gold.question.removesuffix("?").removesuffix(" please").removesuffix("에 대해 알려줘")
        asked = set(question.casefold().split())
        words = [set(sentence.removesuffix(".").casefold().split()) for sentence in gold.sentences]
        target = words.pop(gold.targets[0])
        assert asked <= target
        alike += any(found & target for found in words)
        mistaken += any(asked <= found for found in words)

    assert alike > 150
    assert mistaken == 0


def test_two_questions_may_be_answered_by_one_passage(builder):
    rng = random.Random(5)
    examples = [builder.build("both", Shape((1,), (1, 4), 0.0, 0.5), rng) for _ in range(60)]

    assert {example.passages for example in examples} == {1, 2}
    for example in examples:
        assert example.messages[-1][1] == quoted_answer(example.targets, example.sentences)
        assert example.targets[0] < example.targets[1]


def test_an_earlier_question_whose_answer_is_still_shown_is_not_answered_again(builder):
    rng = random.Random(6)
    shown = refused = 0
    for example in (builder.build("conversation", SHAPE, rng) for _ in range(200)):
        (_, earlier), (_, quote), *_, (_, turn), (_, answer) = example.messages
        number, _, sentence = quote.partition(" ")
        if len(example.messages) != 4 or f"\n{number} {sentence}\n" not in turn:
            continue
        shown += 1
        refused += answer in REFUSALS.values()
        assert not turn.startswith(earlier)
        assert answer != quote
        assert answer == (quoted_answer(example.targets, example.sentences) or answer)
    assert shown > 60
    assert 0 < refused < shown / 3


def test_a_passage_that_stands_alone_is_refused_less(builder):
    rng = random.Random(7)
    refused = {
        count: sum(not builder.build("qa.en", Shape((count,), (1, 4), 0.5, 0.5), rng).targets for _ in range(300))
        for count in (1, 3)
    }

    assert refused[1] < 110 < refused[3]


def test_altered_sentences_keep_their_length_and_their_marks():
    rng = random.Random(8)
    for _ in range(100):
        sentence = altered("Ship the (blue) parcel by Monday, please.", ["«red»", "\\1", "서울"], rng)

        assert sentence != "Ship the (blue) parcel by Monday, please."
        assert len(sentence.split(" ")) == 7
        assert sentence.endswith(".")


def test_a_scattered_sentence_has_the_same_words_in_another_order():
    sentence, rng = "one two three four five six.", random.Random(11)
    for _ in range(100):
        words = scattered(sentence, rng).split(" ")

        assert " ".join(words) != sentence
        assert sorted(words) == sorted(sentence.split(" "))
        pairs = set(itertools.pairwise(words))
        # It is cut in two places at most, and put together in as many.
        assert len(pairs & set(itertools.pairwise(sentence.split(" ")))) >= 3


def test_a_twin_differs_from_its_sentence_in_one_word_or_in_the_order_of_them():
    passages = [
        PromptPassage("A", ("one two three four five six seven.", "eight nine ten eleven twelve.")),
        PromptPassage("B", ("x y.",)),
    ]
    before = [sentence for passage in passages for sentence in passage.sentences]
    rng, exchanged, reordered = random.Random(9), 0, 0
    for _ in range(50):
        told = with_twins(passages, rng)

        assert [passage.header for passage in told] == ["A", "B"]
        after = [sentence for passage in told for sentence in passage.sentences]
        assert set(before) <= set(after)
        for sentence in set(after) - set(before):
            words = sentence.split(" ")
            one_word = any(
                len(words) == len(other.split(" "))
                and sum(a != b for a, b in zip(words, other.split(" "), strict=True)) == 1
                for other in before
            )
            order = any(sorted(words) == sorted(other.split(" ")) for other in before)
            assert one_word or order, sentence
            exchanged, reordered = exchanged + one_word, reordered + order
    assert min(exchanged, reordered) > 15


def test_an_echo_is_a_run_of_words_told_again_within_a_sentence():
    passages = [
        PromptPassage("A", ("one two three four five six seven.", "eight nine ten eleven twelve.")),
        PromptPassage("B", ("x y.",)),
    ]
    before = [sentence for passage in passages for sentence in passage.sentences]
    rng, own = random.Random(12), 0
    for _ in range(50):
        told = with_echoes(passages, rng)

        assert [passage.header for passage in told] == ["A", "B"]
        after = [sentence for passage in told for sentence in passage.sentences]
        assert len(after) == len(before)
        assert after != before
        for sentence, echoing in zip(before, after, strict=True):
            rest = iter(echoing.split(" "))
            assert all(word in rest for word in sentence.split(" "))
            added = list(echoing.split(" "))
            for word in sentence.split(" "):
                added.remove(word)
            assert len(added) <= 8
            assert set(added) <= set(" ".join(before).split(" "))
            own += bool(set(added) & set(sentence.split(" ")))
    assert own > 15


def test_common_remarks_and_first_replies_are_drawn_more_often():
    talk, rng = SmallTalk(FOLDER), random.Random(10)
    common = [intent for language in ("en", "ko") for intent in talk.intents(language)[:10]]
    firsts = {intent.replies[0] for intent in common}
    others = {reply for intent in common for reply in intent.replies[1:]}
    replies = [turns[1][1] for turns, _ in (talk.conversation(rng) for _ in range(2000))]

    assert 0.2 < sum(reply in firsts | others for reply in replies) / len(replies) < 0.4
    assert sum(reply in firsts for reply in replies) > 3 * sum(reply in others for reply in replies)
