"""From documents to answers through pipes, in English and Korean."""

import json
import subprocess

import pytest

from tests.end_to_end.support import LEAVE, LEAVE_KO, LORAG

QUESTIONS = {
    "en": ("leave.md", LEAVE, "How many days of annual leave does every employee have?"),
    "ko": ("휴가 규정.md", LEAVE_KO, "직원은 일 년에 연차를 며칠 쓸 수 있나요?"),
}


@pytest.mark.parametrize("language", QUESTIONS)
def test_an_answer_stands_on_stdout_and_its_sources_on_stderr(asked, language):
    name, text, question = QUESTIONS[language]

    done = asked.run("ask", question, "--path", f"*{name}")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    # The model answers by quoting: every line is a sentence of the document behind its number.
    for line in done.stdout.strip().splitlines():
        number, _, sentence = line.partition("] ")
        assert number.startswith("[")
        assert sentence.strip() in " ".join(text.split())
    assert all(line.startswith("[") and name in line for line in done.stderr.splitlines())
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_json_of_an_answer_points_into_the_document(asked, language):
    name, text, question = QUESTIONS[language]

    record = asked.json("ask", "--path", f"*{name}", stdin=question)

    assert record["citations"]
    for citation in record["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["verified"] is True
        assert citation["document"].endswith(name)
        lines = text.splitlines()[citation["line_start"] - 1 : citation["line_end"]]
        assert citation["quote"] in "\n".join(lines)
    assert record["query"] == question
    assert record["refused"] is False


@pytest.mark.parametrize("question", ["What is the boiling point of tungsten?", "텅스텐의 끓는점은 몇 도인가요?"])
def test_nothing_in_the_documents_is_exit_code_3_without_asking_the_model(tiny_asked, question):
    done = tiny_asked.run("ask", question, "--json")

    record = json.loads(done.stdout)
    assert done.returncode == 3
    assert record["refused"] is True
    assert record["passages"] == []
    assert record["usage"] is None


def test_each_line_gives_a_json_object_a_line_in_the_order_of_the_questions(tiny_asked):
    questions = [
        "What is the boiling point of tungsten?",
        QUESTIONS["en"][2],
        "annual leave " * 40_000,
        QUESTIONS["ko"][2],
    ]

    done = tiny_asked.run("ask", "--each-line", "--json", stdin="\n".join(questions))

    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["question"] for record in records] == [question.strip() for question in questions]
    assert [record.get("refused") for record in records] == [True, False, None, False]
    assert set(records[2]) == {"question", "error"}
    assert done.returncode == 1
    assert done.stderr.startswith("lorag: question 3: ")


@pytest.mark.parametrize(("second", "code"), [("What is the boiling point of gold?", 3), (QUESTIONS["en"][2], 0)])
def test_each_line_is_exit_code_3_only_where_every_question_is_refused(tiny_asked, second, code):
    done = tiny_asked.run("ask", "--each-line", stdin=f"What is the boiling point of tungsten?\n{second}\n")

    assert done.returncode == code
    assert len(done.stdout.strip().split("\n\n")) == 2


def test_several_lines_without_each_line_are_one_question(tiny_asked):
    record = tiny_asked.json("ask", stdin="How many days\nof annual leave are there?\n")

    assert record["question"] == "How many days\nof annual leave are there?"


def test_without_a_library_the_answer_says_that_it_comes_without_documents(shell):
    done = shell.run("ask", "How many days of leave do I have?", "--max-tokens", "5")

    assert done.returncode == 0
    assert "library is empty" in done.stderr


def test_the_same_seed_gives_the_same_answer(tiny_shell):
    arguments = ("ask", "--no-rag", "Hello", "--max-tokens", "20", "--temperature", "1", "--seed", "5")

    assert tiny_shell.run(*arguments).stdout == tiny_shell.run(*arguments).stdout != ""


def test_questions_on_stdin_are_answered_one_after_the_other(asked):
    questions = f"{QUESTIONS['en'][2]}\n{QUESTIONS['ko'][2]}\n/sources\n/Quit now\nnever asked\n"

    done = asked.run("chat", "--plain", stdin=questions)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("✓") >= 2
    assert "모든 직원은" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_conversation_in_a_pipe_ends_with_its_input(tiny_shell):
    done = tiny_shell.run("chat", "--plain", "--no-rag", "--max-tokens", "3", stdin="Hello")

    assert done.returncode == 0
    assert done.stdout.strip()


def test_slash_commands_change_the_conversation(tiny_asked):
    lines = "/help\n/rag\n/rag off\n/model\n/adapter\n/sources\n/new\n/nonsense\n/rag perhaps\n/model nothing\n"

    done = tiny_asked.run("chat", "--plain", stdin=lines)

    for expected in (
        "/quit", "Answers come from the documents", "Plain chat", "Model: quoting", "No adapter", "no sources",
        "A new chat", "There is no /nonsense", "/rag takes on, off",
    ):  # fmt: skip
        assert expected in done.stdout
    assert "no model file nothing" in done.stderr
    # In a pipe, a line that failed is the exit code's business.
    assert done.returncode == 1


def test_a_path_is_a_question_and_not_a_command(tiny_shell):
    done = tiny_shell.run("chat", "--plain", "--no-rag", "--max-tokens", "3", stdin="/etc/hosts is what?\n")

    assert "There is no" not in done.stdout
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "reason"),
    [
        (["ask"], "", 2, "empty"),
        (["ask", "hello", "--model", "nothing"], "", 1, "no model file nothing"),
        (["ask", "hello", "--adapter", "nothing"], "", 1, "no adapter nothing"),
        (["ask", "hello", "--temperature", "-1"], "", 2, "--temperature"),
        (["ask", "hello", "--no-such"], "", 2, "--no-such"),
        (["ask"], "hello " * 40_000, 1, "shorter question"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(tiny_shell, arguments, stdin, code, reason):
    done = tiny_shell.run(*arguments, "--no-rag" if "--no-such" not in arguments else "--json", stdin=stdin)

    assert done.returncode == code
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_bytes_that_are_no_text_are_a_question_like_any_other(tiny_shell):
    done = tiny_shell.run("ask", "--no-rag", "--max-tokens", "3", stdin=b"\xff\xfe caf\xe9\x00?")

    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_is_no_error(tiny_shell):
    head = subprocess.run(
        f"'{LORAG}' models | head -1", shell=True, capture_output=True, env=tiny_shell.environment(), check=True
    )

    assert head.stderr == b""
