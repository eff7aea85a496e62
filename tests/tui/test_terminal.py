"""The whole program in a real terminal, with a real engine on a tiny model."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from rich.cells import cell_len

from tests.end_to_end.support import LEAVE, LEAVE_KO, Shell, engine_of, quoting_model, until
from tests.pseudo_terminal import end
from tests.tui.terminal import APP, Terminal

CTRL_C, CTRL_D, CTRL_Q, CTRL_Z, ESCAPE, ALT_J, ALT_Z, F1, F12 = (
    "\x03",
    "\x04",
    "\x11",
    "\x1a",
    "\x1b",
    "\x1bj",
    "\x1bz",
    "\x1bOP",
    "\x1b[24~",
)
ENDLESS = ("chat", "--no-rag", "--temperature", "0", "--max-tokens", "30000")
QUESTION = "How many days of annual leave?"

Open = Callable[..., Terminal]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, str(quoting_model()))


@pytest.fixture
def opened(shell: Shell) -> Iterator[Open]:
    """Return a function that runs a command in a terminal, the app when none is given."""
    terminals: list[Terminal] = []

    def run(
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        language: str = "en_US.UTF-8",
        command: tuple[str, ...] = APP,
    ) -> Terminal:
        terminals.append(Terminal(shell, (*command, *arguments), size=size, language=language))
        return terminals[-1]

    yield run
    for terminal in terminals:
        end(terminal.process)


def loaded(screen: str) -> bool:
    return "quoting  ·  no adapter" in screen


def test_the_app_starts_takes_text_at_once_and_ends_with_the_terminal_as_it_was(opened: Open) -> None:
    terminal = opened()
    terminal.type("half a question")
    screen = terminal.wait_for("│ half a question")
    assert "lorag" in screen.split("\n")[0]
    assert "half a question" in terminal.wait_for(loaded)
    assert "half a question" in terminal.caret_line
    terminal.type(CTRL_Q)
    assert terminal.end() == 0
    left_the_screen, shows_the_caret = b"\x1b[?1049l", b"\x1b[?25h"
    assert left_the_screen in terminal.last
    assert shows_the_caret in terminal.last


@pytest.mark.parametrize(
    ("language", "text", "question", "quoted", "title"),
    [
        ("en_US.UTF-8", LEAVE, QUESTION, "✓ quote verified", "Sources ("),
        ("ko_KR.UTF-8", LEAVE_KO, "연차는 일 년에 며칠인가요?", "✓ 인용 확인됨", "출처 ("),
    ],
)
def test_a_question_is_answered_with_its_sources_beside_it(
    opened: Open, shell: Shell, language: str, text: str, question: str, quoted: str, title: str
) -> None:
    shell.add(shell.write("leave.md", text))
    terminal = opened(language=language)
    terminal.ask(question)
    screen = terminal.wait_for(lambda screen: quoted in screen and title in screen)
    assert question in screen.split("\n")[0]
    # Every line of the sidebar begins in the same cell, whatever wide characters stand before it.
    lines = [line for line in screen.split("\n")[3:30] if "│" in line[40:]]
    assert {cell_len(line[: line.index("│", 40)]) for line in lines} == {76}
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    assert [m.status for m in shell.messages()] == ["complete", "complete"]


def test_esc_stops_an_answer_and_keeps_what_there_is(opened: Open, shell: Shell) -> None:
    terminal = opened(*ENDLESS)
    terminal.wait_for(loaded)
    terminal.ask("Hello")
    terminal.wait_for(lambda _: any(message.text for message in shell.messages()[1:]))
    terminal.type(ESCAPE)
    terminal.wait_for("stopped")
    terminal.type(CTRL_Q)
    assert terminal.end() == 0
    [_, answer] = shell.messages()
    assert answer.status == "stopped"
    assert answer.text


def test_quitting_in_the_middle_of_an_answer_loses_nothing(opened: Open, shell: Shell) -> None:
    terminal = opened(*ENDLESS)
    terminal.wait_for(loaded)
    terminal.ask("Hello")
    terminal.wait_for(lambda _: any(message.text for message in shell.messages()[1:]))
    engine = engine_of(terminal.pid)
    terminal.type(CTRL_Q)
    assert terminal.end() == 0
    assert [message.status for message in shell.messages()] == ["complete", "stopped"]
    assert not engine.is_running()


def test_a_killed_chat_is_gone_on_with(opened: Open, shell: Shell) -> None:
    terminal = opened(*ENDLESS)
    terminal.wait_for(loaded)
    terminal.ask("Hello")
    terminal.wait_for(lambda _: any(message.text for message in shell.messages()[1:]))
    terminal.type("a draft")
    terminal.wait_for(lambda _: (shell.data_dir / "draft.txt").exists())
    engine = engine_of(terminal.pid)
    os.kill(terminal.pid, signal.SIGKILL)
    psutil.wait_procs([engine], timeout=30)
    assert not engine.is_running()
    again = opened()
    again.wait_for("a draft")
    again.wait_for(loaded)
    again.type(ALT_J)
    screen = again.wait_for("stopped")
    assert "Hello" in screen.split("\n")[0]
    assert shell.problems() == []


def test_an_engine_that_dies_is_a_message_and_a_restart_away(opened: Open, shell: Shell) -> None:
    terminal = opened(*ENDLESS)
    terminal.wait_for(loaded)
    terminal.ask("Hello")
    terminal.wait_for(lambda _: any(message.text for message in shell.messages()[1:]))
    engine_of(terminal.pid).kill()
    terminal.wait_for("no model: /restart or /model")
    terminal.type(ALT_Z)
    terminal.wait_for(loaded)
    terminal.ask("And now?")
    terminal.wait_for(lambda _: len(shell.messages()) == 4 and shell.messages()[3].text)
    terminal.type(ESCAPE)
    terminal.wait_for(lambda _: shell.messages()[3].status == "stopped")
    assert [message.text for message in shell.messages()[::2]] == ["Hello", "And now?"]


def test_ctrl_z_leaves_the_terminal_to_the_shell_and_fg_brings_the_chat_back(opened: Open) -> None:
    terminal = opened("--norc", "-i", command=("/bin/bash",))
    terminal.type(f"PS1='ready> '; {APP[0]}\r")
    terminal.wait_for(loaded)
    terminal.type("still here")
    terminal.wait_for("│ still here")
    terminal.type(CTRL_Z)
    terminal.wait_for("Stopped")
    # An emulator that has seen nothing yet: the shell has the screen, and all of the chat has to be drawn again.
    terminal.resize(120, 40)
    terminal.type("fg\r")
    terminal.type(" again")
    terminal.wait_for("│ still here again")
    terminal.wait_for(lambda screen: loaded(screen) and "F1 help" in screen and "Answer from documents" in screen)
    assert "Stopped" not in terminal.text


def test_the_chat_ends_with_its_terminal_even_when_told_to_ignore_that(opened: Open) -> None:
    terminal = opened(command=("/bin/sh", "-c", f"trap '' HUP; exec {APP[0]}"))
    terminal.wait_for(loaded)
    engine = engine_of(terminal.pid)
    terminal.hang_up()
    # The engine ends when the chat has.
    gone, _ = psutil.wait_procs([engine], timeout=30)
    assert gone == [engine]
    terminal.process.wait()
    assert terminal.process.signalstatus == signal.SIGHUP


def test_the_screen_follows_the_size_of_the_terminal(opened: Open) -> None:
    terminal = opened(size=(140, 40))
    terminal.wait_for(loaded)
    terminal.wait_for("Answer from documents")
    terminal.resize(80, 24)
    terminal.wait_for(lambda screen: "Answer from documents" not in screen and "F1 help" in screen)
    terminal.resize(140, 40)
    terminal.wait_for("Answer from documents")
    assert "F1 help" in terminal.text


def test_korean_text_is_typed_and_the_caret_stands_after_it(opened: Open) -> None:
    terminal = opened()
    terminal.wait_for(loaded)
    terminal.type("안녕하세요 여러분")
    terminal.wait_for("│ 안녕하세요 여러분")
    assert terminal.caret_line.startswith("│ 안녕하세요 여러분")
    terminal.type("\x7f" * 4)
    terminal.wait_for(lambda screen: "│ 안녕하세요" in screen and "여러분" not in screen)


def test_a_model_that_is_not_there_is_one_line_on_a_clean_terminal(opened: Open) -> None:
    terminal = opened("chat", "--model", "nowhere")
    assert terminal.end() == 1
    assert "there is no model file nowhere" in terminal.text
    assert "RAG on" not in terminal.text


FAULTY = """
import sys
from lorag.cli.main import main
from lorag.tui.app import LoragApp

