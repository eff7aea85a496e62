"""The plain chat goes on after what interrupts one of its turns."""

import asyncio
import io
import os
import signal
import threading
from pathlib import Path
from typing import Any

from lorag.chat.conversation import Conversation
from lorag.chat.turn import Documents, ModelChoice, TurnOptions
from lorag.commands.chat_plain import PlainChat
from lorag.commands.lines import LineReader
from lorag.commands.session import Session
from lorag.commands.words import Words
from lorag.engine.api import LoadRequest
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.retrieval.passages import SearchResult
from lorag.settings import load_settings
from tests.chat.passages import ScriptedSearcher, passage
from tests.fakes_engine import FakeEngine


class HeldEngine(FakeEngine):
    """Tells other threads that it was asked to stop."""

    def __init__(self) -> None:
        super().__init__(["It is called Miso."])
        self.asked_to_stop = threading.Event()

    async def stop(self) -> None:
        await super().stop()
        self.asked_to_stop.set()


class Interrupted(ScriptedSearcher):
    """Searches until its first search has been stopped by Ctrl-C."""

    def __init__(self, engine: HeldEngine) -> None:
        super().__init__((passage("The cat is called Miso."),))
        self._engine = engine

    def search(self, question: str, **how: Any) -> SearchResult:
        if not self.asked:
            os.kill(os.getpid(), signal.SIGINT)
            assert self._engine.asked_to_stop.wait(60)
        return super().search(question, **how)


def test_ctrl_c_while_a_turn_still_searches_ends_the_turn_and_not_the_chat(tmp_path: Path, monkeypatch, capsys):
    engine = HeldEngine()
    monkeypatch.setattr("sys.stdin", io.StringIO("What is it called?\nAnd now?\n"))
    with Database.open(tmp_path / "library.db") as database, asyncio.Runner() as runner:
        conversation = Conversation(
            engine,
            Documents(Interrupted(engine), lambda: True),
            Chats(database),
            ModelChoice("fake", LoadRequest(Path("fake.gguf"))),
            TurnOptions(),
        )
        chat = PlainChat(
            Session(load_settings({}).settings, conversation), Words("en"), LineReader(tmp_path / "history")
        )

        assert chat.talk(runner) == 0

        answers = [message for message in Chats(database).history(conversation.chat_id or 0) if message.role != "user"]
    assert [(answer.status, answer.text) for answer in answers] == [("stopped", ""), ("complete", "It is called Miso.")]
    assert "It is called Miso." in capsys.readouterr().out
