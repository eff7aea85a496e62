import io

import pytest

from lorag.commands.ask import question_from
from lorag.commands.ask_lines import questions_from
from lorag.errors import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("words", "stdin", "question"),
    [
        (["How", "many days?"], "", "How many days?"),
        ([], "연차는 며칠인가요?\n", "연차는 며칠인가요?"),
        (["-"], "  From a pipe?\n", "From a pipe?"),
        (["-"], "half \udcff character", "half ? character"),
    ],
)
def test_the_question_is_the_words_or_what_is_piped_in(words: list[str], stdin: str, question: str):
    assert question_from(words, io.StringIO(stdin)) == question


@pytest.mark.parametrize(("words", "stdin"), [([], ""), (["-"], "\n"), (["  "], "ignored")])
def test_an_empty_question_is_a_usage_error(words: list[str], stdin: str):
    with pytest.raises(UsageError, match="empty"):
        question_from(words, io.StringIO(stdin))


def test_no_question_at_a_terminal_does_not_wait_for_one():
    with pytest.raises(UsageError, match="lorag ask"):
        question_from([], Terminal())


def test_with_each_line_every_line_that_is_not_empty_is_a_question():
    assert questions_from([], io.StringIO("First?\n\n  둘째?\r\n")) == ["First?", "둘째?"]


@pytest.mark.parametrize(("words", "stdin", "message"), [([], "\n", "empty"), (["Why?"], "First?", "from the input")])
def test_each_line_without_lines_or_with_a_question_beside_them_is_a_usage_error(words, stdin, message):
    with pytest.raises(UsageError, match=message):
        questions_from(words, io.StringIO(stdin))
