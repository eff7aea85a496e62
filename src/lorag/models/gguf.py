"""Read what a GGUF file says of itself, without llama.cpp and without trusting the file.

llama.cpp ends the process on some malformed files, so a file is read here first: every count and offset is checked
against the bytes that are there before anything is done with it.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.errors import ModelError
from lorag.models.quantisation import tensor_bytes

MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_HEADER_LIMIT: Final = 256 * 1024 * 1024
"""No known model has a header of more than a tenth of this."""
_FIRST_READ: Final = 8 * 1024 * 1024
_LONGEST_KEPT_ARRAY: Final = 4096
"""Per-layer arrays are kept, vocabularies are only counted."""
_NAME_LIMIT: Final = 65535
_DIMENSIONS_LIMIT: Final = 4

_STRING, _ARRAY = 8, 9
_FORMATS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_PART = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$")


@dataclass(frozen=True, slots=True)
class LongArray:
    """An array that was only counted."""

    length: int


Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | LongArray


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor as the header describes it."""

    shape: tuple[int, ...]
    """GGUF order: the length of a row comes first."""
    type_id: int
    offset: int
    """From the start of the tensor data."""
    size_bytes: int | None
    """None for a type this program does not know."""


@dataclass(frozen=True, slots=True)
class GgufMetadata:
    """What a GGUF file, or a set of parts, says of itself."""

    path: Path
    version: int
    size_bytes: int
    """Of all parts together."""
    values: Mapping[str, Value]
    tensors: Mapping[str, TensorInfo]
    parts: tuple[Path, ...]
    """Every file of the model, this one first."""

    def text(self, key: str, default: str = "") -> str:
        """Return a string value."""
        value = self.values.get(key)
        return value if isinstance(value, str) else default

    def integer(self, key: str, default: int = 0) -> int:
        """Return an integer value; of a per-layer array, its largest."""
        value = self.values.get(key)
        if isinstance(value, tuple):
            value = max((item for item in value if isinstance(item, int)), default=default)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    @property
    def architecture(self) -> str:
        """What llama.cpp calls the model's kind, such as ``llama`` or ``qwen2``."""
        return self.text("general.architecture")

    def of_architecture(self, key: str, default: int = 0) -> int:
        """Return an integer value below the architecture's own prefix."""
        return self.integer(f"{self.architecture}.{key}", default)

    @property
    def name(self) -> str:
        """The name in the file, or the file's."""
        return self.text("general.name") or self.path.stem

    @property
    def parameters(self) -> int:
        """How many weights the tensors hold."""
        return sum(_elements(tensor.shape) for tensor in self.tensors.values())


def read_metadata(path: Path) -> GgufMetadata:
    """Return what the file at ``path`` says of itself; of a split model, what all parts say together."""
    first = _read_part(path)
    count = first.integer("split.count")
    if count <= 1:
        return first
    parts = _part_paths(path, count, first.integer("split.no"))
    others = [_read_part(part) for part in parts[1:]]
    tensors = dict(first.tensors)
    for other in others:
        tensors.update(other.tensors)
    size = first.size_bytes + sum(other.size_bytes for other in others)
    return GgufMetadata(path, first.version, size, first.values, tensors, tuple(parts))


def _part_paths(path: Path, count: int, number: int) -> list[Path]:
    match = _PART.match(path.name)
    if match is None or int(match["count"]) != count:
        raise ModelError(
            f"{path} is one part of {count}, but its name has lost the form NAME-00001-of-{count:05d}.gguf"
        )
    parts = [path.with_name(f"{match['stem']}-{part:05d}-of-{count:05d}.gguf") for part in range(1, count + 1)]
    if number != 0:
        raise ModelError(f"{path} is part {number + 1} of {count}; name the first part: {parts[0].name}")
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise ModelError(f"{path} is one part of {count}, and {', '.join(missing[:3])} must lie beside it")
    return parts


def _read_part(path: Path) -> GgufMetadata:
    try:
        if not path.is_file():
            raise ModelError(f"{path} is not a file" if path.exists() else f"{path} does not exist")
        size = path.stat().st_size
        limit = _FIRST_READ
        while True:
            with path.open("rb") as file:
                header = _Header(path, file.read(limit), size)
            try:
                return header.metadata()
            except _MoreNeededError:
                if limit >= min(size, _HEADER_LIMIT):
                    raise ModelError(_truncated(path, size)) from None
                limit *= 8
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error


def _truncated(path: Path, size: int, expected: int = 0) -> str:
    of = f" of {expected:,}" if expected else ""
    return f"{path} is not complete: it ends after {size:,}{of} bytes. Copy or download it again"


class _MoreNeededError(Exception):
    """The header goes on behind what was read."""


