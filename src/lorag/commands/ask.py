"""``lorag ask``: one question, one answer on stdout, its sources on stderr; or one of each for every line of stdin."""

import argparse
import asyncio
import sys
from typing import TextIO

from lorag.commands.ask_answer import answer, clean_question
from lorag.commands.ask_lines import answer_each, questions_from
from lorag.commands.session import open_session
from lorag.commands.setup import settings_from
from lorag.commands.terminal import never_fail_on_encoding
from lorag.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Answer one question, or one a line."""
    settings = settings_from(arguments)
    never_fail_on_encoding()
    read = questions_from if arguments.each_line else _one_question
    questions = read(arguments.question, sys.stdin)

    async def ask() -> int:
        async with open_session(settings, arguments.path) as session:
            if arguments.each_line:
                return await answer_each(session.conversation, questions, "json line" if arguments.json else "text")
            return await answer(session.conversation, questions[0], "json" if arguments.json else "text")

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
    question = clean_question(stdin.read() if words in ([], ["-"]) else " ".join(words))
    if not question:
        raise UsageError("the question is empty")
    return question


def _one_question(words: list[str], stdin: TextIO) -> list[str]:
    return [question_from(words, stdin)]
