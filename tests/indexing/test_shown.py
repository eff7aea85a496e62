"""What ``add``, ``sync``, ``list``, ``remove`` and ``reindex`` show: a bar to people, lines to logs, JSON to programs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from lorag.commands.progress import print_report
from lorag.retrieval.sync_events import Tally
from tests.indexing.processes import PATIENCE_SECONDS, answer, run
from tests.pseudo_terminal import end

EVENT_NAMES = {"looked", "reading", "file_done", "file_removed", "root_missing", "embedded", "sync_report"}
REPORT_KEYS = {
    "event",
    "added",
    "updated",
    "moved",
    "removed",
    "unchanged",
    "failed",
    "failures",
    "known_failures",
    "missing",
    "skipped",
    "embedded",
    "bytes",
    "seconds",
    "complete",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(20):
        (folder / f"문서 {number:02}.txt").write_text(f"연차 {number}일. Leave of {number} days.", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\ngarbage")
    (folder / ".hidden").write_text("x", encoding="utf-8")
    return folder


@pytest.fixture
def terminal(folder: Path) -> Iterator["pexpect.spawn[str]"]:
    """``lorag add`` on a terminal of 80 columns."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "lorag", "add", str(folder)],
        encoding="utf-8",
        dimensions=(24, 80),
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    yield child
    end(child)


def lorag(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lorag", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


def test_a_terminal_shows_a_bar_and_then_the_report(terminal: "pexpect.spawn[str]"):
    terminal.expect("reading")
    terminal.expect(r"\d+/21 files")
    terminal.expect("20 added, 1 failed")
    terminal.expect(r"failed: \S+broken.pdf: it is damaged")
    terminal.expect("skipped: 1 hidden")
    terminal.expect(pexpect.EOF)
    terminal.wait()

    assert terminal.exitstatus == 0


def test_ctrl_c_ends_it_after_saying_what_is_done(terminal: "pexpect.spawn[str]"):
    terminal.expect("reading")
    terminal.sendintr()
    terminal.expect("interrupted, the next lorag sync goes on from here")
    terminal.expect(pexpect.EOF)
    terminal.wait()

    assert terminal.exitstatus == 130
    assert lorag("sync").returncode == 0
    assert len(answer("list", "--json")[1]) == 21


def test_a_pipe_gets_the_report_alone(folder: Path):
    done = lorag("add", str(folder))

    first, *rest = done.stdout.splitlines()
    assert first.startswith("20 added, 1 failed (0.0 MB in ")
    assert rest == [
        f"  failed: {folder}/broken.pdf: it is damaged or cut short: PDFium cannot open it",
        "  skipped: 1 hidden",
    ]
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_program_gets_one_json_object_a_line(folder: Path):
    code, events, notes = run("add", str(folder), "--json")

    assert (code, notes) == (0, [])
    assert {event["event"] for event in events} <= EVENT_NAMES
    files = [event for event in events if event["event"] == "file_done"]
    assert [event["files_done"] for event in files] == list(range(1, 22))
    assert {event["files"] for event in files} == {21}
    assert events[-1].keys() == REPORT_KEYS
    assert events[-1]["failures"] == [[f"{folder}/broken.pdf", "it is damaged or cut short: PDFium cannot open it"]]


def test_the_exit_code_tells_that_nothing_could_be_read(folder: Path):
    assert run("add", str(folder / "broken.pdf"), "--json")[0] == 1
    assert run("add", str(folder), "--json")[0] == 0


def test_a_path_that_does_not_exist_is_one_line_on_stderr(folder: Path):
    done = lorag("add", str(folder / "nowhere"))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"lorag: {folder}/nowhere does not exist; nothing was added\n"


def test_an_empty_path_is_not_taken_for_the_present_folder():
    done = lorag("add", "")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lorag: one of the paths is empty")


def test_documents_are_listed_removed_and_rebuilt(folder: Path):
    lorag("add", str(folder), "--collection", "work")

    assert len(lorag("list", "--collection", "work").stdout.splitlines()) == 21
    (failed,) = lorag("list", "--failed").stdout.splitlines()
    assert "broken.pdf  (it is damaged or cut short: PDFium cannot open it)" in failed
    removed = lorag("remove", str(folder / "문서 03.txt"), str(folder / "broken.pdf"))
    assert removed.stdout.splitlines()[-1] == "2 documents removed; no file was touched"
    assert (folder / "문서 03.txt").exists()
    assert lorag("sync").stdout.splitlines() == ["19 unchanged", "  skipped: 2 removed from the library, 1 hidden"]
    assert lorag("reindex").stdout.startswith("19 updated")
    assert (
        lorag("remove", "--collection", "work").stdout.splitlines()[-1] == "19 documents removed; no file was touched"
    )
    assert answer("list", "--json") == (0, [])


def test_what_is_not_in_the_library_cannot_be_removed(folder: Path):
    lorag("add", str(folder))

    for target in (str(folder / "nowhere"), "999"):
        done = lorag("remove", str(folder / "broken.pdf"), target)
        assert done.returncode == 1
        assert "is not in the library" in done.stderr
    assert len(answer("list", "--json")[1]) == 21


def test_a_name_with_escape_sequences_never_reaches_the_terminal(folder: Path):
    evil = folder / "a\x1b[31m\x1b]0;title\x07\nb.pdf"
    evil.write_bytes(b"%PDF-1.7\ngarbage")

    for done in (lorag("add", str(folder)), lorag("list"), lorag("list", "--failed", "--json")):
        assert "\x1b" not in done.stdout + done.stderr
        assert "\x07" not in done.stdout + done.stderr
    assert str(evil) in [document["path"] for document in answer("list", "--json")[1]]


def test_a_missing_folder_is_told_with_its_remedy(folder: Path):
    lorag("add", str(folder))
    folder.rename(folder.with_name("unplugged"))

    done = lorag("sync")

    assert f"{folder} cannot be reached; its 21 documents stay searchable" in done.stderr
    assert f"lorag remove {folder}" in done.stderr


def test_many_failures_are_cut_short_in_the_report(capsys: pytest.CaptureFixture[str]):
    tally = Tally(failures=[(f"/{number:02}.pdf", "it is damaged") for number in reversed(range(25))])
    tally.outcomes["failed"] = 25

    print_report(tally.report(seconds=1, complete=True))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "25 failed"
    assert lines[1:21] == [f"  failed: /{number:02}.pdf: it is damaged" for number in range(20)]
    assert lines[21] == "  failed: 5 more; lorag list --failed shows all"
