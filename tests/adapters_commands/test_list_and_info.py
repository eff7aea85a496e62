import json
import shutil
from dataclasses import replace

import pytest
from rich.cells import cell_len

from lorag.adapters.manifest import read_manifest, write_manifest
from lorag.cli.main import main
from tests.adapters_commands.adapter_files import put_adapter
from tests.tiny_gguf import tiny_gguf, tiny_lora


def test_without_adapters_a_person_is_told_how_to_make_one(capsys):
    assert main(["adapters"]) == 0

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lorag train" in captured.err


def test_the_list_names_base_method_and_verdict(data_dir, capsys):
    put_adapter(data_dir, "환불")
    put_adapter(data_dir, "tone")

    assert main(["adapters", "list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(word in lines[1] for word in ("tone", tiny_gguf().stem, "lora", "keep"))
    assert lines[2].startswith("환불")


def test_columns_stand_below_each_other_whatever_letters_names_have(data_dir, capsys):
    for name in ("환불 도우미", "tone"):
        put_adapter(data_dir, name)

    main(["adapters", "list"])

    lines = capsys.readouterr().out.splitlines()
    bases = [line.index("trained on" if number == 0 else tiny_gguf().stem) for number, line in enumerate(lines)]
    assert len({cell_len(line[:start]) for line, start in zip(lines, bases, strict=True)}) == 1


@pytest.mark.parametrize(
    ("method", "lora", "said"),
    [
        ("lora", {"rank": 2, "pissa": True}, "rank 4 (rank 2 was trained; with PiSSA the file holds what was added"),
        ("dora", {"rank": 2, "pissa": False}, "rank 4 (rank 2 was trained; DoRA is brought into low rank"),
        ("lora", {"rank": 4, "pissa": False}, "4 weights, rank 4\n"),
    ],
)
def test_info_explains_a_rank_that_is_not_the_one_that_was_asked_for(data_dir, capsys, method, lora, said):
    folder = put_adapter(data_dir, "tone")
    manifest = read_manifest(folder / "manifest.json")
    write_manifest(folder / "manifest.json", replace(manifest, method=method, hyperparameters={"lora": lora}))

    main(["adapters", "info", "tone"])

    assert said in capsys.readouterr().out


def test_a_bare_file_and_a_damaged_manifest_are_listed_as_what_they_are(data_dir, capsys):
    folder = put_adapter(data_dir, "damaged")
    (folder / "manifest.json").write_text("{")
    shutil.copyfile(tiny_lora(), data_dir / "adapters" / "bare.gguf")

    assert main(["adapters"]) == 0
    shown = capsys.readouterr().out
    assert main(["adapters", "--json"]) == 0

    assert "no manifest" in shown
    assert "its manifest cannot be read" in shown
    bare, damaged = json.loads(capsys.readouterr().out)
    assert (bare["name"], bare["manifest"], bare["problem"]) == ("bare", None, None)
    assert "cannot be read" in damaged["problem"]


def test_an_adapter_that_is_being_written_is_not_listed(data_dir, capsys):
    put_adapter(data_dir, ".half.partial")

    main(["adapters", "--json"])

    assert json.loads(capsys.readouterr().out) == []


def test_info_says_what_it_changes_what_it_is_worth_and_that_it_fits(data_dir, monkeypatch, capsys):
    monkeypatch.setenv("LORAG_MODEL", str(tiny_gguf()))
    put_adapter(data_dir, "tone")

    assert main(["adapters", "info", "TONE"]) == 0

    shown = capsys.readouterr().out
    assert "4 weights, rank 4" in shown
    assert "keep: It learned the tone" in shown
    assert "CC-BY-4.0 (origin: our desk)" in shown
    assert "is the model it was trained on" in shown


def test_info_says_when_the_adapter_belongs_to_another_model(data_dir, monkeypatch, capsys):
    put_adapter(data_dir, "tone")
    monkeypatch.setenv("LORAG_MODEL", str(tiny_gguf("other", seed=5)))
    main(["adapters", "info", "tone", "--json"])
    other = json.loads(capsys.readouterr().out)
    monkeypatch.setenv("LORAG_MODEL", str(tiny_gguf("wide", width=128)))
    main(["adapters", "info", "tone", "--json"])
    wide = json.loads(capsys.readouterr().out)

    assert other["fits"].startswith("by its shape")
    assert wide["fits"].startswith("no: ")
    assert wide["ranks"] == [4]


@pytest.mark.parametrize("action", [["info"], ["delete", "--yes"], ["export"]])
def test_an_unknown_name_suggests_the_nearest(data_dir, capsys, action):
    put_adapter(data_dir, "refunds")

    assert main(["adapters", *action, "refnuds"]) == 1

    assert "did you mean refunds?" in capsys.readouterr().err