class _Header:
    def __init__(self, path: Path, data: bytes, file_size: int) -> None:
        self._path = path
        self._data = data
        self._file_size = file_size
        self._position = 0

    def metadata(self) -> GgufMetadata:
        version = self._version()
        tensor_count, value_count = self._integer("Q"), self._integer("Q")
        # The smallest tensor entry takes 24 bytes and the smallest value 13.
        if tensor_count * 24 + value_count * 13 > self._file_size:
            raise ModelError(_truncated(self._path, self._file_size))
        values = dict(self._key_and_value() for _ in range(value_count))
        tensors = dict(self._tensor() for _ in range(tensor_count))
        self._check_extent(values, tensors)
        return GgufMetadata(self._path, version, self._file_size, values, tensors, (self._path,))

    def _version(self) -> int:
        if not self._data.startswith(MAGIC):
            raise ModelError(f"{self._path} is not a GGUF file")
        self._position = len(MAGIC)
        version = self._integer("I")
        if version & 0xFFFF == 0 and version:
            raise ModelError(f"{self._path} is a big-endian GGUF file, and this computer is little-endian")
        if version not in _VERSIONS:
            raise ModelError(f"{self._path} has GGUF version {version}; versions 2 and 3 can be read")
        return version

    def _take(self, length: int) -> int:
        """Return where the next ``length`` bytes start and step over them."""
        start = self._position
        end = start + length
        if end > len(self._data):
            if end > self._file_size:
                raise ModelError(_truncated(self._path, self._file_size))
            raise _MoreNeededError
        self._position = end
        return start

    def _integer(self, code: str) -> int:
        size = struct.calcsize("<" + code)
        return int(struct.unpack_from("<" + code, self._data, self._take(size))[0])

    def _text(self) -> str:
        length = self._integer("Q")
        start = self._take(length)
        return self._data[start : start + length].decode("utf-8", "replace")

    def _short_text(self) -> str:
        text = self._text()
        if len(text) > _NAME_LIMIT:
            raise ModelError(f"{self._path} is damaged: a name in it has {len(text):,} characters")
        return text

    def _key_and_value(self) -> tuple[str, Value]:
        key = self._short_text()
        kind = self._integer("I")
        return key, self._array() if kind == _ARRAY else self._scalar(kind)

    def _scalar(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._text()
        code = "<" + self._format(kind)
        value: bool | int | float = struct.unpack_from(code, self._data, self._take(struct.calcsize(code)))[0]
        return value

    def _format(self, kind: int) -> str:
        code = _FORMATS.get(kind)
        if code is None:
            raise ModelError(f"{self._path} is damaged: a value in it has the unknown type {kind}")
        return code

    def _array(self) -> Value:
        kind, length = self._integer("I"), self._integer("Q")
        if kind == _STRING:
            return self._strings(length)
        code = self._format(kind)
        start = self._take(length * struct.calcsize("<" + code))
        if length > _LONGEST_KEPT_ARRAY:
            return LongArray(length)
        return struct.unpack_from(f"<{length}{code}", self._data, start)

    def _strings(self, length: int) -> Value:
        if length * 8 > self._file_size:
            raise ModelError(_truncated(self._path, self._file_size))
        if length <= _LONGEST_KEPT_ARRAY // 16:
            return tuple(self._text() for _ in range(length))
        data, position, end = self._data, self._position, len(self._data)
        unpack = struct.Struct("<Q").unpack_from
        for _ in range(length):
            if position + 8 > end:
                break
            position += 8 + unpack(data, position)[0]
        else:
            self._take(position - self._position)
            return LongArray(length)
        self._take(max(position + 8 - self._position, 0))
        raise _MoreNeededError

    def _tensor(self) -> tuple[str, TensorInfo]:
        name = self._short_text()
        dimensions = self._integer("I")
        if dimensions > _DIMENSIONS_LIMIT:
            raise ModelError(f"{self._path} is damaged: tensor {name} has {dimensions} dimensions")
        shape = tuple(self._integer("Q") for _ in range(dimensions))
        type_id, offset = self._integer("I"), self._integer("Q")
        return name, TensorInfo(shape, type_id, offset, tensor_bytes(type_id, _elements(shape)))

    def _check_extent(self, values: Mapping[str, Value], tensors: Mapping[str, TensorInfo]) -> None:
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise ModelError(f"{self._path} is damaged: its alignment is {alignment!r}")
        start = -(-self._position // alignment) * alignment
        needed = max((start + tensor.offset + (tensor.size_bytes or 0) for tensor in tensors.values()), default=0)
        if needed > self._file_size:
            raise ModelError(_truncated(self._path, self._file_size, needed))


def _elements(shape: tuple[int, ...]) -> int:
    elements = 1
    for length in shape:
        elements *= length
    return elements
