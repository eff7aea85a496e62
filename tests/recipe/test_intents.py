import random
import tomllib

import pytest
from chat.intents import FOLDER, SmallTalk

from lorag.prompts.language import language_of


@pytest.fixture(params=["en", "ko"])
def language(request):
    return request.param


@pytest.fixture
def written(language):
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def test_there_are_three_hundred_intents_with_several_wordings_each(written):
    assert len(written["intent"]) >= 300
    assert all(len(intent["says"]) >= 2 and intent["replies"] for intent in written["intent"])


def test_no_wording_belongs_to_two_intents(written):
    wordings = [wording.lower() for intent in written["intent"] for wording in intent["says"]]

    assert len(wordings) == len(set(wordings))


def test_every_reply_is_in_the_language_of_its_file(written, language):
    replies = [reply for intent in written["intent"] for reply in intent["replies"]] + written["no_documents"]

    assert [reply for reply in replies if language_of(reply) != language] == []


def test_no_reply_looks_like_a_quote_of_a_document(written):
    replies = [reply for intent in written["intent"] for reply in intent["replies"]]

    assert [reply for reply in replies if reply.startswith("[")] == []


@pytest.mark.parametrize(
    "order", ["can you please write", "could you write", "please write", "시 써 줄래", "시 써 주세요"]
)
def test_what_is_written_as_an_order_is_asked_politely_as_well(order):
    talk, rng = SmallTalk(FOLDER), random.Random(1)

    said = [text.lower() for _ in range(30_000) for role, text in talk.conversation(rng)[0] if role == "user"]

    assert any(text.startswith(order) for text in said)
    assert not any(text.startswith(("can you what", "please how", "can you hi")) for text in said)
