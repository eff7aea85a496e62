"""CSV, TSV and Parquet: rows with named columns."""

import csv
import importlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from lorag.errors import DatasetError
from lorag.tuning.examples import Finding, Origin, Row

_LONGEST_FIELD: Final = 1_000_000
_DELIMITERS: Final = ",;\t|"


def read_delimited(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield the rows of a CSV or TSV text; the first line that is not empty names the columns."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True)
    names: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Finding(Origin(path, line), "unreadable", _reason(error), "dropped")
            continue
        if not any(value.strip() for value in values):
            continue
        if names:
            yield _row(Origin(path, line), names, values)
        else:
            names = [name.strip() for name in values]


def _row(origin: Origin, names: Sequence[str], values: Sequence[str]) -> Row | Finding:
    if any(value.strip() for value in values[len(names) :]):
        reason = f"the row has {len(values)} cells where the first line names {len(names)}; quote cells with commas"
        return Finding(origin, "unreadable", reason, "dropped")
    return Row(origin, dict(zip(names, values, strict=False)))


def _reason(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "a quotation mark is opened here and never closed; nothing after it was read"
    if "field limit" in str(error):
        return f"a cell is longer than {_LONGEST_FIELD:,} characters"
    return f"not a row: {error}"


def _delimiter(path: Path, text: str) -> str:
    """Return what separates the cells: by the name, or what the first line holds most of."""
    if path.suffix.lower() in {".tsv", ".tab"}:
        return "\t"
    first = next((line for line in text.split("\n", 20) if line.strip()), "")
    return max(_DELIMITERS, key=first.count)


def read_parquet(path: Path) -> Iterator[Row]:
    """Yield the rows of a Parquet file, a batch at a time.

    Raises:
        DatasetError: pyarrow is not installed, or the file is not Parquet.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise DatasetError(
            f"{path}: reading Parquet needs pyarrow; install it with: pip install 'lorag[train]'"
        ) from error
    arrow = importlib.import_module("pyarrow")
    try:
        number = 0
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1000):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(Origin(path, number), values)
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as Parquet: {error}") from error
