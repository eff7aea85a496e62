"""Spoils files in every way that disks, downloads and people do, repeatably."""

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator

from tests.documents.files import KOREAN, MAKERS, epub, hwp, hwp_paragraph, hwpx, zipped

ZIPPED = (".docx", ".pptx", ".xlsx", ".epub", ".hwpx")


def truncated(data: bytes, pieces: int = 12) -> Iterator[bytes]:
    """Yield beginnings of a file, from its first byte to all but its last."""
    for piece in range(1, pieces + 1):
        yield data[: max(1, len(data) * piece // (pieces + 1))]
    yield data[:-1]


def spoiled(data: bytes, *, seed: int, count: int) -> Iterator[bytes]:
    """Yield copies of a file with bytes changed, cut out, doubled and zeroed."""
    generator = random.Random(seed)
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(generator.choice((1, 3, 20))):
            generator.choice(_DAMAGES)(copy, generator)
        yield bytes(copy)


def spoiled_inside(data: bytes, *, seed: int, count: int) -> Iterator[bytes]:
    """Yield copies of a zip file whose checksums are right and one of whose parts is spoiled or gone."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    generator = random.Random(seed)
    for number in range(count):
        name = generator.choice([name for name, content in parts.items() if content])
        content = parts[name]
        assert isinstance(content, bytes)
        if number % 5 == 0:
            yield zipped({other: parts[other] for other in parts if other != name})
        else:
            yield zipped({**parts, name: next(spoiled(content, seed=generator.randrange(1 << 30), count=1))})


def _change(data: bytearray, generator: random.Random) -> None:
    if data:
        data[generator.randrange(len(data))] = generator.randrange(256)


def _cut(data: bytearray, generator: random.Random) -> None:
    start = generator.randrange(len(data) + 1)
    del data[start : start + generator.randrange(1, 200)]


def _double(data: bytearray, generator: random.Random) -> None:
    start = generator.randrange(len(data) + 1)
    data[start:start] = data[start : start + generator.randrange(1, 200)]


def _zero(data: bytearray, generator: random.Random) -> None:
    start = generator.randrange(len(data) + 1)
    data[start : start + 64] = bytes(len(data[start : start + 64]))


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_change, _change, _cut, _double, _zero)


def _mail(depth: int) -> bytes:
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"Subject: x\nMIME-Version: 1.0\n{opened}Content-Type: text/plain\n\n{KOREAN}\n".encode()


def _docx(depth: int) -> bytes:
    body = "<w:tbl><w:tr><w:tc>" * depth + "<w:p><w:r><w:t>x</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * depth
    return _with_part(".docx", "word/document.xml", f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>')


def _pptx(depth: int) -> bytes:
    group = "<p:nvGrpSpPr><p:cNvPr id='9' name='g'/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>"
    shapes = f"<p:grpSp>{group}" * depth + "</p:grpSp>" * depth
    tree = f"<p:cSld><p:spTree>{group}{shapes}</p:spTree></p:cSld>"
    return _with_part(".pptx", "ppt/slides/slide1.xml", f'<p:sld xmlns:p="{_P}">{tree}</p:sld>')


def _xlsx(depth: int) -> bytes:
    cells = f"<sheetData>{'<row>' * depth}{'</row>' * depth}</sheetData>"
    return _with_part(".xlsx", "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{_S}">{cells}</worksheet>')


def _with_part(suffix: str, name: str, content: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(MAKERS[suffix]())) as archive:
        parts: dict[str, bytes | str] = {each: archive.read(each) for each in archive.namelist()}
    assert name in parts
    return zipped({**parts, name: content})


def _hwpx(depth: int) -> bytes:
    return hwpx("<hp:p><hp:run><hp:tbl>" * depth + "</hp:tbl></hp:run></hp:p>" * depth)


def _hwp(depth: int) -> bytes:
    """Nest as deeply as ten bits can say."""
    records = b"".join(hwp_paragraph("깊은 곳", level=level) for level in range(min(depth, 1000)))
    return hwp(section=records)


def _pdf(depth: int) -> bytes:
    """Nest arrays, and the tree of pages, which goes round in a circle besides."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines 3 0 R>>",
        b"<</Type/Pages/Count 1/Kids[2 0 R]>>",
        b"<</First 4 0 R/Last 4 0 R/Count 1>>",
        b"<</Title(x)/First 4 0 R/Next 4 0 R/Parent 3 0 R/Dest " + b"[" * depth + b"]" * depth + b">>",
    ]
    data = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj" % number + content + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(data)
    return data + b"xref\n0 5\n0000000000 65535 f \n%btrailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        start,
    )


def _nested_json(depth: int) -> str:
    return '{"a": [' * (depth // 2) + '"x"' + "]}" * (depth // 2)


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

NESTED: dict[str, Callable[[int], bytes]] = {
    ".txt": lambda depth: ("(" * depth + "x" + ")" * depth).encode(),
    ".md": lambda depth: (">" * depth + " x\n\n" + "[" * depth + "x" + "](a)" * depth).encode(),
    ".rst": lambda depth: "\n".join(" " * min(n, 500) + "x" for n in range(depth)).encode(),
    ".html": lambda depth: ("<div><table><tr><td>" * depth + "x").encode(),
    ".pdf": _pdf,
    ".docx": _docx,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
    ".csv": lambda depth: ("a,b\n" + '"' * depth + ",x").encode(),
    ".tsv": lambda depth: ("a\tb\n" + '"' * depth + "\tx").encode(),
    ".json": lambda depth: _nested_json(depth).encode(),
    ".jsonl": lambda depth: f'{{"a": 1}}\n{_nested_json(depth)}\n{{"a": 1}}'.encode(),
    ".epub": lambda depth: epub(["<div><blockquote>" * depth + "x"]),
    ".ipynb": lambda depth: f'{{"cells": {_nested_json(depth)}}}'.encode(),
    ".eml": _mail,
    ".py": lambda depth: ("x = " + "(" * depth + ")" * depth).encode(),
    ".hwpx": _hwpx,
    ".hwp": _hwp,
}
"""A maker of a file that nests as deeply as asked, for every format."""


def ole_with_circle() -> bytes:
    """Return an HWP file whose sector chain goes round in a circle."""
    data = bytearray(hwp())
    table_sector = struct.unpack_from("<I", data, 76)[0]
    at = 512 * (table_sector + 1)
    for entry in range(40):
        struct.pack_into("<I", data, at + 4 * entry, entry)
    return bytes(data)
