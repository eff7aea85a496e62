import io
import json
from pathlib import Path

import pytest

from lorag.commands.train_events import (
    CheckpointJudged,
    Data,
    Estimated,
    Found,
    Paused,
    Result,
    Sample,
    Splitted,
    Stage,
    Stepped,
    Validated,
    record,
)
from lorag.commands.train_log import LoggedView
from lorag.commands.train_plot import draw_losses
from lorag.commands.train_view import JsonView, PlainView, line_of, sample_text
from lorag.tuning.examples import Finding, Origin
from lorag.tuning.run_folder import RunFolder


def step(number, total=100, loss=2.0):
    return Stepped(number, total, loss, 1e-4, 1.0, 500, 0.5)


def test_events_have_the_names_that_programs_read():
    finding = Finding(Origin(Path("a.csv"), 3), "empty", "the answer is empty", "dropped")
    assert record(Splitted(1, 2, 3, 4)) == {"event": "split", "train": 1, "extra": 2, "validation": 3, "test": 4}
    assert record(Validated(4, 1.5, True)) == {"event": "evaluation", "step": 4, "loss": 1.5, "best": True}
    assert record(Found(finding))["line"] == 3
    assert record(Paused(9, "lorag train --resume x"))["event"] == "interrupted"


def test_json_lines_are_plain_ascii_whatever_the_data_holds():
    stream = io.StringIO()
    JsonView(stream).show(Sample((("\x1b[31m환불\n", True),)))
    line = stream.getvalue()
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line)["parts"] == [["\x1b[31m환불\n", True]]


def test_a_log_file_gets_a_line_now_and_then_and_not_one_a_step(capsys):
    view = PlainView()
    for number in range(1, 101):
        view.show(step(number))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21
    assert lines[-1].startswith("step 100/100: loss 2.0000, 1,000 tokens/s")


def test_at_most_twenty_findings_are_printed_and_the_rest_counted_before_the_summary(capsys):
    view = PlainView()
    for number in range(50):
        view.show(Found(Finding(Origin(Path("a.csv"), number), "empty", "nothing", "dropped")))
    view.show(Data(10, 50, 0, 0, {"ko": 10}))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 22
    assert lines[20].startswith("  … and 30 more")
    assert lines[21].startswith("10 examples (10 ko); 50 dropped")


def test_what_was_shown_before_the_run_had_a_folder_is_logged_too(tmp_path, capsys):
    folder = RunFolder(tmp_path / "run")
    view = LoggedView(PlainView(), folder)
    view.show(Stage("read", "reading"))
    folder.create()
    view.begin()
    view.show(Validated(1, 2.0, True))
    view.close()
    logged = [json.loads(line) for line in folder.log.read_text(encoding="utf-8").splitlines()]
    assert [event["event"] for event in logged] == ["stage", "evaluation"]
    assert folder.log.stat().st_mode & 0o077 == 0


def test_escape_sequences_of_the_data_never_reach_the_terminal():
    shown = sample_text(Sample((("\x1b]0;title\x07hi", False), ("\x1b[2Jok\n", True))))
    assert shown.plain == "│ hiok⏎"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Estimated(2_000_000_000, 8_000_000_000, 50_000_000, 200.0, 10, 5, 100), "about 3 min"),
        (Paused(7, "lorag train --resume x"), "go on with: lorag train --resume x"),
        (CheckpointJudged(3, 1.0, False, ("perplexity 2.00 → 9.00: it forgot",)), "perplexity 2.00 → 9.00"),
        (CheckpointJudged(3, 1.0, True, ()), "passes every gate"),
        (Result("x", "keep", "Keep it.", {}, "/a/x", None, "/r", "/r/report.md", 1.0), "/adapter x"),
        (Result("x", "keep", "Keep it.", {}, None, "/m/x.gguf", "/r", "/r/report.md", 1.0), "/model x"),
    ],
)
def test_events_are_told_in_words(event, expected):
    assert expected in line_of(event)


def test_the_plot_falls_from_left_to_right_with_the_loss():
    curve = [(number, 10.0 - number) for number in range(1, 10)]
    lines = draw_losses(curve, [(9, 1.0)], last_step=9, width=20, height=4).plain.splitlines()
    drawn = [[index for index, cell in enumerate(line[8:]) if cell not in "⠀ "] for line in lines[:4]]
    assert all(drawn[row] for row in range(3))
    assert max(drawn[0]) < min(drawn[3])
    assert "◆" in lines[3]


def test_two_points_are_needed_for_a_plot():
    assert draw_losses([(1, float("nan"))], [(1, 2.0)], last_step=9).plain == ""
