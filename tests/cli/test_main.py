import os
import subprocess
import sys

import pytest

from lorag.cli.main import main
from lorag.cli.parser import build_parser


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["models", "pull", "--help"]])
def test_help_has_examples_and_exits_with_0(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        main(arguments)

    assert raised.value.code == 0
    assert "usage: lorag" in capsys.readouterr().out


def test_every_command_has_help_with_an_example():
    from lorag.cli.arguments import COMMANDS

    for name, (summary, examples, _) in COMMANDS.items():
        assert summary
        assert any(example.startswith(f"lorag {name}") or f"| lorag {name}" in example for example in examples), name


def test_the_help_of_every_command_and_action_shows_calls_that_are_understood():
    import argparse
    import shlex

    from lorag.cli.evaluation import with_default_action

    parser = build_parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    helped = dict(commands.choices)
    for command in commands.choices.values():
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                helped |= {f"{command.prog} {name}": chosen for name, chosen in action.choices.items()}

    for name, helping in helped.items():
        calls = [line.rpartition("| ")[2] for line in (helping.epilog or "").split("\n")[1:]]
        assert calls, name
        for call in calls:
            parser.parse_args(with_default_action(shlex.split(call)[1:]))


def test_every_command_has_a_module_that_runs_it():
    import importlib

    from lorag.cli.arguments import COMMANDS

    for name in COMMANDS:
        assert callable(importlib.import_module(f"lorag.commands.{name}").run)


@pytest.mark.parametrize("arguments", [["fly"], ["ask", "--fly"], ["search"], ["add"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        main(arguments)

    assert raised.value.code == 2
    assert capsys.readouterr().err.startswith("lorag: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["train", "x", "--epochs", "abc"],
            "lorag: argument --epochs: invalid float value: 'abc'; see lorag train --help",
        ),
        (["train", "x", "--method", "lorra"], "lorag: argument --method: invalid choice: 'lorra'"),
        (["train", "x", "--fly"], "lorag: unknown: --fly; see lorag train --help"),
        (["models", "pull"], "required: NAME|URL; see lorag models pull --help"),
        (["--fly"], "lorag: unknown: --fly; see lorag --help"),
        (["ask", "--modle", "x", "hi"], "lorag: unknown: --modle; did you mean --model? See lorag ask --help"),
        (["models", "--jsn", "list"], "lorag: unknown: --jsn; did you mean --json? See lorag models --help"),
        (["models", "pull", "x", "--sha265=0"], "--sha265=0; did you mean --sha256? See lorag models --help"),
        (["sarch", "leave"], "lorag: unknown: sarch; did you mean search? See lorag --help"),
        (["models", "pul", "x"], "lorag: unknown: pul; did you mean pull? See lorag models --help"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(arguments, said, capsys):
    with pytest.raises(SystemExit):
        main(arguments)

    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_bad_setting_is_one_line_on_stderr_and_exits_with_2(monkeypatch, capsys):
    monkeypatch.setenv("LORAG_TOP_P", "7")

    assert main(["config"]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lorag: environment: LORAG_TOP_P = '7'")
    assert captured.err.count("\n") == 1


def test_a_value_out_of_range_is_told_by_the_flag_that_was_typed(capsys):
    assert main(["search", "-k", "0", "leave"]) == 2

    assert capsys.readouterr().err.startswith("lorag: -k = 0: ")


def test_flag_named_like_a_setting_overrides_it():
    arguments = build_parser().parse_args(
        ["ask", "why", "--no-rag", "--collection", "a", "--collection", "b", "--quote"]
    )

    assert (arguments.rag, arguments.collection, arguments.quote) == (False, ["a", "b"], "on")
    assert not hasattr(arguments, "model")


def test_no_command_is_the_chat():
    arguments = build_parser().parse_args([])

    assert (arguments.command, arguments.plain, arguments.path) == ("chat", False, [])


def test_config_prints_every_setting_with_its_origin(monkeypatch, capsys):
    import json

    monkeypatch.setenv("LORAG_PASSAGES", "9")

    assert main(["config", "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert printed["passages"] == {"value": 9, "source": "environment"}
    assert printed["quote"] == {"value": "auto", "source": "default"}


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["--version"])

    assert raised.value.code == 0
    assert capsys.readouterr().out.startswith("lorag 0.")


def test_reader_that_leaves_early_is_not_an_error():
    read_end, write_end = os.pipe()
    os.close(read_end)

    run = subprocess.run(
        [sys.executable, "-m", "lorag", "config"], stdout=write_end, stderr=subprocess.PIPE, check=False
    )

    os.close(write_end)
    assert run.returncode == 0
    assert run.stderr == b""
