"""The line-based commands in a terminal: what is seen, what Ctrl-C does."""

import json
import re

import pytest

from tests.end_to_end.support import LEAVE, LEAVE_KO, plain

ENDLESS = ("--no-rag", "--temperature", "0", "--max-tokens", "30000")


@pytest.mark.parametrize(
    ("language", "name", "text", "question", "place"),
    [
        ("en_US.UTF-8", "leave.md", LEAVE, "How many days of annual leave?", r"line (\d+)"),
        ("ko_KR.UTF-8", "휴가 규정.md", LEAVE_KO, "연차는 일 년에 며칠인가요?", r"(\d+)행"),
    ],
)
def test_an_answer_in_a_terminal_ends_with_its_sources(asked, language, name, text, question, place):
    with asked.terminal("ask", question, "--path", f"*{name}", language=language, size=(24, 100)) as terminal:
        seen, code = terminal.end()

    assert code == 0
    lines = [match.groups() for line in seen.splitlines() if (match := re.match(r"\[(\d+)\] (.*)", line))]
    sources = {number: rest for number, rest in lines if rest.startswith(name)}
    answers = {number: rest for number, rest in lines if not rest.startswith(name)}
    assert sources
    assert set(sources) == set(answers)
    for number, source in sources.items():
        line = re.search(place, source)
        assert line
        assert answers[number] in text.splitlines()[int(line[1]) - 1]


@pytest.mark.parametrize(
    ("name", "text", "question"),
    [
        ("leave.md", LEAVE, "How many days of annual leave?"),
        ("휴가 규정.md", LEAVE_KO, "연차는 일 년에 며칠인가요?"),
    ],
)
def test_an_answer_in_the_plain_chat_stays_on_the_screen(asked, name, text, question):
    with asked.terminal("chat", "--plain", "--path", f"*{name}", size=(30, 120)) as terminal:
        raw = terminal.wait_for("> ")
        terminal.say(question)
        raw += terminal.wait_for("✓.*> ")
        shown = terminal.screen(raw)

    answers = [line for line in shown if line.startswith("[") and name not in line]
    assert answers, shown
    for line in answers:
        assert "".join(line.partition("] ")[2].split()) in "".join(text.split())


def test_ctrl_c_stops_an_answer_and_keeps_what_was_written(tiny_shell):
    with tiny_shell.terminal("ask", "Hello", *ENDLESS) as terminal:
        terminal.read_at_least(2000)
        terminal.interrupt()
        seen, code = terminal.end()

    assert code == 130
    assert "(stopped)" in seen
    assert [(m.role, m.status, bool(m.text)) for m in tiny_shell.messages()] == [
        ("user", "complete", True),
        ("assistant", "stopped", True),
    ]


def test_ctrl_c_before_the_answer_leaves_at_once(tiny_shell):
    with tiny_shell.terminal("chat", "--plain") as terminal:
        terminal.wait_for("> ")
        terminal.interrupt()
        terminal.wait_for("Press Ctrl-C again")
        terminal.interrupt()
        _, code = terminal.end()

    assert code == 130


def test_a_stopped_answer_is_part_of_the_conversation_that_goes_on(tiny_shell):
    with tiny_shell.terminal("chat", "--plain", *ENDLESS) as terminal:
        terminal.wait_for("> ")
        terminal.ask("Hello", 500)
        terminal.interrupt()
        terminal.wait_for(r"\(stopped\)")
        terminal.wait_for("> ")
        terminal.ask("And now?", 500)
        terminal.interrupt()
        terminal.wait_for(r"\(stopped\)")
        terminal.wait_for("> ")
        terminal.say("/quit")
        _, code = terminal.end()

    assert code == 0
    messages = tiny_shell.messages()
    assert [message.role for message in messages] == ["user", "assistant"] * 2
    assert [message.parent_id for message in messages[1:]] == [message.id for message in messages[:-1]]


def test_two_interrupts_leave_in_the_middle_of_an_answer(tiny_shell):
    with tiny_shell.terminal("ask", "Hello", *ENDLESS) as terminal:
        terminal.read_at_least(500)
        terminal.interrupt()
        terminal.interrupt()
        _, code = terminal.end()

    assert code == 130
    assert tiny_shell.messages()[-1].status == "stopped"


def test_korean_words_and_commands_in_a_korean_terminal(tiny_shell):
    with tiny_shell.terminal("chat", "--plain", language="ko_KR.UTF-8") as terminal:
        terminal.wait_for("문서에 대해 물어보세요")
        terminal.say("/help")
        seen = terminal.wait_for("/quit")
        terminal.say("/모름")
        terminal.wait_for("명령은 없습니다")
        terminal.say("/quit")
        _, code = terminal.end()

    assert "새 대화 시작" in plain(seen)
    assert code == 0


def test_ctrl_d_leaves(tiny_shell):
    with tiny_shell.terminal("chat", "--plain") as terminal:
        terminal.wait_for("> ")
        terminal.process.sendeof()
        _, code = terminal.end()

    assert code == 0


def test_json_in_a_terminal_is_still_json_alone(tiny_asked):
    with tiny_asked.terminal("ask", "How many days of annual leave?", "--json") as terminal:
        seen, code = terminal.end()

    assert code == 0
    assert json.loads(seen[seen.index("{") : seen.rindex("}") + 1])["citations"]


def test_the_history_of_lines_is_private(tiny_shell):
    with tiny_shell.terminal("chat", "--plain", *ENDLESS) as terminal:
        terminal.wait_for("> ")
        terminal.say("/rag")
        terminal.wait_for("> ")
        terminal.say("/quit")
        terminal.end()

    assert (tiny_shell.data_dir / "history").stat().st_mode & 0o077 == 0
