"""``lorag ask --each-line``: every line of standard input is a question of its own, answered with one loaded model."""

import sys
from collections.abc import Sequence
from typing import Final, TextIO

from lorag.chat.conversation import Conversation
from lorag.commands.ask_answer import EXIT_INTERRUPTED, EXIT_NO_ANSWER, AnswerForm, answer, clean_question
from lorag.commands.terminal import harmless_json
from lorag.errors import LoragError, UsageError
from lorag.translation.translate import in_locale

EXIT_FAILED: Final = 1


def questions_from(words: list[str], stdin: TextIO) -> list[str]:
    """Return the lines of stdin that hold a question.

    Raises:
        UsageError: There is none, or a question stands on the command line as well.
    """
    if words not in ([], ["-"]):
        raise UsageError("--each-line takes its questions from the input: lorag ask --each-line < questions.txt")
    questions = [clean_question(line) for line in stdin.read().split("\n")]
    if not any(questions):
        raise UsageError("the question is empty")
    return [question for question in questions if question]


async def answer_each(conversation: Conversation, questions: Sequence[str], form: AnswerForm) -> int:
    """Answer the questions, each as a chat of its own; return 1 if one failed, 3 if every one was refused."""
    codes: list[int] = []
    for number, question in enumerate(questions, start=1):
        if codes and form == "text":
            print()
        conversation.begin_anew()
        try:
            codes.append(await answer(conversation, question, form))
        except LoragError as error:
            codes.append(EXIT_FAILED)
            _tell(number, question, error, form)
        if codes[-1] == EXIT_INTERRUPTED:
            return EXIT_INTERRUPTED
    if EXIT_FAILED in codes:
        return EXIT_FAILED
    return EXIT_NO_ANSWER if set(codes) == {EXIT_NO_ANSWER} else 0


def _tell(number: int, question: str, error: LoragError, form: AnswerForm) -> None:
    """Tell what became of one question; the next one is asked all the same."""
    failure = LoragError(f"question {number}: {error}")
    if form == "text":
        print(f"lorag: {in_locale(failure)}", file=sys.stderr)
    else:
        print(f"lorag: {failure}", file=sys.stderr)
        print(harmless_json({"question": question, "error": str(error)}, sys.stdout, one_line=True), flush=True)
