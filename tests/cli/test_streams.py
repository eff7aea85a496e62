"""What lorag is started with may be full, closed or gone; none of it ends in a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lorag.cli.main import main

FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line in which ``lorag`` is lorag."""
    program = f'lorag() {{ "{sys.executable}" -m lorag "$@"; }}; {command}'
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["sh", "-c", program], capture_output=True, text=True, env={**kept, **environment}, check=False
    )


@needs_full
@pytest.mark.parametrize(
    ("command", "unbuffered"), [("config", ""), ("config", "1"), ("--help", ""), ("add letter.txt", "")]
)
def test_a_full_disk_behind_the_output_is_one_line(command, unbuffered, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear reader")

    done = shell(f"lorag {command} > {FULL}", PYTHONUNBUFFERED=unbuffered, LANG="C.UTF-8")

    assert done.returncode == 1
    assert done.stderr == "lorag: the output cannot be written: No space left on device\n"


@needs_full
def test_errors_that_cannot_be_printed_leave_the_exit_code():
    assert shell(f"lorag search nothing 2> {FULL}").returncode == 1


def test_a_closed_output_is_one_line():
    done = shell("lorag config >&-", LANG="C.UTF-8")

    assert done.returncode == 1
    assert done.stderr == "lorag: the output is closed: there is nowhere to print to\n"


def test_a_closed_input_is_an_empty_one():
    done = shell("lorag ask <&-", LANG="C.UTF-8")

    assert done.returncode == 2
    assert done.stderr == "lorag: the question is empty\n"


def test_closed_errors_leave_the_output_as_it_is(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear reader")
    main(["add", str(tmp_path / "letter.txt")])

    done = shell("lorag list --collection none 2>&-; lorag list 2>&-")

    assert done.returncode == 0
    assert done.stdout.count("\n") == 1


def test_an_interrupt_while_the_command_line_is_still_imported_is_told_by_the_exit_code():
    code = (
        "import os, signal, sys\n"
        "class Interrupter:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == sys.argv[1]:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupter())\n"
        "from lorag.cli.main import main\n"
        "sys.exit(main(['list']))"
    )
    for module in ("lorag.cli.run", "argparse", "lorag.cli.parser", "lorag.commands.list", "pydantic"):
        done = subprocess.run([sys.executable, "-c", code, module], capture_output=True, text=True, check=False)

        assert (done.returncode, done.stderr) == (130, "\n"), module
