"""What a person says about their training data, as flags of ``lorag data`` and ``lorag train``."""

import argparse
from collections.abc import Mapping
from typing import Final

from lorag.errors import UsageError
from lorag.tuning.read import ReadOptions

_FIELDS: Final = ("question", "answer", "context", "system", "text")


def read_options(arguments: argparse.Namespace) -> ReadOptions:
    """Return how the files are to be read."""
    return ReadOptions(
        columns=_columns(arguments.columns),
        table=arguments.table,
        query=arguments.query,
        as_text=arguments.objective == "text",
    )


def _columns(text: str | None) -> Mapping[str, str]:
    """Return ``question=Q,answer=A`` as a mapping.

    Raises:
        UsageError: A part is not ``FIELD=NAME``, or names no field.
    """
    columns: dict[str, str] = {}
    for part in (text or "").split(","):
        field, separator, name = part.partition("=")
        if part.strip() and (not separator or not name.strip() or field.strip() not in _FIELDS):
            known = ", ".join(_FIELDS)
            raise UsageError(f"--columns {text}: {part!r} is not FIELD=NAME with a field of {known}")
        if part.strip():
            columns[field.strip()] = name.strip()
    return columns
