"""What a person says about their training data, as flags of ``lorag data`` and ``lorag train``."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lorag.errors import UsageError
from lorag.paths import typed_path
from lorag.tuning.read import DATABASES, ReadOptions

_FIELDS: Final = ("question", "answer", "context", "system", "text")


def read_options(arguments: argparse.Namespace, paths: Sequence[str]) -> ReadOptions:
    """Return how the files are to be read.

    Raises:
        UsageError: A flag cannot be understood, or fits none of the files.
    """
    _refuse_without_tables(arguments, [typed_path(path) for path in paths])
    return ReadOptions(
        columns=_columns(arguments.columns),
        table=arguments.table,
        query=arguments.query,
        as_text=arguments.objective == "text",
    )


def _refuse_without_tables(arguments: argparse.Namespace, paths: Sequence[Path]) -> None:
    """Refuse ``--table`` and ``--query`` where no file has tables; what is in a folder shows when it is read."""
    if any(path.is_dir() for path in paths):
        return
    suffixes = {path.suffix.lower() for path in paths}
    if arguments.query and not suffixes & DATABASES:
        raise UsageError("--query needs an SQLite database; in an SQL dump a table is named: --table NAME")
    if arguments.table and not suffixes & {*DATABASES, ".sql"}:
        raise UsageError("--table needs an SQLite database or an SQL dump; columns are named with --columns")


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
