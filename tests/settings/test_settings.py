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


def test_config_file_with_the_name_of_a_variable_is_told_the_name_without_the_prefix(data_dir):
    write_config(data_dir, "LORAG_SEED = 3")

    with pytest.raises(SettingsError, match=r"unknown setting LORAG_SEED; did you mean seed\?"):
        load_settings({})


@pytest.mark.parametrize("name", ["LORAG_FOO", "LORAG_X", "LORAG_"])
def test_a_variable_like_no_other_is_told_the_nearest_all_the_same(name, monkeypatch):
    monkeypatch.setenv(name, "1")

    with pytest.raises(SettingsError, match=rf"unknown setting {name}; did you mean LORAG_[A-Z_]+\?"):
        load_settings({})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_env_file_may_be_in_any_unicode_encoding_that_marks_itself(tmp_path, encoding):
    (tmp_path / ".env").write_text("LORAG_COLLECTION=규정\r\nLORAG_SEED=7\r\n", encoding=encoding)

    settings = load_settings({}).settings

    assert (settings.collection, settings.seed) == (("규정",), 7)


@pytest.mark.parametrize(
    ("data", "line"),
    [("LORAG_SEED=7\nLORAG_COLLECTION=규정\n".encode("cp949"), 2), ("LORAG_SEED=7".encode("utf-16-le"), 1)],
)
def test_env_file_that_is_not_utf_8_is_one_line_that_names_the_place_and_the_remedy(tmp_path, data, line):
    (tmp_path / ".env").write_bytes(data)

    with pytest.raises(SettingsError, match=rf"^\.env, line {line}: it is not UTF-8; save the file in UTF-8$"):
        load_settings({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\n\nLORAG_SEED 7\n", "line 3: there is no = after LORAG_SEED; write it as LORAG_SEED=VALUE"),
        ("export LORAG_SEED\n", "line 1: there is no = after LORAG_SEED"),
        ("LORAG_SYSTEM='Be brief.\n", "line 1: its quotation mark is not closed"),
    ],
)
def test_line_of_the_env_file_that_sets_nothing_is_named(tmp_path, text, message):
    (tmp_path / ".env").write_text(text)

    with pytest.raises(SettingsError, match=message):
        load_settings({})


def test_lines_of_the_env_file_that_are_for_others_are_passed_over(tmp_path, caplog):
    (tmp_path / ".env").write_text("what is this\nOTHER\nLORAG_SEED=7 # a comment\n")

    assert load_settings({}).settings.seed == 7
    assert caplog.records == []


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


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_data_folder_that_is_a_file_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LORAG_DATA_DIR", str(tmp_path / name))

    with pytest.raises(SettingsError, match=rf"^environment: LORAG_DATA_DIR = '.*/{name}': it is not a folder$"):
        load_settings({})


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
