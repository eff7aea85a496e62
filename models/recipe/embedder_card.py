"""The model card: what the embedder is made of and how well it does."""

from pathlib import Path
from typing import Any


def write_card(folder: Path, corpus: Path, config: dict[str, Any], history: list[dict[str, Any]]) -> None:
    """Write README.md."""
