"""The refusal threshold of one library, calibrated on its own questions and kept in it."""

import json
from typing import Final

from lorag.library.database import Database
from lorag.library.meta import read_meta, write_meta

_KEY: Final = "threshold"


def calibrated_threshold(database: Database) -> float | None:
    """Return the library's own threshold; None without a calibration, or when it was made for other indexes."""
    stored = read_meta(database, _KEY)
    if not stored:
        return None
    values = json.loads(stored)
    return float(values["threshold"]) if values["indexes"] == _indexes(database) else None


def keep_threshold(database: Database, threshold: float | None) -> None:
    """Write the library's own threshold; None goes back to the settings."""
    values = {"threshold": threshold, "indexes": _indexes(database)}
    with database.atomic():
        write_meta(database, _KEY, "" if threshold is None else json.dumps(values))


def _indexes(database: Database) -> list[str | None]:
    """Return what relevance depends on: the similarities of one embedder say nothing about another's."""
    return [read_meta(database, name) for name in ("embedder", "tokenizer")]
