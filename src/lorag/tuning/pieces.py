"""The text of single tokens, so that a person can see which of them are learned."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import gguf

_BYTE_LEVEL: Final = "gpt2"


def read_vocabulary(path: Path) -> tuple[list[str], bool]:
    """Return the tokens of a GGUF file as they are stored, and whether they are byte-level BPE."""
    fields = gguf.GGUFReader(path).fields
    model = fields.get("tokenizer.ggml.model")
    tokens = fields.get("tokenizer.ggml.tokens")
    texts = [] if tokens is None else [str(token) for token in tokens.contents()]
    return texts, model is not None and model.contents() == _BYTE_LEVEL


def runs(ids: Sequence[int], trained: Sequence[bool], vocabulary: tuple[list[str], bool]) -> list[tuple[str, bool]]:
    """Return the text of a row in runs that are learned or not.

    A character split over two tokens belongs to the run in which it ends; what is not UTF-8 is shown as U+FFFD.
    """
    texts, byte_level = vocabulary
    result: list[tuple[str, bool]] = []
    held = b""
    for index, (token, learned) in enumerate(zip(ids, trained, strict=True)):
        held += _piece(texts[token], byte_level)
        if index + 1 == len(ids) or trained[index + 1] != learned:
            result.append((held.decode("utf-8", "replace"), learned))
            held = b""
    return result


def _piece(text: str, byte_level: bool) -> bytes:
    if byte_level:
        # Control tokens are stored as plain text; they hold characters that stand for themselves.
        return b"".join(_BYTES[letter] if letter in _BYTES else letter.encode() for letter in text)
    if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
        return bytes([int(text[3:5], 16)])
    return text.replace("\u2581", " ").encode()


def _byte_of_letter() -> Iterable[tuple[str, bytes]]:
    """Yield GPT-2's printable stand-in for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    stand_in = 256
    for byte in range(256):
        if byte in printable:
            yield chr(byte), bytes([byte])
        else:
            yield chr(stand_in), bytes([byte])
            stand_in += 1


_BYTES: Final = dict(_byte_of_letter())
