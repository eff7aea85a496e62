import random

import numpy as np
import pytest
from chat import nearest
from chat.corpus import Corpus
from chat.examples import ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.nearest import NearPassages
from chat.pools import Gold, Pools

RIGHT = "Employees receive 25 days of annual leave per year."
TEXTS = [
    RIGHT,
    "Employees may carry over five days of leave into the next year.",
    "Leave has to be requested two weeks in advance.",
    "The coffee machine is cleaned on Fridays.",
    "Glaciers carve valleys as they move downhill.",
]


def gold(text: str) -> Gold:
    return Gold("How many days of annual leave do employees get?", "", (text,), (0,), "faq", text)


def test_passages_about_the_same_thing_mislead_and_the_right_one_never_does():
    near, rng = NearPassages([gold(text) for text in TEXTS * 20]), random.Random(1)
    drawn = [near.misleading(gold(RIGHT), rng) for _ in range(60)]

    texts = [other.sentences[0] for other in drawn if other is not None]
    assert len(texts) == 60
    assert RIGHT not in texts
    assert {TEXTS[1], TEXTS[2]} <= set(texts)


def test_the_same_seed_draws_the_same_passages():
    golds = [gold(text) for text in TEXTS * 20]
    first, second = (
        [NearPassages(golds).misleading(gold(RIGHT), random.Random(seed)) for seed in range(8)] for _ in range(2)
    )

    assert first == second


def test_of_many_passages_some_are_searched(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nearest, "_MOST", 30)
    near = NearPassages([gold(f"{text} {number}") for number in range(20) for text in TEXTS])

    assert 20 <= len(near._vectors) <= 30


def test_no_passage_at_all_is_near_to_a_lone_one():
    assert NearPassages([gold(RIGHT)]).misleading(gold(RIGHT), random.Random(1)) is None


def test_a_stage_may_draw_its_misleading_passages_by_meaning(corpus_folder):
    pools = Pools(Corpus(corpus_folder, "train"))
    builder = ExampleBuilder(pools, SmallTalk(FOLDER))
    example = builder.build("qa.en", Shape((4,), (1, 3), 0.0, 0.5, near=1.0), random.Random(2))

    assert example.passages == 4
    assert example.targets
    assert np.all([0 < target <= len(example.sentences) for target in example.targets])
