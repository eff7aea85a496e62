"""Puts tiny adapters into a data folder, as training leaves them there."""

import shutil
from pathlib import Path

from lorag.adapters.manifest import Manifest, fingerprint, write_manifest
from tests.tiny_gguf import tiny_gguf, tiny_lora


def put_adapter(data_dir: Path, name: str, *, lora: Path | None = None, base: Path | None = None) -> Path:
    """Put an adapter with its manifest into the adapters folder and return its folder."""
    folder = data_dir / "adapters" / name
    folder.mkdir(parents=True)
    shutil.copyfile(lora or tiny_lora(), folder / "adapter.gguf")
    model = base or tiny_gguf()
    manifest = Manifest(
        name,
        model.stem,
        fingerprint(model),
        "llama",
        "2026-03-01T09:00:00+09:00",
        metrics={"task_score": 0.75},
        verdict="keep",
        verdict_text="It learned the tone and forgot nothing.",
        license="CC-BY-4.0",
        origin="our desk",
    )
    write_manifest(folder / "manifest.json", manifest)
    return folder
