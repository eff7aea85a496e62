"""One answer of ``lorag ask``: on stdout as text or JSON, its sources on stderr."""

import asyncio
import sys
from contextlib import aclosing, closing
from typing import Final, Literal

from lorag.chat.conversation import Conversation
from lorag.chat.events import AnswerText, ReadingPrompt, TurnDone
from lorag.chat.records import answer_record
from lorag.commands.interrupts import Interrupts
from lorag.commands.report import TurnReport
from lorag.commands.terminal import harmless, harmless_json
from lorag.commands.words import Words
from lorag.translation.locale import locale_language

EXIT_NO_ANSWER: Final = 3
EXIT_INTERRUPTED: Final = 130
AnswerForm = Literal["text", "json", "json line"]


def clean_question(text: str) -> str:
    """Return a question that can be printed and saved: bytes that are not the locale's text are lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").strip()


async def answer(conversation: Conversation, question: str, form: AnswerForm) -> int:
    """Run the turn, print what comes of it and return the exit code."""
    watched = sys.stdout.isatty() and form == "text"
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
    _print(done, report, form)
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


def _print(done: TurnDone, report: TurnReport, form: AnswerForm) -> None:
    if form != "text":
        print(harmless_json(answer_record(done), sys.stdout, one_line=form == "json line"))
    elif sys.stdout.isatty():
        from lorag.commands.markdown import print_markdown  # noqa: PLC0415 - rich is for terminals only

        print_markdown(harmless(done.answer), sys.stdout, verbatim=done.quoted)
    elif done.answer:
        print(harmless(done.answer))
    sys.stdout.flush()
    report.print_notes()
    if form == "text":
        report.print_end(done)
