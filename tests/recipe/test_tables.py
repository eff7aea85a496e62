"""Tables made up to ask about: what is asked has one answer, and it is laid out as lorag reads tables."""

import random
import re
from pathlib import Path

import pytest
from chat.corpus import Corpus
from chat.examples import ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.pools import Pools
from chat.tables import SOURCE, Tables, _particle

from lorag.documents.tables import table_lines
from lorag.prompts.grounded import REFUSALS
from lorag.prompts.language import Language, language_of


def _name(row: str) -> str:
    """Return what is in the first cell."""
    return re.sub(r"^\| |^[^|]*?: ", "", row).split(" | ")[0].removesuffix("점")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_question_names_one_row_and_the_answer_is_that_row(language: Language):
    tables, rng = Tables(), random.Random(1)
    for _ in range(300):
        gold = tables.drawn(language, rng)

        row = gold.sentences[gold.targets[0]]
        name = _name(row)
        assert name.casefold() in gold.question.casefold()
        assert [sentence for sentence in gold.sentences if re.search(rf"(?:^|[|:] ?){re.escape(name)}", sentence)] == [
            row
        ]
        assert gold.source == SOURCE
        assert "{" not in gold.question


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_row_that_is_not_there_is_asked_for_in_the_words_of_such_tables(language: Language):
    tables, rng = Tables(), random.Random(2)
    for _ in range(200):
        gold = tables.drawn(language, rng)
        rows = gold.sentences if ": " in gold.sentences[0] else gold.sentences[1:]
        names = {_name(row) for row in rows}

        question = tables.unanswered(gold, rng)

        assert not [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", question)]
        assert "{" not in question


def test_rows_are_laid_out_as_lorag_reads_a_table():
    read = list(table_lines([["store", "phone"], ["Old Mill", "02-1"], ["Castle Street", "02-2"]]))
    tables, rng = Tables(), random.Random(3)
    named = [gold for gold in (tables.drawn("en", rng) for _ in range(200)) if gold.sentences[0].count(": ") == 0]

    form = re.compile(r"[^:|]+: [^|]+(?: \| [^:|]+: [^|]+)+")
    assert form.fullmatch(read[1])
    assert any(form.fullmatch(gold.sentences[1]) for gold in named)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("매장", "매장은"),
        ("제주", "제주는"),
        ("E02", "E02는"),
        ("A7", "A7은"),
        ("F03", "F03은"),
        ("Kim", "Kim은"),
        ("Plus", "Plus는"),
    ],
)
def test_a_particle_fits_the_word_before_it(word: str, said: str):
    assert word + _particle(word, "은") == said
    assert _particle(word, "") == ""


def test_a_table_is_shown_whole_and_refused_where_it_lacks_the_row(corpus_folder: Path):
    builder, rng = ExampleBuilder(Pools(Corpus(corpus_folder, "train")), SmallTalk(FOLDER)), random.Random(4)
    answered = [builder.build("table.en", Shape((1,), (1, 2), 0.0, 0.5), rng) for _ in range(40)]
    refused = [builder.build("table.ko", Shape((1,), (1, 2), 1.0, 0.5), rng) for _ in range(40)]

    assert all(len(example.sentences) >= 3 for example in answered)
    assert all(example.messages[-1][1].startswith(f"[{example.targets[0]}] ") for example in answered)
    for example in refused:
        question = example.messages[-2][1].split("\n\n")[0]
        assert example.messages[-1][1] == REFUSALS[language_of(question)]
