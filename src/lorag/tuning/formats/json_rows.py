"""JSON and JSON Lines: a row an object, with the line it stands on."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from lorag.errors import DatasetError
from lorag.tuning.examples import Finding, Origin, Row

_LIST_NAMES = ("data", "rows", "examples", "items", "train")


def read_json_lines(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield a row a line; a line that is not a JSON object is a finding, not the end."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        origin = Origin(path, number)
        try:
            values = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield Finding(origin, "unreadable", f"not JSON: {error}", "dropped")
            continue
        if isinstance(values, dict):
            yield Row(origin, values)
        else:
            yield Finding(origin, "unreadable", f"a JSON {type(values).__name__}, not an object", "dropped")


def read_json(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield the objects of a JSON list, or of the list under ``data``, ``rows``, ``examples``, ``items`` or ``train``."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            # JSON Lines under the name .json is common.
            yield from read_json_lines(path, text)
            return
        raise DatasetError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise DatasetError(f"{path}: nested too deeply to be training examples") from error
    for number, values in enumerate(_objects(path, document), 1):
        origin = Origin(path, number)
        if isinstance(values, dict):
            yield Row(origin, values)
        else:
            yield Finding(origin, "unreadable", f"item {number} is a {type(values).__name__}, not an object", "dropped")


def _objects(path: Path, document: object) -> list[object]:
    if isinstance(document, list):
        return document
    if isinstance(document, Mapping):
        for name in _LIST_NAMES:
            if isinstance(document.get(name), list):
                return list(document[name])
        if "messages" in document or "conversations" in document:
            return [document]
    raise DatasetError(f'{path} holds no list of examples; expected [{{…}}, …] or {{"data": [{{…}}, …]}}')
