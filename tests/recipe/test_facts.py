"""Facts that were written to be asked for in other words: each question has one answer in its document."""

import random
import re

import pytest
from chat.corpus import Corpus, Split
from chat.examples import ExampleBuilder
from chat.facts import FactDocument, Facts, filled, read_facts
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.pools import Pools
from chat.values import VALUES

from lorag.documents.sentences import split_sentences
from lorag.prompts.grounded import REFUSALS
from lorag.prompts.language import Language, language_of

SPLITS: tuple[Split, ...] = ("train", "dev")
LANGUAGES: tuple[Language, ...] = ("en", "ko")
DOCUMENTS = [document for split in SPLITS for document in read_facts(split)]


def _told(document: FactDocument, sentence: str, language: Language) -> list[int]:
    """Return which facts of a document a sentence tells."""
    return [i for i, fact in enumerate(document.facts) if any(_is_of(form, sentence) for form in fact.says[language])]


def _asked(document: FactDocument, question: str, language: Language) -> list[int]:
    return [i for i, fact in enumerate(document.facts) if any(_is_of(form, question) for form in fact.asks[language])]


def _is_of(form: str, text: str) -> bool:
    pattern = ".+?".join(re.escape(part) for part in re.split(r"\{[^{}]+\}", form))
    return re.fullmatch(pattern, text) is not None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.titles["en"][0])
def test_each_fact_is_told_and_asked_for_in_several_ways_in_both_languages(document: FactDocument):
    rng = random.Random(1)
    assert len(document.facts) >= 7
    for language in LANGUAGES:
        assert len(document.titles[language]) >= 2
        forms = [form for fact in document.facts for form in (*fact.says[language], *fact.asks[language])]
        assert len(set(forms)) == len(forms)
        for fact in document.facts:
            assert len(fact.says[language]) >= 3
            assert len(fact.asks[language]) >= 6
            for say in fact.says[language]:
                told = filled(say, language, rng)
                assert split_sentences(told) == [told]
                assert "{" not in told
            assert not [ask for ask in fact.asks[language] if re.search(r"\{[^|{}]*\}", ask)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.titles["en"][0])
def test_forms_are_written_in_their_language(document: FactDocument):
    for fact in document.facts:
        for form in (*fact.says["ko"], *fact.asks["ko"]):
            assert re.search("[가-힣]", form), form
        for form in (*fact.says["en"], *fact.asks["en"]):
            assert not re.search("[가-힣]", form), form


def test_what_is_measured_with_is_not_trained_on():
    titles = {
        split: {title for d in read_facts(split) for language in LANGUAGES for title in d.titles[language]}
        for split in SPLITS
    }
    asks = {
        split: {
            ask for d in read_facts(split) for fact in d.facts for language in LANGUAGES for ask in fact.asks[language]
        }
        for split in SPLITS
    }

    assert titles["dev"]
    assert titles["train"].isdisjoint(titles["dev"])
    assert asks["train"].isdisjoint(asks["dev"])


