"""What the app is handed: models and adapters as they lie on disk, each with what speaks against it."""

import shutil
from pathlib import Path

import pytest

from lorag.adapters.folder import WEIGHTS_NAME
from lorag.adapters.manifest import MANIFEST_NAME, Manifest, write_manifest
from lorag.commands.app_core import open_core
from lorag.errors import AdapterError, DocumentError, ModelError
from lorag.settings import load_settings
from lorag.tui.core import Core
from tests.tiny_gguf import tiny_gguf, tiny_lora


@pytest.fixture
def core(data_dir: Path) -> Core:
    """Return the parts over a folder with two models, one file that is none, and two adapters."""
    models, adapters = data_dir / "models", data_dir / "adapters"
    models.mkdir(parents=True)
    shutil.copy(tiny_gguf(), models / "tiny.gguf")
    (models / "cut.gguf").write_bytes((models / "tiny.gguf").read_bytes()[:200])
    (adapters / "polite").mkdir(parents=True)
    shutil.copy(tiny_lora(), adapters / "polite" / WEIGHTS_NAME)
    manifest = Manifest(
        name="polite", base="tiny", base_fingerprint="", architecture="llama", created="2026-01-01T00:00:00+00:00",
        verdict="keep", verdict_text="Keep it.", origin="support mails",
    )  # fmt: skip
    write_manifest(adapters / "polite" / MANIFEST_NAME, manifest)
    shutil.copy(tiny_lora("wide", width=128), adapters / "wide.gguf")
    return open_core(load_settings({"model": "tiny"}).settings, ())


def test_models_are_listed_with_what_speaks_against_them(core: Core) -> None:
    listed = {entry.name: entry.problem for entry in core.models()}
    assert listed["tiny"] == ""
    assert "cut.gguf" in listed["cut"]


def test_the_built_in_model_has_both_names_and_the_size_that_lorag_models_shows(core: Core) -> None:
    builtin = core.models()[0]
    assert builtin.name == "lorag-small-f16"
    assert (builtin.builtin, builtin.detail) == (True, "24 MB")


def test_adapters_say_what_they_were_trained_on_and_whether_they_fit(core: Core) -> None:
    polite, wide = core.adapters(core.choose("tiny", {}))
    assert (polite.name, polite.problem) == ("polite", "")
    assert (polite.verdict, polite.detail) == ("keep", "lora · tiny · support mails")
    assert wide.problem != ""


def test_a_choice_holds_files_and_strengths_and_names_what_is_not_there(core: Core) -> None:
    choice = core.choose("tiny", {"polite": 0.5})
    assert choice.adapter_strengths == (("polite", 0.5),)
    assert choice.load.model.name == "tiny.gguf"
    with pytest.raises(ModelError, match="nowhere"):
        core.choose("nowhere", {})
    with pytest.raises(AdapterError, match="polit"):
        core.choose("tiny", {"polit": 1.0})


def test_what_runs_beside_the_chat_uses_the_same_data_folder(core: Core, data_dir: Path) -> None:
    assert core.lorag(["sync", "--json"])[1:] == ["-m", "lorag", "sync", "--json", "--data-dir", str(data_dir)]


def test_a_file_that_cannot_be_read_cannot_be_attached(core: Core, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n1 0 obj\n")
    with pytest.raises(DocumentError, match=r"broken\.pdf"):
        core.attach([broken])
