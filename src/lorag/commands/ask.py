"""``lorag ask``: one question, one answer on stdout, its sources on stderr."""

import argparse
import asyncio
import sys
from contextlib import aclosing, closing
from typing import Final, TextIO

from lorag.chat.conversation import Conversation
from lorag.chat.events import AnswerText, ReadingPrompt, TurnDone
from lorag.chat.records import answer_record
from lorag.commands.interrupts import Interrupts
from lorag.commands.report import TurnReport
from lorag.commands.session import open_session
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless, harmless_json, never_fail_on_encoding
from lorag.commands.words import Words
from lorag.errors import UsageError
from lorag.translation.locale import locale_language

EXIT_NO_ANSWER: Final = 3
EXIT_INTERRUPTED: Final = 130


def run(arguments: argparse.Namespace) -> int:
    """Answer one question."""
    settings = settings_from(arguments)
    never_fail_on_encoding()
    question = question_from(arguments.question, sys.stdin)

    async def ask() -> int:
        async with open_session(settings, arguments.path) as session:
            return await answer(session.conversation, question, json_wanted=arguments.json)

    try:
        return asyncio.run(ask())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def question_from(words: list[str], stdin: TextIO) -> str:
    """Return the words as one question, or what stands on stdin for ``-`` or nothing.

    Raises:
        UsageError: There is no question.
    """
    if not words and stdin.isatty():
        raise UsageError('no question: lorag ask "How many days of leave do I have?", or pipe one in')
    text = stdin.read() if words in ([], ["-"]) else " ".join(words)
    # Bytes that are not the locale's text arrive as lone surrogates, which nothing after here could print or save.
    question = text.encode("utf-8", "replace").decode("utf-8").strip()
    if not question:
        raise UsageError("the question is empty")
    return question


async def answer(conversation: Conversation, question: str, *, json_wanted: bool) -> int:
    """Run the turn, print what comes of it and return the exit code."""
    watched = sys.stdout.isatty() and not json_wanted
    report = TurnReport(Words(locale_language()), conversation.choice.name, answer_is_watched=watched)
    preview = _Preview(report, shown=watched)
    done: TurnDone | None = None
    conversation.on_load = report.loading
    with Interrupts(conversation.stop) as interrupts, closing(preview):
        async with aclosing(conversation.reply(question)) as events:
            async for event in events:
                interrupts.answering = interrupts.answering or isinstance(event, ReadingPrompt | AnswerText)
                report.follow(event)
                if isinstance(event, AnswerText):
                    preview.add(event.text)
                elif isinstance(event, TurnDone):
                    done = event
    if done is None:
        raise asyncio.CancelledError
    _print(done, report, json_wanted=json_wanted)
    if interrupts.count:
        return EXIT_INTERRUPTED
    return EXIT_NO_ANSWER if done.refused else 0


class _Preview:
    """The answer as it grows, on a terminal only: everywhere else it is printed once, checked."""

    def __init__(self, report: TurnReport, *, shown: bool) -> None:
        self._report = report
        self._live = None
        if shown:
            from lorag.commands.markdown import LivePreview  # noqa: PLC0415 - rich is for terminals only

            self._live = LivePreview(sys.stdout)

    def add(self, text: str) -> None:
        if self._live is not None:
            self._report.status.clear()
            self._live.add(harmless(text))

    def close(self) -> None:
        self._report.status.clear()
        if self._live is not None:
            self._live.close()


def _print(done: TurnDone, report: TurnReport, *, json_wanted: bool) -> None:
    if json_wanted:
        print(harmless_json(answer_record(done), sys.stdout))
    elif sys.stdout.isatty():
        from lorag.commands.markdown import print_markdown  # noqa: PLC0415 - rich is for terminals only

        print_markdown(harmless(done.answer), sys.stdout, verbatim=done.quoted)
    elif done.answer:
        print(harmless(done.answer))
    sys.stdout.flush()
    report.print_notes()
    if not json_wanted:
        report.print_end(done)
