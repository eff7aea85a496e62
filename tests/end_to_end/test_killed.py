"""kill -9 at any moment: the chat is intact, the next command goes on from it, and no process stays behind."""

import os
import random
import signal
import subprocess
import time

import psutil

from tests.end_to_end.support import LEAVE, LORAG, Shell, engine_of, engines_of, until

ENDLESS = ("--no-rag", "--temperature", "0", "--max-tokens", "30000")
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
"""Other moments in every run of the tests; a failure names the seed that brings its own back."""
MOMENTS = 5
LATEST_CHARACTER = 1500
KILLED_QUESTION = "A question that must not be lost"


def test_an_app_killed_at_random_moments_leaves_every_chat_intact_and_no_process_behind(tiny_shell):
    moments = [0, *(random.Random(SEED).randrange(1, LATEST_CHARACTER) for _ in range(MOMENTS - 1))]
    hint = f"moments {moments}; again with KILL_SEED={SEED}"
    for number, characters in enumerate(moments, start=1):
        kill_after(tiny_shell, characters)
        messages = tiny_shell.messages()
        # The next start has told the answers before this one as stopped.
        assert [message.text for message in messages[::2]] == [KILLED_QUESTION] * number, hint
        assert [message.status for message in messages[1::2]] == ["stopped"] * (number - 1) + ["streaming"], hint
        assert tiny_shell.problems() == [], hint

    after = tiny_shell.run("ask", "Hello", "--no-rag", "--max-tokens", "2")

    assert after.returncode == 0, hint
    assert tiny_shell.messages()[2 * MOMENTS - 1].status == "stopped", hint


def kill_after(shell: Shell, characters: int) -> None:
    """Ask, kill the app when so many characters of the answer are on the screen, and wait for its engine to notice."""
    with shell.terminal("chat", "--plain", *ENDLESS) as terminal:
        terminal.wait_for("> ")
        terminal.ask(KILLED_QUESTION, characters)
        engine = engine_of(terminal.pid)
        os.kill(terminal.pid, signal.SIGKILL)
        engine.wait(30)


def test_a_killed_chat_can_be_gone_on_with(tiny_shell):
    with tiny_shell.terminal("chat", "--plain", *ENDLESS) as terminal:
        terminal.wait_for("> ")
        terminal.ask("First question")
        # A part of the answer is on disk after the second that a killed app may lose.
        while not tiny_shell.messages()[-1].text:
            terminal.read_at_least(1)
        os.kill(terminal.pid, signal.SIGKILL)

    chat_id = tiny_shell.messages()[0].chat_id
    history = tiny_shell.history(chat_id)
    assert [message.role for message in history] == ["user", "assistant"]
    assert history[-1].text


def test_an_engine_that_dies_in_mid_answer_is_one_line_and_the_next_question_is_answered(tiny_shell):
    with tiny_shell.terminal("chat", "--plain", *ENDLESS) as terminal:
        terminal.wait_for("> ")
        terminal.ask("Hello", 200)
        os.kill(engine_of(terminal.pid).pid, signal.SIGKILL)
        message = terminal.wait_for("lorag: the engine process ended.*log")
        terminal.wait_for("> ")
        terminal.ask("Hello again", 200)
        terminal.interrupt()
        terminal.wait_for(r"\(stopped\)")
        terminal.wait_for("> ")
        terminal.say("/quit")
        _, code = terminal.end()

    assert "SIGKILL" in message
    assert code == 0
    assert [message.status for message in tiny_shell.messages()] == ["complete", "failed", "complete", "stopped"]


def test_an_engine_that_dies_fails_a_single_question_with_one_line(tiny_shell):
    process = subprocess.Popen(
        [LORAG, "ask", "Hello", *ENDLESS],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=tiny_shell.environment(),
    )
    watched = psutil.Process(process.pid)
    until(lambda: bool(engines_of(process.pid)), watched)
    until(lambda: tiny_shell.library.exists() and len(tiny_shell.messages()) == 2, watched)
    os.kill(engine_of(process.pid).pid, signal.SIGKILL)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert b"lorag: the engine process ended (SIGKILL" in err
    assert b"Traceback" not in err
    assert out == b""


def test_a_killed_add_leaves_a_library_that_the_next_one_completes(tiny_shell):
    for number in range(30):
        tiny_shell.write(f"document-{number}.md", LEAVE.replace("25", str(number)) * 20)
    folder = str(tiny_shell.folder / "documents")
    process = subprocess.Popen(
        [LORAG, "add", folder, "--json"], stdout=subprocess.PIPE, env=tiny_shell.environment(), text=True
    )
    assert process.stdout is not None
    for _ in range(10):
        process.stdout.readline()
    process.kill()
    process.communicate()

    again = tiny_shell.run("add", folder)

    assert again.returncode == 0, again.stderr
    assert {row["state"] for row in tiny_shell.json("list")} == {"ready"}
    assert len(tiny_shell.json("list")) == 30
    assert tiny_shell.problems() == []
