"""JSON: every value on a line with the keys that lead to it; an object in a list is a row."""

import json
import re
from collections.abc import Iterator
from typing import Final

from lorag.documents.builder import TextBuilder
from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.normalise import one_line
from lorag.documents.source import Source
from lorag.documents.tables import SEPARATOR
from lorag.errors import DocumentError, DocumentLimitError

_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_LONGEST_LIST_LINE: Final = 200
Scalar = str | bool | None
"""Numbers stay strings, written as in the file."""


def read(source: Source) -> ExtractedDocument:
    """Return the values with the keys that lead to them."""
    builder = TextBuilder(source.limits)
    value = parse_json(decode(source.data), source.limits)
    parts = value.items() if isinstance(value, dict) else [("", value)]
    for key, part in parts:
        for index, line in enumerate(_lines(part, str(key))):
            (builder.paragraph if index == 0 and isinstance(part, dict | list) else builder.line)(line)
    return builder.document("application/json")


def parse_json(text: str, limits: Limits) -> object:
    """Return the value of a JSON text that is not nested too deeply; its numbers are strings."""
    _check_depth(text, limits)
    try:
        value: object = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError as error:
        raise DocumentLimitError("its values are nested too deeply to be read") from error
    except ValueError as error:
        raise DocumentError(f"it is damaged: it is not valid JSON ({error})") from error
    return value


def flat_line(value: object) -> str:
    """Return a value on a single line as ``key: value | key › key: value``."""
    return SEPARATOR.join(one_line(line) for line in _lines(value, ""))


def _check_depth(text: str, limits: Limits) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > limits.max_nesting:
                raise DocumentLimitError(
                    f"its values are nested more than {limits.max_nesting} deep; raise max_nesting to read it"
                )
        elif mark in "]}":
            depth -= 1


def _lines(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _lines(part, f"{path} › {key}" if path else str(key))
    elif isinstance(value, list):
        yield from _list_lines(value, path)
    elif value is not None and value != "":
        yield _labelled(path, _shown(value))


def _list_lines(values: list[object], path: str) -> Iterator[str]:
    if values and all(not isinstance(value, dict | list) for value in values):
        shown = [_shown(value) for value in values if value is not None]
        line = ", ".join(shown)
        yield from (
            [_labelled(path, line)] if len(line) <= _LONGEST_LIST_LINE else [_labelled(path, each) for each in shown]
        )
        return
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict) and not any(isinstance(part, dict | list) for part in value.values()):
            yield SEPARATOR.join(one_line(line) for line in _lines(value, ""))
        else:
            yield from _lines(value, f"{path} {number}".strip())


def _labelled(path: str, value: str) -> str:
    if not path:
        return value
    return f"{path}:\n{value}" if "\n" in value.strip() else f"{path}: {value}"


def _shown(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
