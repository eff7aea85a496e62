"""``lorag chat --plain``: a conversation line by line, for pipes and screen readers."""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack, aclosing
from typing import Final

from lorag.chat.events import AnswerText, TurnDone
from lorag.commands.interrupts import Interrupts
from lorag.commands.lines import LineReader
from lorag.commands.report import TurnReport
from lorag.commands.session import Session, open_session
from lorag.commands.setup import settings_from
from lorag.commands.slash import SlashCommands
from lorag.commands.terminal import harmless, never_fail_on_encoding
from lorag.commands.words import Words
from lorag.errors import LoragError
from lorag.translation.locale import locale_language
from lorag.translation.translate import in_language

EXIT_INTERRUPTED: Final = 130


def run(arguments: argparse.Namespace) -> int:
    """Talk until the user leaves or the pipe ends."""
    settings = settings_from(arguments)
    never_fail_on_encoding()
    words = Words(locale_language())
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            session = runner.run(stack.enter_async_context(open_session(settings, arguments.path)))
            runner.run(_load(session, words))
            return PlainChat(session, words, LineReader(settings.paths.root / "history")).talk(runner)
        finally:
            runner.run(stack.aclose())


class PlainChat:
    """Reads a line, answers it, and again."""

    def __init__(self, session: Session, words: Words, lines: LineReader) -> None:
        self._session = session
        self._words = words
        self._lines = lines
        self._commands = SlashCommands(session, words)
        self._failed = False

    def talk(self, runner: asyncio.Runner) -> int:
        """Return the exit code; in a pipe, a failed turn makes it 1."""
        if self._lines.interactive:
            print(self._words.say("welcome"))
        leaving = False
        while True:
            try:
                line = self._lines.read()
            except KeyboardInterrupt:
                print(file=sys.stderr)
                if leaving:
                    return EXIT_INTERRUPTED
                print(self._words.say("leave_again"), file=sys.stderr)
                leaving = True
                continue
            leaving = False
            if line is None or self._commands.leaves(line):
                return 1 if self._failed and not self._lines.interactive else 0
            try:
                self._take(line, runner)
            except asyncio.CancelledError:
                return EXIT_INTERRUPTED

    def _take(self, line: str, runner: asyncio.Runner) -> None:
        """Do what one line asks for; a failure is told and does not end the conversation."""
        try:
            if self._commands.knows(line):
                self._commands.obey(line)
            elif line:
                runner.run(self._answer(line))
        except LoragError as error:
            self._failed = True
            print(f"lorag: {in_language(error, self._words.language)}", file=sys.stderr)

    async def _answer(self, question: str) -> None:
        conversation = self._session.conversation
        watched = self._lines.interactive
        report = TurnReport(self._words, conversation.choice.name, answer_is_watched=watched)
        conversation.on_load = report.loading
        with Interrupts(conversation.stop) as interrupts:
            # Whatever this turn is at, the first Ctrl-C ends it and not the whole chat.
            interrupts.answering = True
            async with aclosing(conversation.reply(question)) as events:
                async for event in events:
                    report.follow(event)
                    if isinstance(event, AnswerText) and watched:
                        print(harmless(event.text), end="", flush=True)
                    elif isinstance(event, TurnDone):
                        self._print_end(event, report)

    def _print_end(self, done: TurnDone, report: TurnReport) -> None:
        self._commands.last = done
        # Where nobody watches it grow, the answer is printed once, without citations of sentences that were not sent.
        print("" if self._lines.interactive else harmless(done.answer), flush=True)
        report.print_notes()
        report.print_end(done)


async def _load(session: Session, words: Words) -> None:
    report = TurnReport(words, session.conversation.choice.name)
    session.conversation.on_load = report.loading
    await session.conversation.load_model()
    report.status.clear()
