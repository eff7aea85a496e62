from collections.abc import Sequence

import pytest

from lorag.chat.prompt import Exchange
from lorag.chat.quoting import earlier_for_quoting, held_to_quotes
from lorag.engine.api import GenerateRequest, Sampling

REQUEST = GenerateRequest((), Sampling(), 100)
SENTENCES = ("Do you ship?", "To Japan.", "By air.")


def test_what_speaks_for_sentences_and_for_quoting_is_added_to_what_the_model_makes_of_them():
    held = held_to_quotes(REQUEST, "ship?", SENTENCES, [-100.0, 9.0, 2.0], 1.5)

    assert held.citation_bias == (-100.0, 9.0, 2.0)
    assert held.citing_bias == 1.5
    assert held.grammar


@pytest.mark.parametrize("sentences", [SENTENCES, ()])
def test_where_nothing_is_weighed_the_model_decides_alone(sentences: Sequence[str]):
    held = held_to_quotes(REQUEST, "ship?", sentences)

    assert held.citation_bias == ()
    assert held.citing_bias == 0.0


@pytest.mark.parametrize(("question", "has_passages"), [("thanks", False), ("And in Japan?", True)])
def test_of_a_long_chat_only_the_last_two_exchanges_are_seen(question: str, has_passages: bool):
    earlier = [Exchange(f"remark {number}", "Hello!") for number in range(20)]

    seen = earlier_for_quoting(question, earlier, has_passages=has_passages)

    assert [exchange.question for exchange in seen] == ["remark 18", "remark 19"]
    assert earlier_for_quoting("Do you ship to Japan?", earlier, has_passages=True) == ()
