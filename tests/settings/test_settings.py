import re
import runpy
from pathlib import Path

import pytest

from lorag.errors import SettingsError
from lorag.settings import Settings, load_settings

REPOSITORY = Path(__file__).resolve().parents[2]


def write_config(data_dir: Path, text: str) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "config.toml").write_text(text, encoding="utf-8")


def test_flags_win_over_environment_over_env_file_over_config_file_over_defaults(data_dir, tmp_path, monkeypatch):
    write_config(data_dir, "passages = 2\nper_document = 2\nmax_tokens = 2\ntop_k = 2")
    (tmp_path / ".env").write_text("LORAG_PASSAGES=3\nLORAG_PER_DOCUMENT=3\nLORAG_MAX_TOKENS=3\nOTHER=1\n")
    monkeypatch.setenv("LORAG_PASSAGES", "4")
    monkeypatch.setenv("LORAG_PER_DOCUMENT", "4")

    loaded = load_settings({"passages": 5})

    settings = loaded.settings
    assert (settings.passages, settings.per_document, settings.max_tokens, settings.top_k) == (5, 4, 3, 2)
    assert settings.top_p == Settings.model_fields["top_p"].default
    assert loaded.origins["passages"].source == "flag"
    assert loaded.origins["per_document"].source == "environment"
    assert loaded.origins["max_tokens"].source == ".env"
    assert loaded.origins["top_k"].source == str(data_dir / "config.toml")
    assert loaded.origins["top_p"].source == "default"


def test_data_folder_holds_everything(data_dir):
    settings = load_settings({}).settings

    paths = settings.paths
    assert {path.parent for path in (paths.library, paths.models, paths.adapters, paths.logs)} == {data_dir}
    assert settings.models_folder == data_dir / "models"


def test_data_folder_may_be_set_in_the_env_file(tmp_path, monkeypatch):
    monkeypatch.delenv("LORAG_DATA_DIR")
    (tmp_path / ".env").write_text(f"LORAG_DATA_DIR={tmp_path / 'elsewhere'}\n")
    write_config(tmp_path / "elsewhere", "passages = 7")

    assert load_settings({}).settings.passages == 7


def test_empty_variable_means_the_default(monkeypatch):
    monkeypatch.setenv("LORAG_MODEL", "")

    assert load_settings({}).settings.model == "builtin"


def test_lists_are_comma_separated_in_the_environment_and_arrays_in_the_config_file(data_dir, monkeypatch):
    write_config(data_dir, 'collection = ["a", "b"]')
    monkeypatch.setenv("LORAG_ADAPTER", "refunds=0.5, tone")

    settings = load_settings({}).settings

    assert settings.collection == ("a", "b")
    assert settings.adapter == ("refunds=0.5", "tone")


def test_unknown_key_in_the_config_file_names_the_file_the_key_and_the_nearest(data_dir):
    write_config(data_dir, "pasages = 3")

    with pytest.raises(
        SettingsError, match=rf"{re.escape(str(data_dir))}/config.toml: unknown setting pasages.*passages\?"
    ):
        load_settings({})


def test_unknown_variable_names_the_nearest(monkeypatch):
    monkeypatch.setenv("LORAG_TEMPERATUR", "1")

    with pytest.raises(
        SettingsError, match=r"environment: unknown setting LORAG_TEMPERATUR; did you mean LORAG_TEMPERATURE\?"
    ):
        load_settings({})


def test_unknown_variable_in_the_env_file_names_the_file(tmp_path):
    (tmp_path / ".env").write_text("LORAG_MODLE=x\n")

    with pytest.raises(SettingsError, match=r"\.env: unknown setting LORAG_MODLE; did you mean LORAG_MODEL\?"):
        load_settings({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("passages = 0", "passages = 0: .*greater than or equal to 1"),
        ('quote = "maybe"', "quote = 'maybe': .*'auto', 'on' or 'off'"),
        ("passages = ", "cannot be read as TOML"),
        ('data_dir = "/x"', "data_dir cannot be set here"),
    ],
)
def test_bad_config_file_is_one_line_that_names_file_and_key(data_dir, text, message):
    write_config(data_dir, text)

    with pytest.raises(SettingsError, match=message) as raised:
        load_settings({})

    assert str(data_dir / "config.toml") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_bad_flag_is_named_as_the_flag():
    with pytest.raises(SettingsError, match=r"--max-tokens = 0: .*greater"):
        load_settings({"max_tokens": 0})


def test_env_example_is_what_the_settings_say():
    text = (REPOSITORY / ".env.example").read_text(encoding="utf-8")

    written = runpy.run_path(str(REPOSITORY / "scripts" / "env_example.py"))["example"]()

    assert text == written
    assert set(re.findall(r"^#LORAG_([A-Z0-9_]+)=", text, flags=re.MULTILINE)) == {
        key.upper() for key in Settings.model_fields
    }
