"""Every setting in one frozen object: flags > environment > .env > config.toml > defaults."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from lorag.env_file import ENV_FILE, PREFIX, read_env_file
from lorag.errors import SettingsError
from lorag.paths import DataPaths, typed_path

CONFIG_NAME: Final = "config.toml"

Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """What a person can choose; read once, by the commands only."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("lorag"),
        description="Folder for everything lorag writes: library, models, adapters, logs, config.toml.",
    )
    model: str = Field(
        "builtin", description="Chat model: builtin, the path of a GGUF file, or a name in the models folder."
    )
    models_dir: Path | None = Field(None, description="Folder of GGUF files; empty means DATA_DIR/models.")
    adapter: Names = Field((), description="LoRA adapters in use, comma-separated: NAME or NAME=STRENGTH.")
    embedder: str = Field(
        "builtin", description="Embedder: builtin, or a sentence-transformers model by name or folder."
    )
    query_prefix: str = Field("", description="What the embedder wants before a question, for example 'query: '.")
    passage_prefix: str = Field("", description="What the embedder wants before a passage, for example 'passage: '.")
    tokenizer: Literal["bigram", "kiwi"] = Field("bigram", description="How Korean words are split for word search.")

    rag: bool = Field(True, description="Answer from the library; off is plain chat.")
    collection: Names = Field((), description="Search only these collections, comma-separated; empty is all.")
    passages: int = Field(6, ge=1, le=50, description="Most passages put before the model.")
    per_document: int = Field(3, ge=1, le=50, description="Most passages of one document.")
    threshold: float = Field(
        0.2,
        ge=0,
        le=1,
        description="How relevant the best passage of 10,000 chunks must be; scaled to the library's size; 0 takes anything.",
    )
    quote: Literal["auto", "on", "off"] = Field(
        "auto", description="Strict quoting: answers are sentences of the documents; auto follows the model."
    )
    system: str = Field("", description="System prompt; empty uses lorag's own.")

    max_tokens: int = Field(512, ge=1, description="Longest answer in tokens.")
    temperature: float = Field(0.3, ge=0, le=5, description="0 always takes the likeliest token.")
    top_k: int = Field(40, ge=0, description="Draw from this many likeliest tokens; 0 is all.")
    top_p: float = Field(0.95, gt=0, le=1, description="Draw from the likeliest tokens that sum to this probability.")
    min_p: float = Field(0.05, ge=0, le=1, description="Leave out tokens below this share of the likeliest one.")
    repeat_penalty: float = Field(1.1, ge=0.5, le=3, description="Make recent tokens this much less likely; 1 is off.")
    seed: int = Field(-1, ge=-1, description="Same seed, same answer; -1 draws a new one.")
    threads: int = Field(0, ge=0, description="CPU threads of the model; 0 is every physical core.")
    context_tokens: int = Field(0, ge=0, description="Context size; 0 chooses from the model's limit and free memory.")
    gpu_layers: int = Field(0, ge=-1, description="Model layers on a GPU; -1 is all.")

    chunk_tokens: int = Field(300, ge=50, le=2000, description="Size of a chunk of a document, in tokens.")
    max_file_mb: int = Field(100, ge=1, description="Largest file read, in MB.")
    max_pages: int = Field(3000, ge=1, description="Most pages of one document.")
    max_expanded_mb: int = Field(500, ge=1, description="Most that one archive or office file may expand to, in MB.")
    max_nesting: int = Field(100, ge=1, le=500, description="Deepest nesting of a structured file.")
    max_text_mb: int = Field(20, ge=1, description="Most text taken from one document, in MB.")
    offline: bool = Field(True, description="Never let a library reach the network by itself.")

    @field_validator("adapter", "collection", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("data_dir", "models_dir", mode="before")
    @classmethod
    def _expand_home(cls, value: object) -> object:
        return typed_path(str(value)).absolute() if isinstance(value, (str, Path)) and str(value) else value or None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from ``load_settings`` only, which knows where each one came from."""
        return (init_settings,)

    @property
    def paths(self) -> DataPaths:
        """The places below the data folder."""
        return DataPaths(self.data_dir)

    @property
    def models_folder(self) -> Path:
        """The folder searched for GGUF files."""
        return self.models_dir or self.paths.models


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of a setting came from."""

    source: str
    """``flag``, ``environment``, ``default`` or the path of a file."""
    name: str
    """What the setting is called there."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings and the origin of each."""

    settings: Settings
    origins: Mapping[str, Origin]


def load_settings(overrides: Mapping[str, object], flag_names: Mapping[str, str] | None = None) -> LoadedSettings:
    """Read every source once.

    Args:
        overrides: Values given as flags, by setting name.
        flag_names: What a flag is called where it is not called like its setting.

    Raises:
        SettingsError: A key is unknown or a value cannot be used; the message names the file, the key and the remedy.
    """
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for key, value, origin in _candidates(overrides, flag_names or {}):
        if key not in values:
            values[key], origins[key] = value, origin
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        raise SettingsError(_describe(error, values, origins)) from error
    there = next(place for place in (settings.data_dir, *settings.data_dir.parents) if place.exists())
    if not there.is_dir():
        raise SettingsError(f"{_place('data_dir', origins)} = '{settings.data_dir}': it is not a folder")
    return LoadedSettings(settings, {key: origins.get(key, Origin("default", key)) for key in Settings.model_fields})


def _candidates(overrides: Mapping[str, object], flag_names: Mapping[str, str]) -> Iterator[tuple[str, object, Origin]]:
    """Yield (setting, value, origin) from the strongest source to the weakest."""
    for key, value in overrides.items():
        yield key, value, Origin("flag", flag_names.get(key, "--" + key.replace("_", "-")))
    environment = _from_environment(os.environ, "environment")
    yield from environment
    dotenv = _from_environment(read_env_file(), str(ENV_FILE))
    yield from dotenv
    data_dir = next((value for key, value, _ in (*environment, *dotenv) if key == "data_dir"), None)
    folder = overrides.get("data_dir") or data_dir or platformdirs.user_data_path("lorag")
    yield from _from_toml(typed_path(str(folder)) / CONFIG_NAME)


def _from_environment(variables: Mapping[str, str | None], source: str) -> list[tuple[str, object, Origin]]:
    found: list[tuple[str, object, Origin]] = []
    for name, value in variables.items():
        if name.upper().startswith(PREFIX):
            key = _known(name.upper().removeprefix(PREFIX).lower(), source, name, PREFIX)
            if value:
                found.append((key, value, Origin(source, name)))
    return found


def _from_toml(path: Path) -> list[tuple[str, object, Origin]]:
    if not path.is_file():
        return []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error
    if "data_dir" in table:
        raise SettingsError(f"{path}: data_dir cannot be set here, because this file lies in it; set {PREFIX}DATA_DIR.")
    return [(_known(key, str(path), key, ""), value, Origin(str(path), key)) for key, value in table.items()]


def _known(key: str, source: str, name: str, prefix: str) -> str:
    if key in Settings.model_fields:
        return key
    # In config.toml, names are often written as they are in the environment.
    written = key.lower().removeprefix(PREFIX.lower())
    nearest = difflib.get_close_matches(written, Settings.model_fields, n=1, cutoff=0.0)[0]
    meant = prefix + nearest.upper() if prefix else nearest
    raise SettingsError(f"{source}: unknown setting {name}; did you mean {meant}?")


def _describe(error: ValidationError, values: Mapping[str, object], origins: Mapping[str, Origin]) -> str:
    """Put the first problem in one line that names file, key and value."""
    problem = error.errors()[0]
    key = str(problem["loc"][0]) if problem["loc"] else ""
    return f"{_place(key, origins)} = {values.get(key)!r}: {problem['msg'].lower()}"


def _place(key: str, origins: Mapping[str, Origin]) -> str:
    origin = origins.get(key, Origin("settings", key))
    return origin.name if origin.source == "flag" else f"{origin.source}: {origin.name}"
