"""Chats survive what happens to the process that writes them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lorag.errors import LibraryError
from lorag.library.chats import Chats
from lorag.library.database import Database


@pytest.fixture
def chats(tmp_path: Path):
    with Database.open(tmp_path / "library.db") as database:
        yield Chats(database)


def test_a_turn_comes_back_with_everything_saved_beside_it(chats: Chats) -> None:
    chat = chats.create()
    asked = chats.add_user(chat, "환불은 며칠 안에 되나요?")
    answer = chats.start_answer(chat, asked, "builtin", [("formal", 0.8)])
    chats.append_answer(answer, "7일")
    chats.finish_answer(
        answer,
        "7일 안에 됩니다 [1].",
        "complete",
        citations=[{"n": 1, "quote": "7일 안에 환불합니다."}],
        search={"query": "환불"},
        timings={"total": 1.5},
    )
    user, reply = chats.history(chat)
    assert (user.role, user.text, user.status) == ("user", "환불은 며칠 안에 되나요?", "complete")
    assert (reply.text, reply.status, reply.parent_id) == ("7일 안에 됩니다 [1].", "complete", asked)
    assert (reply.model, reply.adapters) == ("builtin", (("formal", 0.8),))
    assert reply.citations == ({"n": 1, "quote": "7일 안에 환불합니다."},)
    assert (reply.search, reply.timings) == ({"query": "환불"}, {"total": 1.5})


def test_a_chat_without_a_title_takes_on_its_first_question(chats: Chats) -> None:
    chat = chats.create()
    chats.add_user(chat, "How many days\n of leave? " + "x" * 80)
    chats.add_user(chat, "second")
    title = chats.get(chat).title
    assert title.startswith("How many days of leave? xxx")
    assert len(title) <= 60


def test_history_follows_the_branch_of_the_given_leaf(chats: Chats) -> None:
    chat = chats.create("branches")
    question = chats.add_user(chat, "q")
    first = chats.start_answer(chat, question, "m", [])
    chats.finish_answer(first, "first", "complete")
    second = chats.start_answer(chat, question, "m", [])
    chats.finish_answer(second, "second", "stopped")
    assert [message.text for message in chats.history(chat, first)] == ["q", "first"]
    assert [message.text for message in chats.history(chat)] == ["q", "second"]
    assert [message.text for message in chats.messages(chat)] == ["q", "first", "second"]


@pytest.mark.parametrize("query", ["연차", "REFUND", "100%", "_id", "연차 refund"])
def test_search_finds_parts_of_words_in_any_language(chats: Chats, query: str) -> None:
    chat = chats.create("t")
    chats.add_user(chat, "연차휴가와 refund, 100% of user_id")
    chats.add_user(chat, "something else")
    assert [hit.excerpt for hit in chats.search(query)] == ["연차휴가와 refund, 100% of user_id"]


def test_wildcard_characters_do_not_match_other_text(chats: Chats) -> None:
    chats.add_user(chats.create("t"), "1000 of userXid")
    assert chats.search("100%") == []
    assert chats.search("r_i") == []
    assert chats.search(" ") == []


def test_search_follows_edits_and_deletes(chats: Chats) -> None:
    chat = chats.create("t")
    asked = chats.add_user(chat, "question")
    answer = chats.start_answer(chat, asked, "m", [])
    chats.append_answer(answer, "half an elephant")
    assert chats.search("elephant") == []
    chats.finish_answer(answer, "a whole elephant", "complete")
    assert [hit.message_id for hit in chats.search("elephant")] == [answer]
    chats.delete(chat)
    assert chats.search("elephant") == []
    assert chats.recent() == []


def test_text_that_is_not_valid_unicode_is_saved_as_far_as_it_can_be(chats: Chats) -> None:
    chat = chats.create()
    chats.add_user(chat, "broken \ud83d pair")
    assert chats.history(chat)[0].text == "broken ? pair"


def test_writing_into_a_chat_that_is_gone_is_an_error_that_says_so(chats: Chats) -> None:
    with pytest.raises(LibraryError, match="no chat 7"):
        chats.add_user(7, "hello")


def test_the_last_used_chat_comes_first(chats: Chats) -> None:
    older, newer = chats.create("older"), chats.create("newer")
    assert [chat.id for chat in chats.recent()] == [newer, older]
    chats.add_user(older, "again")
    assert [chat.id for chat in chats.recent()] == [older, newer]
    chats.rename(older, "renamed")
    assert chats.get(older).title == "renamed"
    assert chats.get(older).n_messages == 1


_STREAM = """
import itertools, sys
from pathlib import Path
from lorag.library.chats import Chats
from lorag.library.database import Database
chats = Chats(Database.open(Path(sys.argv[1])))
chat = chats.create()
asked = chats.add_user(chat, "the question")
answer = chats.start_answer(chat, asked, "m", [])
text = ""
for count in itertools.count():
    text += f"sentence {count}. "
    chats.append_answer(answer, text)
    print(text, flush=True)
"""


@pytest.mark.parametrize("kill_after", [1, 7, 40])
def test_a_killed_stream_keeps_the_question_and_all_that_was_flushed(tmp_path: Path, kill_after: int) -> None:
    path = tmp_path / "library.db"
    with subprocess.Popen(
        [sys.executable, "-c", _STREAM, str(path)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        flushed = [process.stdout.readline() for _ in range(kill_after)][-1].rstrip("\n")
        os.kill(process.pid, signal.SIGKILL)
    with Database.open(path) as database:
        chats = Chats(database)
        assert chats.recover() == 1
        assert chats.recover() == 0
        question, answer = chats.history(1)
        assert question.text == "the question"
        assert answer.text.startswith(flushed)
        assert answer.status == "stopped"
        assert [hit.message_id for hit in chats.search("sentence 0")] == [answer.id]
        assert database.integrity_problems() == []


def test_only_an_answer_without_words_beside_others_is_discarded(chats: Chats) -> None:
    chat = chats.create()
    asked = chats.add_user(chat, "one?")
    alone = chats.start_answer(chat, asked, "builtin", ())
    chats.finish_answer(alone, "", "stopped")
    assert not chats.discard_empty(alone)
    written, empty = (chats.start_answer(chat, asked, "builtin", ()) for _ in range(2))
    chats.finish_answer(written, "some words", "stopped")
    chats.finish_answer(empty, "", "stopped")
    assert not chats.discard_empty(written)
    assert chats.discard_empty(empty)
    assert [message.id for message in chats.messages(chat)] == [asked, alone, written]
