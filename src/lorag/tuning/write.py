"""Clean examples as JSON Lines, in the shape that every training program reads."""

import json
from collections.abc import Iterable
from pathlib import Path

from lorag.errors import DatasetError
from lorag.tuning.examples import Example


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write one example a line, so that a reader finds the whole file or none.

    Raises:
        DatasetError: The file cannot be written.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            for example in examples:
                file.write(json.dumps(_row(example), ensure_ascii=False) + "\n")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DatasetError(f"{path} cannot be written: {error.strerror}") from error


def _row(example: Example) -> dict[str, object]:
    if not example.messages:
        return {"text": example.text}
    return {"messages": [{"role": message.role, "content": message.content} for message in example.messages]}
