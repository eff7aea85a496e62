"""CSV, TSV and Parquet: rows with named columns."""

import csv
import importlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from lorag.errors import DatasetError
from lorag.tuning.columns import is_known, is_question
from lorag.tuning.examples import Finding, Origin, Row

_LONGEST_FIELD: Final = 1_000_000
_DELIMITERS: Final = ",;\t|"
_SHOWN_HEADER: Final = 120


def read_delimited(path: Path, text: str, columns: Mapping[str, str]) -> Iterator[Row | Finding]:
    """Yield the rows of a CSV or TSV text; the first line that is not empty names the columns.

    A first line of two cells that is a question with its answer is a row: such a table has no header.
    """
    names: list[str] = []
    for line, values in _lines(path, text):
        if isinstance(values, Finding):
            yield values
            continue
        if names:
            yield _row(Origin(path, line), names, values)
            continue
        names = [name.strip() for name in values]
        if not any(is_known(name, columns) for name in names):
            headless = _is_pair(names) and not columns
            yield _about_header(Origin(path, line), names, headless=headless)
            if headless:
                names = ["question", "answer"]
                yield _row(Origin(path, line), names, values)


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str] | Finding]]:
    """Yield each line that is not empty, as its cells, with the number of the line that it starts on."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Finding(Origin(path, line), "unreadable", _reason(error), "dropped")
            continue
        if any(value.strip() for value in values):
            yield line, values


def _is_pair(cells: Sequence[str]) -> bool:
    return len(cells) == 2 and is_question(cells[0]) and bool(cells[1]) and not is_question(cells[1])


def _about_header(origin: Origin, names: Sequence[str], *, headless: bool) -> Finding:
    if headless:
        reason = (
            f"line {origin.line} is a question with its answer, so the table has no header: the first column was taken "
            "as the question, the second as the answer"
        )
        return Finding(origin, "header", reason, "warning")
    reason = (
        f"line {origin.line} was taken as the header, and no name in it is known ({', '.join(names)[:_SHOWN_HEADER]}); name them "
        "with --columns question=NAME,answer=NAME, or put a line with question,answer before it if it is a row"
    )
    return Finding(origin, "header", reason, "dropped")


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
