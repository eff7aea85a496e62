"""Collections that were written to be searched: their answers stand where they should, and what is drawn is what the chat shows."""

import json
import random
import re
from pathlib import Path

import pytest
from chat.asked import DEV, FOLDER, asked_collections, read_questions
from chat.corpus import Split
from chat.facts import read_facts
from chat.layout import Shape
from chat.searched import Collection, Searched

from lorag.prompts.grounded import shown_sentence
from lorag.prompts.language import language_of

NAMES = sorted(path.name for path in FOLDER.iterdir())
SPLITS: tuple[Split, ...] = ("train", "dev")


def _lines(name: str) -> list[str]:
    return [
        line
        for path in sorted(Path(FOLDER, name, "docs").iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_answer_stands_in_one_line_of_the_documents(name: str):
    lines = _lines(name)
    asked = read_questions(FOLDER / name / "questions.jsonl")

    assert len(lines) > 100
    assert sum(bool(one.answers) for one in asked) >= 70
    assert sum(not one.answers for one in asked) >= 30
    for one in asked:
        assert [sum(answer in line for line in lines) for answer in one.answers] == [1] * len(one.answers), one


@pytest.mark.parametrize("split", SPLITS)
def test_each_answer_stands_in_a_sentence_as_lorag_reads_it(split: Split):
    for collection in asked_collections(split, FOLDER):
        for asked in collection.asked:
            said = [sentence for _, sentence in collection.answering(asked)]
            assert all(any(shown_sentence(answer) in one for one in said) for answer in asked.answers), asked


@pytest.mark.parametrize("name", NAMES)
def test_questions_are_asked_in_both_languages(name: str):
    asked = read_questions(FOLDER / name / "questions.jsonl")
    asks = [ask for one in asked for ask in one.asks]

    korean = sum(bool(re.search("[가-힣]", ask)) for ask in asks)
    assert korean == len(asks) - korean
    assert len(set(asks)) > 0.98 * len(asks)
    if name not in DEV:
        assert {len(one.asks) for one in asked} == {4}


def test_what_is_measured_with_is_not_trained_on():
    folders = {split: {collection.name for collection in Searched(split).collections} for split in SPLITS}
    told = {
        split: {line for name in names for line in _lines(name) if len(line) > 40} for split, names in folders.items()
    }

    assert folders["dev"] == DEV
    assert folders["train"].isdisjoint(DEV)
    assert len(told["dev"]) > 300
    assert told["train"].isdisjoint(told["dev"])


def test_no_question_that_is_measured_with_is_trained_on():
    asked = {
        split: {_words(ask) for one in asked_collections(split) for rows in one.asked for ask in rows.asks}
        for split in SPLITS
    }
    told = Path(FOLDER.parents[3], "examples", "evaluation", "questions.jsonl").read_text(encoding="utf-8")
    asked["dev"] |= {_words(json.loads(line)["question"]) for line in told.splitlines()}
    facts = [fact for document in read_facts("dev") for fact in document.facts]
    asked["dev"] |= {_words(ask) for fact in facts for language in ("en", "ko") for ask in fact.asks[language]}

    assert len(asked["dev"]) > 2_000
    assert asked["train"] & asked["dev"] == set()


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


@pytest.fixture(scope="module")
def hotel() -> Path:
    return FOLDER / "hotel"


def test_the_sentence_that_is_named_answers_and_no_other_does(hotel: Path, tmp_path: Path):
    (tmp_path / "hotel").symlink_to(hotel)
    searched, rng = Searched("dev", tmp_path), random.Random(1)
    answers = {ask: one.answers for one in read_questions(hotel / "questions.jsonl") for ask in one.asks}
    shape = Shape((3,), (2, 4), 0.5, 0.5, left=(4, 9))
    quoting = 0

    for _ in range(60):
        question, passages, numbers = searched.drawn(shape, rng)
        sentences = [shown_sentence(sentence) for passage in passages for sentence in passage.sentences]
        known = [ask for ask in answers if ask.rstrip("?. ").casefold() in question.casefold()]
        assert known, question
        told = [
            number
            for number, sentence in enumerate(sentences, 1)
            if any(shown_sentence(answer) in sentence for answer in answers[max(known, key=len)])
        ]
        assert told == numbers
        assert 1 <= len(sentences) <= 9
        quoting += bool(numbers)
    assert 15 < quoting < 45


def test_where_two_sentences_tell_the_same_the_one_in_the_question_s_language_is_named(tmp_path: Path):
    folder = tmp_path / "kiosk"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "en.md").write_text("The kiosk opens at seven.\nIt sells maps.\n", encoding="utf-8")
    (folder / "docs" / "ko.md").write_text("매점은 일곱 시에 엽니다.\n지도를 팝니다.\n", encoding="utf-8")
    line = '{"answers": ["at seven", "일곱 시"], "asks": ["When does the kiosk open?", "매점은 몇 시에 열어요?"]}\n'
    (folder / "questions.jsonl").write_text(line, encoding="utf-8")
    searched, rng = Searched("train", tmp_path), random.Random(2)
    shape = Shape((3,), (2, 4), 0.0, 0.5, left=(4, 4))

    for _ in range(12):
        question, passages, [number] = searched.drawn(shape, rng)
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        assert language_of(sentences[number - 1]) == language_of(question)


def test_a_collection_remembers_what_its_search_brought(hotel: Path):
    collection = Collection(hotel)
    [first] = [one for one in collection.asked if "late checkout price" in one.asks]

    found = collection.found("late checkout price", first.answers)

    assert collection.found("late checkout price", first.answers) is found
    sentences = [sentence for item in found.passages for sentence in item.sentences]
    assert [shown_sentence(sentences[at].text) for at in found.answering]
    assert any(sentence.nats > 0 for sentence in sentences)