@pytest.mark.parametrize("kind", sorted(VALUES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_made_up_in_the_language_they_stand_in(kind: str, language: Language):
    rng = random.Random(5)
    values = {VALUES[kind](rng, language) for _ in range(40)}

    assert len(values) > 5
    if language == "en":
        assert not [value for value in values if re.search("[가-힣]", value)]


def test_a_value_is_drawn_from_the_range_or_the_words_that_are_named():
    rng = random.Random(6)
    drawn = {filled("{3-5} {red|blue}", "en", rng) for _ in range(200)}

    assert drawn == {f"{number} {word}" for number in (3, 4, 5) for word in ("red", "blue")}


@pytest.mark.parametrize("shown", LANGUAGES)
@pytest.mark.parametrize("asked", LANGUAGES)
def test_a_question_is_answered_by_the_sentence_that_is_named(shown: Language, asked: Language):
    facts, rng = Facts("dev"), random.Random(2)
    for _ in range(200):
        gold = facts.drawn(shown, asked, rng)

        document = facts.documents[gold.number]
        told = [_told(document, sentence, shown) for sentence in gold.sentences]
        [fact] = told[gold.targets[0]]
        assert _asked(document, gold.question, asked) == [fact]
        assert sum(fact in one for one in told) == 1
        shown_facts = {one for ones in told for one in ones}
        assert shown_facts.isdisjoint({*gold.spare, gold.held})


def test_a_neighbour_answers_nothing_of_what_is_asked_or_held_back():
    facts, rng = Facts("dev"), random.Random(3)
    found = 0
    for _ in range(200):
        gold = facts.drawn("en", "ko", rng)
        neighbour = facts.neighbour(gold, rng)
        if neighbour is None:
            continue
        found += 1
        document = facts.documents[gold.number]
        told = {fact for sentence in neighbour.sentences for fact in _told(document, sentence, "en")}
        assert told <= set(gold.spare)
        unanswered = facts.unanswered(gold, "ko", rng)
        assert _asked(document, unanswered, "ko") == [gold.held]
    assert found > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_questions_have_two_answers_in_one_passage_or_in_two(language: Language):
    facts, rng = Facts("dev"), random.Random(4)
    together = 0
    for _ in range(200):
        golds = facts.asked_twice(language, rng)
        document = facts.documents[golds[0].number]
        answered = [_told(document, gold.sentences[gold.targets[0]], language) for gold in golds]
        assert answered[0] != answered[1]
        assert [_asked(document, gold.question, language) for gold in golds] == answered
        together += golds[0].sentences == golds[1].sentences
    assert 50 < together < 150


@pytest.fixture(scope="module")
def builder(corpus_folder):
    return ExampleBuilder(Pools(Corpus(corpus_folder, "dev")), SmallTalk(FOLDER))


@pytest.mark.parametrize("kind", ["fact.en", "fact.ko", "fact.cross", "fact.both"])
def test_examples_quote_what_was_asked_for_beside_passages_of_the_same_document(builder: ExampleBuilder, kind: str):
    rng, shape = random.Random(7), Shape((3,), (1, 4), 0.0, 0.5)
    facts = builder.golds.facts
    beside = 0
    for _ in range(60):
        example = builder.build(kind, shape, rng)

        spoken = language_of(example.messages[-2][1])
        documents = [
            document
            for document in facts.documents
            if any(
                _told(document, example.sentences[n - 1], language) for n in example.targets for language in LANGUAGES
            )
        ]
        assert len(documents) >= 1
        assert len(example.targets) == (2 if kind == "fact.both" else 1)
        assert example.messages[-1][1].startswith(f"[{example.targets[0]}] ")
        titles = [title for document in documents for language in LANGUAGES for title in document.titles[language]]
        beside += sum(line in titles for line in example.messages[-2][1].split("\n")) > 1
        assert spoken in LANGUAGES
    assert beside > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_without_its_answer_is_refused_beside_the_rest_of_the_document(
    builder: ExampleBuilder, language: Language
):
    rng, shape = random.Random(8), Shape((3,), (1, 4), 1.0, 0.5)
    facts = builder.golds.facts
    near = 0
    for _ in range(100):
        example = builder.build(f"fact.{language}", shape, rng)
        question = example.messages[-2][1].split("\n\n")[0]

        assert example.messages[-1][1] == REFUSALS[language_of(question)]
        for document in facts.documents:
            asked = _asked(document, question, language)
            told = {fact for sentence in example.sentences for fact in _told(document, sentence, language)}
            assert not told & set(asked)
            near += bool(asked and told)
    assert near > 30


@pytest.mark.parametrize("kind", ["page.en", "page.ko", "page.cross"])
def test_of_a_page_and_others_the_nearest_sentences_are_left_with_the_one_that_answers(builder, kind: str):
    rng, shape = random.Random(7), Shape((4,), (3, 10), 0.0, 0.5, left=(5, 9))

    for _ in range(20):
        example = builder.build(kind, shape, rng)

        assert len(example.targets) == 1
        assert 5 <= len(example.sentences) <= 9
        said = example.sentences[example.targets[0] - 1]
        assert example.messages[-1][1] == f"[{example.targets[0]}] {said}"
        assert example.messages[0][1].count(said) == 1


def test_a_page_tells_its_whole_document_but_for_one_fact():
    facts, rng = Facts("dev"), random.Random(8)
    for _ in range(50):
        page = facts.page("en", "ko", rng)
        document = facts.documents[page.number]

        unmarked = [re.sub(r"^(?:- |\d+\. )", "", sentence) for sentence in page.sentences]
        told = [
            _told(document, sentence, "en") or _told(document, raw, "en")
            for sentence, raw in zip(unmarked, page.sentences, strict=True)
        ]
        order = [fact for fact in range(len(document.facts)) if fact != page.held]
        assert len(told) == len(order)
        assert all(fact in one for fact, one in zip(order, told, strict=True))
        assert _asked(document, page.question, "ko") == [order[page.targets[0]]]
        assert facts.page_beside(page, rng).number != page.number
