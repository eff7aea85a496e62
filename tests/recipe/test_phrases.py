"""Lists of phrases out of the thesaurus: one, and only one, means what is asked for."""

import random

import pytest
from chat.corpus import Corpus
from chat.examples import ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.phrases import SOURCE, Phrases
from chat.pools import Pools
from chat.thesaurus import Entry, read_thesaurus

from lorag.prompts.grounded import REFUSALS
from lorag.prompts.language import Language

ENTRIES = read_thesaurus()


def _meaning(phrase: str, file: str) -> list[Entry]:
    return [
        entry
        for entry in ENTRIES
        if entry.file == file and any(phrase in phrases for phrases in entry.phrases.values())
    ]


@pytest.mark.parametrize(("shown", "asked"), [("en", "en"), ("ko", "ko"), ("en", "ko"), ("ko", "en")])
def test_one_phrase_of_a_list_means_what_is_asked_for(shown: Language, asked: Language):
    phrases, rng = Phrases(ENTRIES), random.Random(1)
    for _ in range(200):
        gold = phrases.drawn(shown, asked, rng)

        file = gold.doc.removeprefix(f"{SOURCE} ")
        (target,) = gold.targets
        assert gold.source == SOURCE
        assert gold.question != gold.sentences[target]
        alike = [
            number
            for number, sentence in enumerate(gold.sentences)
            if any(gold.question in entry.phrases[asked] for entry in _meaning(sentence, file))
        ]
        assert target in alike
        assert all(any(sentence in entry.phrases[shown] for entry in ENTRIES) for sentence in gold.sentences)


def test_a_list_beside_it_holds_no_entry_of_what_is_asked_for_or_told():
    phrases, rng = Phrases(ENTRIES), random.Random(2)
    for _ in range(100):
        gold = phrases.drawn("en", "ko", rng)
        file = gold.doc.removeprefix(f"{SOURCE} ")
        apart = [*_meaning(gold.question, file), *_meaning(gold.sentences[gold.targets[0]], file)]

        other = phrases.others(gold, "en", rng)

        assert other.doc == gold.doc
        for sentence in other.sentences:
            # A phrase may stand in two entries of a file by other cases of its letters only: one of them is the others'.
            assert [entry for entry in _meaning(sentence, file) if entry not in apart]


def test_an_entry_with_one_phrase_of_a_language_is_asked_for_by_itself():
    entries = [Entry("jobs", {"en": ("quit",), "ko": ("퇴사",)}), Entry("jobs", {"en": ("bonus",), "ko": ("상여금",)})]

    gold = Phrases(entries).drawn("en", "en", random.Random(3))

    assert gold.question == gold.sentences[gold.targets[0]]
    assert sorted(gold.sentences) in (["bonus", "quit"], [gold.question])


def test_lists_are_laid_out_whole_and_refused_when_none_of_them_tells_it(corpus_folder):
    builder = ExampleBuilder(Pools(Corpus(corpus_folder, "train")), SmallTalk(FOLDER))
    rng, shape = random.Random(4), Shape((3,), (1, 1), 0.5, 0.5)
    quoted = refused = 0
    for _ in range(60):
        example = builder.build("phrase.cross", shape, rng)
        answer = example.messages[-1][1]

        if example.targets:
            assert answer == f"[{example.targets[0]}] {example.sentences[example.targets[0] - 1]}"
            assert len(example.sentences) > 3
            quoted += 1
        else:
            assert answer in REFUSALS.values()
            refused += 1
    assert min(quoted, refused) > 10
