import tomllib

import pytest
from chat.intents import FOLDER

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
