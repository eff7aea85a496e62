"""HWP 5, the Korean word processor's older binary format: the text of its paragraphs and tables.

The file is an OLE container; its sections are streams of tagged records, as Hancom's published description of the
format sets out. The word "level" below is the depth of a record: a table's cells are records below the table's.
"""

import io
import struct
import zlib
from typing import Final

import olefile

from lorag.documents.archive import check_expansion
from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.readers.hwp_records import Paragraph, paragraphs, style_levels
from lorag.documents.source import Source
from lorag.documents.tables import table_lines
from lorag.errors import DocumentError

_SIGNATURE: Final = b"HWP Document File"
_COMPRESSED: Final = 0x01
_ENCRYPTED: Final = 0x02
_DISTRIBUTION: Final = 0x04
_DRM: Final = 0x10
_OLE_ERRORS: Final = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
    OverflowError,
    MemoryError,
)
"""What olefile raises on damaged containers; a size field that is wrong asks for all the memory there is."""


def read(source: Source) -> ExtractedDocument:
    """Return the text of an HWP document."""
    try:
        with olefile.OleFileIO(io.BytesIO(source.data)) as container:
            names = {"/".join(name) for name in container.listdir()}
            if "FileHeader" not in names:
                raise DocumentError(_what_it_is(names))
            return _read_document(container, names, source.limits)
    except _OLE_ERRORS as error:
        raise DocumentError(
            f"it is damaged or cut short: what is left of an old office file cannot be read ({error})"
        ) from error


def _what_it_is(names: set[str]) -> str:
    """Return what other program's OLE file this is."""
    if "EncryptedPackage" in names:
        return "it is encrypted; save a copy of the document without a password"
    for stream, remedy in (
        ("WordDocument", "Word .doc; save it as .docx"),
        ("PowerPoint Document", "PowerPoint .ppt; save it as .pptx"),
    ):
        if stream in names:
            return f"it is an old {remedy}"
    if names & {"Workbook", "Book"}:
        return "it is an old Excel .xls; save it as .xlsx"
    return "it is an OLE file and no document that lorag reads"


def _read_document(container: "olefile.OleFileIO[str]", names: set[str], limits: Limits) -> ExtractedDocument:
    header = _stream(container, "FileHeader")
    if not header.startswith(_SIGNATURE) or len(header) < 40:
        raise DocumentError("it is damaged: its header is not that of an HWP document")
    flags = struct.unpack_from("<I", header, 36)[0]
    if flags & (_ENCRYPTED | _DRM):
        raise DocumentError("it is encrypted; save a copy of the document without a password")
    if flags & _DISTRIBUTION:
        raise DocumentError("it is locked for distribution; ask its author for an ordinary copy")
    compressed = bool(flags & _COMPRESSED)
    builder = TextBuilder(limits)
    levels = style_levels(_section(container, "DocInfo", limits, compressed=compressed)) if "DocInfo" in names else {}
    sections = sorted(
        (int(number), name)
        for name in names
        if name.startswith("BodyText/Section") and (number := name[16:]).isdecimal()
    )
    for _, name in sections:
        for paragraph in paragraphs(_section(container, name, limits, compressed=compressed), limits):
            _add(builder, paragraph, levels)
    if builder.is_empty and "PrvText" in names:
        builder.paragraph(_stream(container, "PrvText").decode("utf-16-le", errors="replace"))
    return builder.document("application/x-hwp")


def _add(builder: TextBuilder, paragraph: Paragraph, levels: dict[int, int]) -> None:
    level = levels.get(paragraph.style, 0)
    if level:
        builder.heading(level, paragraph.text)
    else:
        builder.paragraph(paragraph.text)
    for table in paragraph.tables:
        for index, line in enumerate(table_lines(table)):
            (builder.line if index else builder.paragraph)(line)


def _stream(container: "olefile.OleFileIO[str]", name: str) -> bytes:
    with container.openstream(name) as stream:
        data: bytes = stream.read()
    return data


def _section(container: "olefile.OleFileIO[str]", name: str, limits: Limits, *, compressed: bool) -> bytes:
    """Return a stream's records, unpacked within the limits."""
    data = _stream(container, name)
    if not compressed:
        return data
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        expanded = unpacker.decompress(data, limits.max_expanded_bytes + 1)
    except zlib.error as error:
        raise DocumentError(f"it is damaged: its part {name} cannot be unpacked ({error})") from error
    check_expansion(len(data), len(expanded), limits)
    return expanded