async def planted(app):
    raise RuntimeError("planted")

LoragApp.action_interrupt = planted
sys.exit(main(sys.argv[1:]))
"""


def test_a_fault_that_ends_the_chat_is_told_on_the_terminal_with_the_place_of_the_log(
    opened: Open, shell: Shell
) -> None:
    terminal = opened(command=(sys.executable, "-c", FAULTY))
    terminal.wait_for(loaded)
    terminal.type(CTRL_C)
    assert terminal.end() == 1
    told = [line for line in terminal.last.decode().splitlines() if "lorag: " in line]
    assert len(told) == 1
    assert "RuntimeError('planted')" in told[0]
    assert "What was said is saved" in told[0]
    log = shell.data_dir / "logs" / "app.log"
    assert str(log) in told[0]
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize("there", [False, True], ids=["missing", "no program"])
def test_an_editor_that_cannot_start_is_a_message_and_the_chat_goes_on(opened: Open, shell: Shell, there: bool) -> None:
    editor = shell.folder / "editor"
    if there:
        editor.write_bytes(b"\0 no program")
        editor.chmod(0o700)
    terminal = opened(command=("/usr/bin/env", "-u", "VISUAL", f"EDITOR={editor}", *APP))
    terminal.wait_for(loaded)
    terminal.type(F12)
    terminal.wait_for("could not be started")
    terminal.type("still here")
    terminal.wait_for("│ still here")
    assert "Traceback" not in terminal.text


def test_plain_keeps_the_line_by_line_chat_for_screen_readers(opened: Open) -> None:
    terminal = opened("chat", "--plain")
    terminal.wait_for("lorag: ask about your documents")
    assert "F1 help" not in terminal.text
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_a_terminal_that_cannot_draw_gets_lines(opened: Open) -> None:
    terminal = opened(command=("/usr/bin/env", "TERM=dumb", *APP))
    terminal.wait_for("lorag: ask about your documents")
    assert "F1 help" not in terminal.text


def test_no_colour_is_honoured(opened: Open, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(command=("/usr/bin/env", "NO_COLOR=1", *APP))
    terminal.wait_for(loaded)
    terminal.type(CTRL_Q)
    terminal.end()
    codes = [code for found in re.findall(rb"\x1b\[([0-9;]*)m", terminal.written) for code in found.split(b";")]
    assert {int(code or 0) for code in codes} <= {0, *range(1, 10), *range(21, 30)}


def test_what_libraries_print_does_not_reach_the_screen(opened: Open, shell: Shell) -> None:
    terminal = opened()
    terminal.wait_for(loaded)
    until((shell.data_dir / "logs" / "app.log").exists, psutil.Process(terminal.pid))
    assert "llama" not in terminal.text


def test_a_data_folder_that_cannot_be_made_is_named_with_what_to_do(opened: Open, shell: Shell) -> None:
    blocked = shell.folder / "file"
    blocked.write_text("x", encoding="utf-8")
    terminal = opened(command=("/usr/bin/env", f"LORAG_DATA_DIR={blocked}", *APP))
    assert terminal.end() == 1
    assert "setLORAG_DATA_DIRtoafolder" in "".join(terminal.text.split()), "a long path may break the line anywhere"


def test_the_chat_is_seen_where_its_complaints_go_to_a_file(opened: Open, shell: Shell) -> None:
    terminal = opened(command=("/bin/sh", "-c", 'exec "$0" 2>errors.txt', *APP))
    terminal.wait_for(loaded)
    terminal.type(CTRL_Q)
    assert terminal.end() == 0
    assert (shell.folder / "errors.txt").read_bytes() == b""
