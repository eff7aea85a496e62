"""What is written down about an adapter beside its weights."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from lorag.errors import AdapterError

MANIFEST_NAME: Final = "manifest.json"
MANIFEST_VERSION: Final = 1
_SAMPLE_BYTES: Final = 1024 * 1024
_SIZE_LIMIT: Final = 1024 * 1024
_TEXTS: Final[Mapping[str, str]] = {
    "name": "", "base": "", "base_fingerprint": "", "architecture": "", "created": "", "method": "lora", "verdict": "",
    "verdict_text": "", "license": "unknown", "origin": "unknown", "data_hash": "", "template_hash": "",
}  # fmt: skip
"""Every entry that is text, and what it is when it is missing."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where an adapter comes from and what it is worth."""

    name: str
    base: str
    """The name of the model it was trained on."""
    base_fingerprint: str
    """See ``fingerprint``; another quantisation of the same model has another, and the adapter still fits."""
    architecture: str
    created: str
    """ISO 8601, with the time zone."""
    method: str = "lora"
    metrics: Mapping[str, float] = field(default_factory=dict)
    verdict: str = ""
    """``keep``, ``keep_with_rag``, ``do_not_use`` …, empty when it was not measured."""
    verdict_text: str = ""
    """The verdict in words."""
    license: str = "unknown"
    """Of the data it was trained on, as the person gave it."""
    origin: str = "unknown"
    """Where the data is from, as the person gave it."""
    data_hash: str = ""
    """SHA-256 of the rows it was trained, validated and tested with."""
    template_hash: str = ""
    """SHA-256 of the base's chat template; under another template it was not trained."""
    hyperparameters: Mapping[str, object] = field(default_factory=dict)
    version: int = MANIFEST_VERSION


def read_manifest(path: Path) -> Manifest:
    """Return a manifest; one of a newer version is refused, unknown entries are left alone."""
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise AdapterError(f"{path} is too large for a manifest")
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise AdapterError(f"{path} cannot be read: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("version"), int):
        raise AdapterError(f"{path} is not an adapter's manifest")
    if data["version"] > MANIFEST_VERSION:
        raise AdapterError(f"{path} was written by a newer lorag (version {data['version']}); update lorag")
    return _manifest(path, data)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest so that a reader finds the old one or the new one, never a part."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.chmod(0o600)
    temporary.replace(path)


def model_manifest_path(model: Path) -> Path:
    """Return where the manifest of a model that was trained lies: beside it."""
    return model.with_suffix(".manifest.json")


def gguf_metadata(manifest: Manifest) -> dict[str, str]:
    """Return what is written into the file itself, so that it stays with it when the manifest does not."""
    return {
        "lorag.base": manifest.base,
        "lorag.base_fingerprint": manifest.base_fingerprint,
        "lorag.created": manifest.created,
        "lorag.method": manifest.method,
        "lorag.hyperparameters": json.dumps(manifest.hyperparameters, ensure_ascii=False),
        "lorag.data_license": manifest.license,
        "lorag.data_origin": manifest.origin,
        "lorag.data_hash": manifest.data_hash,
        "lorag.template_hash": manifest.template_hash,
        "lorag.verdict": manifest.verdict,
        "lorag.verdict_text": manifest.verdict_text,
    }


def fingerprint(model: Path) -> str:
    """Return what tells a model file from others without reading all of it: its size, its start and its end."""
    digest = hashlib.sha256()
    with model.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        digest.update(str(size).encode())
        for start in (0, max(size - _SAMPLE_BYTES, 0)):
            file.seek(start)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _manifest(path: Path, data: Mapping[str, Any]) -> Manifest:
    texts = {name: data.get(name, default) for name, default in _TEXTS.items()}
    metrics, hyperparameters = data.get("metrics", {}), data.get("hyperparameters", {})
    are_tables = isinstance(metrics, dict) and isinstance(hyperparameters, dict)
    if not are_tables or not all(isinstance(text, str) for text in texts.values()):
        raise AdapterError(f"{path} is damaged: an entry has the wrong type")
    numbers = {str(name): float(value) for name, value in metrics.items() if isinstance(value, int | float)}
    return Manifest(**texts, metrics=numbers, hyperparameters=hyperparameters, version=data["version"])
