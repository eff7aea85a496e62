"""The ``.env`` of the folder lorag is started from: how it is decoded, and which of its lines are refused."""

import codecs
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lorag.errors import SettingsError

PREFIX: Final = "LORAG_"
ENV_FILE: Final = Path(".env")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    # What `>` of Windows PowerShell writes.
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_env_file(path: Path = ENV_FILE) -> Mapping[str, str | None]:
    """Return the variables of a ``.env`` file, none when there is no file.

    Raises:
        SettingsError: It cannot be opened, is not text, or has a line of lorag's that sets nothing.
    """
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - few have such a file, and the first frame waits for it
    from dotenv.parser import parse_stream  # noqa: PLC0415

    lines = []
    for line in parse_stream(io.StringIO(_text(path))):
        text = line.original.string
        number = line.original.line + len(text[: len(text) - len(text.lstrip())].splitlines())
        if line.error or (line.key is not None and line.value is None):
            _refuse_own(path, number, text.strip())
        else:
            lines.append(text)
    return dotenv_values(stream=io.StringIO("".join(lines)))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}, line {line}: it is not UTF-8; save the file in UTF-8") from error
    if "\0" in text:
        raise SettingsError(f"{path}, line 1: it is not UTF-8; save the file in UTF-8")
    return text


def _refuse_own(path: Path, number: int, line: str) -> None:
    """Raise where a line is meant for lorag; the file may belong to a project whose other lines are not our business."""
    words = line.removeprefix("export ").split()
    if words and words[0].upper().startswith(PREFIX):
        name = words[0].partition("=")[0]
        problem = "its quotation mark is not closed" if "=" in line else f"there is no = after {name}"
        raise SettingsError(f"{path}, line {number}: {problem}; write it as {name}=VALUE")
