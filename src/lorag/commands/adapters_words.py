"""What is written down about an adapter, or about a model that was trained whole, as lines for a person."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from lorag.adapters.manifest import Manifest, model_manifest_path, read_manifest
from lorag.commands.terminal import harmless_json, harmless_line, shown_size
from lorag.settings import Settings


def trained_model(settings: Settings, name: str) -> Path | None:
    """Return the model that a training without a LoRA form has made under a name, None when there is none."""
    model = settings.models_folder / f"{name}.gguf"
    return model if model.is_file() and model_manifest_path(model).is_file() else None


def print_model(model: Path, *, as_json: bool) -> None:
    """Print what a trained model was made of."""
    manifest = read_manifest(model_manifest_path(model))
    size = model.stat().st_size
    if as_json:
        about = {"name": model.stem, "path": str(model), "bytes": size, "manifest": asdict(manifest), "problem": None}
        print(harmless_json(about, sys.stdout))
        return
    whole = {"changes": "the whole model: chosen with /model, not switched on over its base"}
    print_lines({"name": model.stem, **manifest_lines(manifest), **whole, "size": shown_size(size), "file": str(model)})


def print_lines(lines: Mapping[str, str]) -> None:
    """Print titles and what they stand for; what is empty is left out."""
    for title, value in lines.items():
        if value:
            print(f"{title:<9}  {harmless_line(value)}")


def manifest_lines(manifest: Manifest | None) -> dict[str, str]:
    """Return what a manifest says, by title."""
    if manifest is None:
        return {"manifest": "none: a bare file"}
    numbers = ", ".join(f"{name} {value:.4g}" for name, value in manifest.metrics.items())
    return {
        "base": f"{manifest.base} ({manifest.architecture})",
        "method": manifest.method,
        "made": manifest.created,
        "verdict": f"{manifest.verdict}: {manifest.verdict_text}" if manifest.verdict else "not measured",
        "measured": numbers,
        "licence": f"{manifest.license} (origin: {manifest.origin})",
        "data": manifest.data_hash,
    }


def changes_line(manifest: Manifest | None, weights: int, ranks: Sequence[int]) -> str:
    """Return how many weights an adapter changes and with which rank, and why that may be another than was asked."""
    line = f"{weights} weights, rank {', '.join(map(str, ranks)) or '?'}"
    lora = manifest.hyperparameters.get("lora") if manifest is not None else None
    if manifest is None or not isinstance(lora, Mapping) or list(ranks) in ([], [lora.get("rank")]):
        return line
    trained = lora.get("rank")
    if lora.get("pissa"):
        return f"{line} (rank {trained} was trained; with PiSSA the file holds what was added and what was taken away)"
    if manifest.method == "dora":
        return f"{line} (rank {trained} was trained; DoRA is brought into low rank, each weight as far as it needs)"
    return line


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with columns one below the other, wide Korean letters counted as two; the last is ragged."""
    from rich.cells import cell_len  # noqa: PLC0415 - only a list that is drawn needs it

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [*(cell + " " * (width - cell_len(cell)) for cell, width in zip(row[:-1], widths, strict=False)), row[-1]]
        )
        for row in rows
    ]
