"""CSV, TSV and Parquet: rows with named columns."""

import csv
import importlib
import io
from collections.abc import Iterator
from pathlib import Path

from lorag.errors import DatasetError
from lorag.tuning.examples import Origin, Row

_LONGEST_FIELD = 1_000_000


def read_delimited(path: Path, text: str) -> Iterator[Row]:
    """Yield the rows of a CSV or TSV text; the first line names the columns."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text), dialect=_dialect(path, text))
    try:
        names = [name.strip() for name in next(reader, [])]
        line = reader.line_num + 1
        for values in reader:
            if any(value.strip() for value in values):
                yield Row(Origin(path, line), dict(zip(names, values, strict=False)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: {error}") from error


def _dialect(path: Path, text: str) -> type[csv.Dialect]:
    if path.suffix.lower() in {".tsv", ".tab"}:
        return csv.excel_tab
    try:
        return csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        return csv.excel


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
    except (arrow.ArrowException, OSError) as error:
        raise DatasetError(f"{path} cannot be read as Parquet: {error}") from error
