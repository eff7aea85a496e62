import json
import os
import shutil
import subprocess
import sys

import pexpect
import pytest

from lorag.cli.main import main
from tests.adapters_commands.adapter_files import put_adapter
from tests.tiny_gguf import tiny_lora


def test_renaming_moves_the_folder_and_the_name_in_the_manifest(data_dir, capsys):
    put_adapter(data_dir, "old")

    assert main(["adapters", "rename", "old", "새 이름"]) == 0

    folder = data_dir / "adapters" / "새 이름"
    assert json.loads((folder / "manifest.json").read_text())["name"] == "새 이름"
    assert not (data_dir / "adapters" / "old").exists()
    assert capsys.readouterr().out == "old is now 새 이름\n"


def test_a_bare_file_is_renamed_with_its_suffix(data_dir):
    (data_dir / "adapters").mkdir(parents=True)
    shutil.copyfile(tiny_lora(), data_dir / "adapters" / "old.gguf")

    assert main(["adapters", "rename", "old", "new"]) == 0

    assert [path.name for path in (data_dir / "adapters").iterdir()] == ["new.gguf"]


def test_only_the_case_of_a_name_can_be_changed(data_dir):
    put_adapter(data_dir, "tone")

    assert main(["adapters", "rename", "tone", "Tone"]) == 0

    assert (data_dir / "adapters" / "Tone" / "adapter.gguf").is_file()


@pytest.mark.parametrize(
    "name", ["", " ", "../up", "a/b", ".hidden", "a=0.5", "a,b", "x" * 101, "a\nb", "~root", " a", "C:x"]
)
def test_a_name_that_is_no_folder_name_is_a_usage_error(data_dir, capsys, name):
    put_adapter(data_dir, "tone")

    assert main(["adapters", "rename", "tone", name]) == 2

    assert "cannot be the name of an adapter" in capsys.readouterr().err
    assert (data_dir / "adapters" / "tone").is_dir()


def test_a_taken_name_is_refused_in_either_case(data_dir):
    put_adapter(data_dir, "tone")
    put_adapter(data_dir, "other")

    assert main(["adapters", "rename", "other", "TONE"]) == 2
    assert (data_dir / "adapters" / "other").is_dir()


def test_deleting_removes_the_whole_folder(data_dir, capsys):
    folder = put_adapter(data_dir, "tone")
    put_adapter(data_dir, "other")

    assert main(["adapters", "delete", "tone", "--yes", "--json"]) == 0

    assert not folder.exists()
    assert (data_dir / "adapters" / "other").is_dir()
    assert json.loads(capsys.readouterr().out) == {"deleted": ["tone"]}


def test_one_unknown_name_among_several_deletes_nothing(data_dir):
    folder = put_adapter(data_dir, "tone")

    assert main(["adapters", "delete", "tone", "nothing", "--yes"]) == 1

    assert folder.is_dir()


@pytest.mark.parametrize(
    "action", [("delete", "--yes"), ("rename", "new"), ("export",), ("merge",)], ids=lambda it: it[0]
)
def test_a_model_that_was_trained_whole_is_said_to_be_one(data_dir, capsys, action):
    models = data_dir / "models"
    models.mkdir(parents=True)
    for name in ("whole.gguf", "whole.manifest.json"):
        (models / name).write_text("{}")

    assert main(["adapters", action[0], "whole", *action[1:]]) == 1

    said = capsys.readouterr().err
    assert f"whole is a model of its own, no adapter: its files are {models / 'whole.gguf'}" in said
    assert len(list(models.iterdir())) == 2


def test_where_nobody_can_answer_deleting_needs_yes(data_dir):
    folder = put_adapter(data_dir, "tone")

    ended = subprocess.run(
        [sys.executable, "-m", "lorag", "adapters", "delete", "tone"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "--yes" in ended.stderr
    assert folder.is_dir()


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("n", False), ("", False), ("네", True)])
def test_on_a_terminal_deleting_asks(data_dir, answer, deleted):
    folder = put_adapter(data_dir, "tone")

    child = pexpect.spawn(
        sys.executable,
        ["-m", "lorag", "adapters", "delete", "tone"],
        env=dict(os.environ),
        encoding="utf-8",
        timeout=30,
    )
    child.expect_exact("[y/N]")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()

    assert folder.exists() is not deleted
    assert child.exitstatus == (0 if deleted else 1)


def test_a_link_to_an_adapter_elsewhere_is_removed_and_not_followed(data_dir, tmp_path):
    elsewhere = put_adapter(tmp_path / "elsewhere", "mine")
    (data_dir / "adapters").mkdir(parents=True)
    (data_dir / "adapters" / "linked").symlink_to(elsewhere)

    assert main(["adapters", "delete", "linked", "--yes"]) == 0

    assert (elsewhere / "adapter.gguf").is_file()
    assert not (data_dir / "adapters" / "linked").exists()


def test_a_file_outside_the_adapters_folder_is_never_deleted(data_dir, tmp_path):
    outside = tmp_path / "lora.gguf"
    shutil.copyfile(tiny_lora(), outside)
    (data_dir / "adapters").mkdir(parents=True)

    assert main(["adapters", "delete", str(outside), "--yes"]) == 1

    assert outside.is_file()


def test_settings_that_still_name_a_deleted_adapter_are_pointed_out(data_dir, monkeypatch, capsys):
    put_adapter(data_dir, "tone")
    monkeypatch.setenv("LORAG_ADAPTER", "tone=0.5")

    assert main(["adapters", "delete", "tone", "--yes"]) == 0

    assert "still switch on tone=0.5" in capsys.readouterr().err
