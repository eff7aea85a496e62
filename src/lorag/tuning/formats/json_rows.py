"""JSON and JSON Lines: a row an object, with the line it stands on."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Final

from lorag.tuning.examples import Finding, Origin, Row

_LIST_NAMES: Final = ("data", "rows", "examples", "items", "train")
_CONVERSATION_NAMES: Final = ("messages", "conversations")
_SPACE: Final = " \t\r\n"
# A number of more digits than Python converts is a ValueError that is no JSONDecodeError.
_JSON_ERRORS: Final = (ValueError, RecursionError)


def read_json_lines(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield a row a line; a line that is not a JSON object is a finding, not the end."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except _JSON_ERRORS as error:
            yield Finding(Origin(path, number), "unreadable", f"not JSON: {_reason(error)}", "dropped")
            continue
        yield _row(Origin(path, number), values)


def read_json(path: Path, text: str) -> Iterator[Row | Finding]:
    """Yield the objects of a JSON list, or of the list under ``data``, ``rows``, ``examples``, ``items`` or ``train``.

    JSON Lines under this name is read as such. What stands before a break in the file is kept, and the break reported.
    """
    start = _list_start(text)
    if start is not None:
        yield from _items(path, text, start)
        return
    try:
        document = json.loads(text)
    except _JSON_ERRORS:
        # Either JSON Lines, or each line says for itself what is wrong with it.
        yield from read_json_lines(path, text)
        return
    if isinstance(document, dict) and any(name in document for name in _CONVERSATION_NAMES):
        yield Row(Origin(path, 1), document)
    else:
        reason = 'it holds no list of examples; expected [{…}, …] or {"data": [{…}, …]}'
        yield Finding(Origin(path, 0), "unreadable", reason, "dropped")


def _list_start(text: str) -> int | None:
    """Return the position after the ``[`` of the list of examples, None when there is no such list."""
    position = _after_space(text, 0)
    if text[position : position + 1] == "[":
        return position + 1
    if text[position : position + 1] != "{":
        return None
    decoder = json.JSONDecoder()
    position = _after_space(text, position + 1)
    try:
        while text[position : position + 1] == '"':
            name, position = decoder.raw_decode(text, position)
            position = _after_space(text, _after_space(text, position) + 1)
            if name in _LIST_NAMES and text[position : position + 1] == "[":
                return position + 1
            _, position = decoder.raw_decode(text, position)
            position = _after_space(text, _after_space(text, position) + 1)
    except _JSON_ERRORS:
        return None
    return None


def _items(path: Path, text: str, position: int) -> Iterator[Row | Finding]:
    """Yield the items of a list one by one, so that each has its line and a cut-off file gives all but its last."""
    line_starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    decoder = json.JSONDecoder()
    position = _after_space(text, position)
    while text[position : position + 1] != "]":
        origin = Origin(path, bisect_right(line_starts, position))
        try:
            values, position = decoder.raw_decode(text, position)
        except _JSON_ERRORS as error:
            reason = f"not JSON, and nothing after it was read: {_reason(error)}"
            yield Finding(origin, "unreadable", reason, "dropped")
            return
        yield _row(origin, values)
        position = _after_space(text, position)
        if text[position : position + 1] == ",":
            position = _after_space(text, position + 1)


def _row(origin: Origin, values: object) -> Row | Finding:
    if isinstance(values, dict):
        return Row(origin, values)
    return Finding(origin, "unreadable", f"a JSON {type(values).__name__}, not an object", "dropped")


def _after_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]
