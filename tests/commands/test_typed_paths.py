"""A path that begins with ``~`` and names nobody's home is a path like any other."""

import pytest

from lorag.cli.main import main


@pytest.fixture
def draft(tmp_path):
    """A file as word processors name the one they have open; every test begins in its folder."""
    (tmp_path / "~$leave.md").write_text("Every employee has 25 days of leave a year.")
    return "~$leave.md"


def test_a_file_whose_name_begins_like_a_home_is_added_searched_and_removed(draft, capsys):
    assert main(["add", draft]) == 0
    assert main(["search", "leave", "--path", draft]) == 0
    assert "25 days" in capsys.readouterr().out
    assert main(["remove", draft]) == 0


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["add", "~no-such-person/files"], 1),
        (["remove", "~no-such-person/files"], 1),
        (["search", "leave", "--path", "~no-such-person/files"], 2),
        (["ask", "leave", "--path", "~no-such-person/files"], 2),
    ],
)
def test_the_home_of_nobody_is_one_line(draft, command, code, capsys):
    main(["add", draft])
    capsys.readouterr()

    assert main(command) == code
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_home_of_nobody_can_be_the_embedder_or_the_data_folder(draft, monkeypatch, capsys):
    main(["add", draft])
    monkeypatch.setenv("LORAG_EMBEDDER", "~no-such-person/model")
    assert main(["search", "leave"]) == 1
    monkeypatch.setenv("LORAG_DATA_DIR", "~no-such-person/data")
    assert main(["config"]) == 0
    assert "~no-such-person/data" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["data", "check", "~no-such-person/rows.jsonl"],
        ["data", "prepare", "~no-such-person/rows.jsonl", "--write", "clean.jsonl"],
        ["advise", "--data", "~no-such-person/rows.jsonl"],
        ["train", "~no-such-person/rows.jsonl", "--name", "nobody", "--yes"],
        ["adapters", "import", "~no-such-person/adapter"],
    ],
)
def test_the_home_of_nobody_holds_no_examples_and_no_adapter(command, tmp_path, capsys):
    assert main(command) in (1, 2)
    assert capsys.readouterr().err.splitlines()[-1].endswith("does not exist")
