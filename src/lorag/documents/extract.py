"""A file on disk becomes a document: recognised by its content, read by the reader of its format, within the limits."""

import importlib
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from lorag.documents.archive import ARCHIVE_ERRORS, open_archive
from lorag.documents.builder import check_text_length
from lorag.documents.media import (
    OLE_MAGIC,
    ZIP_MAGIC,
    Kind,
    foreign_format,
    kind_by_name,
    text_kind,
)
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.normalise import normalise, one_line
from lorag.documents.source import Source
from lorag.errors import DocumentError, DocumentLimitError

_HEAD_BYTES: Final = 4096
_PDF_MAGIC: Final = b"%PDF-"
_ZIP_CONTENT: Final = (
    ("word/document.xml", Kind.DOCX),
    ("ppt/presentation.xml", Kind.PPTX),
    ("xl/workbook.xml", Kind.XLSX),
    ("META-INF/container.xml", Kind.EPUB),
    ("Contents/section0.xml", Kind.HWPX),
    ("Contents/header.xml", Kind.HWPX),
)
Reader = Callable[[Source], ExtractedDocument]


def extract(path: Path, limits: Limits) -> ExtractedDocument:
    """Return the text of the file at ``path`` with its positions.

    Raises DocumentError whose message is the reason alone, for the caller to put behind the file's name.
    """
    source = Source(path, _read_file(path, limits), limits)
    try:
        document = _reader(_recognise(source))(source)
    except DocumentError as error:
        raise type(error)(one_line(str(error))) from error  # foreign reasons inside may have several lines
    check_text_length(len(document.text), limits)
    if not document.text.strip():
        raise DocumentError("it has no text")
    return document if document.title else replace(document, title=normalise(path.name))


def _read_file(path: Path, limits: Limits) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError("it is not a regular file")
        if status.st_size <= limits.max_file_bytes:
            with path.open("rb") as file:
                data = file.read(limits.max_file_bytes + 1)  # it may have grown since
        else:
            data = b""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"it cannot be opened ({reason})") from error
    if max(len(data), status.st_size) > limits.max_file_bytes:
        megabytes = limits.max_file_bytes / 1_000_000
        raise DocumentLimitError(f"it is larger than {megabytes:g} MB; raise max_file_mb to read it")
    if not data:
        raise DocumentError("it is empty")
    return data


def _recognise(source: Source) -> Kind:
    """Return the kind of a file by its content, or by its name where the content is text."""
    head = source.data[:_HEAD_BYTES]
    if _PDF_MAGIC in head[:1024]:
        return Kind.PDF
    if head.startswith(ZIP_MAGIC):
        return _kind_of_zip(source)
    if head.startswith(OLE_MAGIC):
        return Kind.HWP
    foreign = foreign_format(head)
    if foreign is not None:
        raise DocumentError(f"lorag cannot read its content: {foreign}")
    named = kind_by_name(source.path)
    if named is not text_kind(source.path, head) and 0 in head:
        raise DocumentError(f"it is damaged or not what its name says: it does not begin like a {named.name} file")
    return text_kind(source.path, head)


def _kind_of_zip(source: Source) -> Kind:
    with open_archive(source.data, source.limits) as archive:
        try:
            names = set(archive.namelist())
        except ARCHIVE_ERRORS as error:
            raise DocumentError(f"it is damaged: its zip archive cannot be read ({error})") from error
    if "content.xml" in names and "mimetype" in names:
        raise DocumentError("it is an OpenDocument file; save it as .docx, .xlsx or .pptx")
    for name, kind in _ZIP_CONTENT:
        if name in names:
            return kind
    raise DocumentError("it is a zip archive and no document that lorag reads; unpack it and add the folder")


def _reader(kind: Kind) -> Reader:
    """Return the reader of a format; its library is loaded now and not before."""
    return cast("Reader", importlib.import_module(f"lorag.documents.readers.{kind.value}").read)
