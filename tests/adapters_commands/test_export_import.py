import json
import shutil
import zipfile
from pathlib import Path

import pytest

from lorag.cli.main import main
from tests.adapters_commands.adapter_files import put_adapter
from tests.tiny_gguf import tiny_gguf, tiny_lora


def _manifest(data_dir: Path, name: str) -> dict[str, object]:
    manifest: dict[str, object] = json.loads((data_dir / "adapters" / name / "manifest.json").read_text())
    return manifest


@pytest.mark.parametrize("target", ["out.zip", "folder"])
def test_an_exported_adapter_comes_back_the_same(data_dir, tmp_path, capsys, target):
    original = put_adapter(data_dir, "tone")
    before = _manifest(data_dir, "tone")

    assert main(["adapters", "export", "tone", str(tmp_path / target)]) == 0
    assert main(["adapters", "import", str(tmp_path / target), "--name", "again", "--base", str(tiny_gguf())]) == 0

    copy = data_dir / "adapters" / "again"
    assert (copy / "adapter.gguf").read_bytes() == (original / "adapter.gguf").read_bytes()
    assert _manifest(data_dir, "again") == {**before, "name": "again"}
    assert not list((data_dir / "adapters").glob(".*"))


def test_without_a_target_a_zip_of_its_name_is_written_here(data_dir, tmp_path):
    put_adapter(data_dir, "tone")

    assert main(["adapters", "export", "tone"]) == 0

    with zipfile.ZipFile(tmp_path / "tone.zip") as archive:
        assert sorted(archive.namelist()) == ["tone/adapter.gguf", "tone/manifest.json"]


def test_a_bare_file_is_exported_with_a_manifest_that_says_what_is_unknown(data_dir, tmp_path):
    (data_dir / "adapters").mkdir(parents=True)
    shutil.copyfile(tiny_lora(), data_dir / "adapters" / "bare.gguf")

    assert main(["adapters", "export", "bare", str(tmp_path / "out")]) == 0

    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["base"], manifest["license"], manifest["architecture"]) == ("unknown", "unknown", "llama")


def test_an_export_replaces_nothing_unless_told_to(data_dir, tmp_path, capsys):
    put_adapter(data_dir, "tone")
    (tmp_path / "precious.zip").write_text("precious")

    assert main(["adapters", "export", "tone", str(tmp_path / "precious.zip")]) == 2
    assert (tmp_path / "precious.zip").read_text() == "precious"
    assert main(["adapters", "export", "tone", str(tmp_path / "precious.zip"), "--force"]) == 0
    assert zipfile.is_zipfile(tmp_path / "precious.zip")
    assert not list(tmp_path.glob(".*"))


def test_into_a_folder_that_is_there_the_adapter_gets_a_folder_of_its_own(data_dir, tmp_path):
    put_adapter(data_dir, "tone")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "other.txt").write_text("mine")

    assert main(["adapters", "export", "tone", str(tmp_path / "there"), "--force"]) == 0

    assert (tmp_path / "there" / "tone" / "adapter.gguf").is_file()
    assert (tmp_path / "there" / "other.txt").is_file()


def test_a_bare_lora_file_gets_the_name_of_its_file(data_dir, tmp_path, capsys):
    shutil.copyfile(tiny_lora(), tmp_path / "polite.gguf")

    assert main(["adapters", "import", str(tmp_path / "polite.gguf"), "--license", "CC0-1.0"]) == 0

    assert _manifest(data_dir, "polite")["license"] == "CC0-1.0"


def test_an_adapter_for_another_model_is_refused_when_its_base_is_named(data_dir, tmp_path, capsys):
    shutil.copyfile(tiny_lora("wide", width=128), tmp_path / "wide.gguf")

    assert main(["adapters", "import", str(tmp_path / "wide.gguf"), "--base", str(tiny_gguf())]) == 1

    assert "does not fit" in capsys.readouterr().err
    assert list((data_dir / "adapters").iterdir()) == []


def test_an_adapter_for_another_model_is_imported_with_a_note_when_no_base_is_named(
    data_dir, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("LORAG_MODEL", str(tiny_gguf()))
    shutil.copyfile(tiny_lora("wide", width=128), tmp_path / "wide.gguf")

    assert main(["adapters", "import", str(tmp_path / "wide.gguf")]) == 0

    assert "does not go with the model in use now" in capsys.readouterr().err
    assert (data_dir / "adapters" / "wide").is_dir()


def test_a_model_is_not_imported_as_an_adapter(tmp_path, capsys):
    shutil.copyfile(tiny_gguf(), tmp_path / "model.gguf")

    assert main(["adapters", "import", str(tmp_path / "model.gguf")]) == 1

    assert "is not a LoRA adapter" in capsys.readouterr().err


def test_a_name_that_is_taken_asks_for_another(data_dir, tmp_path, capsys):
    put_adapter(data_dir, "tone")
    main(["adapters", "export", "tone", str(tmp_path / "tone.zip")])

    assert main(["adapters", "import", str(tmp_path / "tone.zip")]) == 2

    assert "there is an adapter tone already" in capsys.readouterr().err


def _zip(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "names",
    [
        {"../../evil.gguf": b"x"},
        {"/etc/evil": b"x"},
        {"a\\..\\..\\evil": b"x"},
        {"C:/evil": b"x"},
        {"a/b/c/d/e/f": b"x"},
    ],
)
def test_a_zip_file_whose_names_lead_out_of_it_is_refused(data_dir, tmp_path, capsys, names):
    assert main(["adapters", "import", str(_zip(tmp_path / "a.zip", names))]) == 1

    assert "leads out of it" in capsys.readouterr().err
    assert not list(tmp_path.rglob("evil*"))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, capsys):
    path = _zip(tmp_path / "a.zip", {"adapter.gguf": bytes(150_000_000)})

    assert main(["adapters", "import", str(path)]) == 1

    assert "unpacks to more than an adapter would" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"just some bytes"])
def test_a_file_that_is_no_adapter_says_what_was_expected(tmp_path, capsys, content):
    path = tmp_path / "thing.zip"
    path.write_bytes(content)

    assert main(["adapters", "import", str(path)]) == 1

    assert "expected" in capsys.readouterr().err


def test_a_cut_off_zip_file_is_damaged(data_dir, tmp_path, capsys):
    put_adapter(data_dir, "tone")
    main(["adapters", "export", "tone", str(tmp_path / "tone.zip")])
    whole = (tmp_path / "tone.zip").read_bytes()
    middle = len(whole) // 2
    (tmp_path / "tone.zip").write_bytes(whole[:middle] + bytes(200) + whole[middle + 200 :])

    assert main(["adapters", "import", str(tmp_path / "tone.zip"), "--name", "b"]) == 1

    assert "Traceback" not in capsys.readouterr().err
    assert not (data_dir / "adapters" / "b").exists()


def test_a_cut_off_weights_file_is_refused(data_dir, tmp_path):
    (tmp_path / "cut.gguf").write_bytes(tiny_lora().read_bytes()[:-500])

    assert main(["adapters", "import", str(tmp_path / "cut.gguf")]) == 1

    assert not (data_dir / "adapters" / "cut").exists()


def test_a_source_that_does_not_exist_is_a_usage_error(tmp_path, capsys):
    assert main(["adapters", "import", str(tmp_path / "nothing.zip")]) == 2

    assert "does not exist" in capsys.readouterr().err
