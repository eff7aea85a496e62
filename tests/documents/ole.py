"""Writes the smallest OLE containers that readers accept: what HWP and encrypted office files are made of."""

import math
import struct
from typing import Any

_SECTOR = 512
_MINI_SECTOR = 64
_MINI_LIMIT = 4096
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
Tree = dict[str, "bytes | Tree"]
Entry = dict[str, Any]


def write_ole(tree: Tree) -> bytes:
    """Return an OLE container with the streams and storages of ``tree``."""
    entries: list[Entry] = [{"name": "Root Entry", "kind": 5, "data": b"", "child": _NONE, "right": _NONE}]
    _add_entries(entries, 0, tree)
    mini, mini_fat = _mini_stream(entries)
    entries[0]["data"] = mini
    sectors: list[bytes] = []
    fat: list[int] = []
    for entry in entries:
        if entry["kind"] == 5 or (entry["kind"] == 2 and len(entry["data"]) >= _MINI_LIMIT):
            entry["start"] = _place(sectors, fat, entry["data"])
    mini_fat_start = _place(sectors, fat, struct.pack(f"<{len(mini_fat)}I", *mini_fat))
    directory_start = _place(sectors, fat, b"".join(map(_directory_entry, entries)))
    n_fat = 1
    while n_fat * (_SECTOR // 4) < len(fat) + n_fat:
        n_fat += 1
    fat_start = len(sectors)
    fat += [_FAT] * n_fat
    fat += [_FREE] * (n_fat * (_SECTOR // 4) - len(fat))
    sectors += [struct.pack("<128I", *fat[i : i + 128]) for i in range(0, len(fat), 128)]
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, n_fat, directory_start, 0, _MINI_LIMIT, mini_fat_start, math.ceil(len(mini_fat) / 128), _END, 0,
    )  # fmt: skip
    table = [fat_start + i if i < n_fat else _FREE for i in range(109)]
    return header + struct.pack("<109I", *table) + b"".join(sectors)


def _add_entries(entries: list[Entry], parent: int, tree: Tree) -> None:
    previous = None
    for name, content in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        index = len(entries)
        data = content if isinstance(content, bytes) else b""
        kind = 2 if isinstance(content, bytes) else 1
        entries.append({"name": name, "kind": kind, "data": data, "child": _NONE, "right": _NONE})
        if previous is None:
            entries[parent]["child"] = index
        else:
            entries[previous]["right"] = index
        previous = index
        if not isinstance(content, bytes):
            _add_entries(entries, index, content)


def _mini_stream(entries: list[Entry]) -> tuple[bytes, list[int]]:
    data = b""
    fat: list[int] = []
    for entry in entries:
        entry["start"] = _END
        if entry["kind"] == 2 and 0 < len(entry["data"]) < _MINI_LIMIT:
            entry["start"] = len(fat)
            n_sectors = math.ceil(len(entry["data"]) / _MINI_SECTOR)
            fat += [*range(len(fat) + 1, len(fat) + n_sectors), _END]
            data += entry["data"].ljust(n_sectors * _MINI_SECTOR, b"\0")
    return data, fat + [_FREE] * (-len(fat) % 128)


def _place(sectors: list[bytes], fat: list[int], data: bytes) -> int:
    """Append ``data`` as a chain of sectors and return the first one's number."""
    if not data:
        return _END
    start = len(sectors)
    pieces = [data[i : i + _SECTOR].ljust(_SECTOR, b"\0") for i in range(0, len(data), _SECTOR)]
    sectors += pieces
    fat += [*range(start + 1, start + len(pieces)), _END]
    return start


def _directory_entry(entry: Entry) -> bytes:
    name = entry["name"].encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16xI16xIQ",
        name, len(name), entry["kind"], 1, _NONE, entry["right"], entry["child"], 0, entry["start"], len(entry["data"]),
    )  # fmt: skip
