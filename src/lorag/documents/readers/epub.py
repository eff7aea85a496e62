"""EPUB: the chapters of a book in reading order."""

import posixpath
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from lorag.documents.archive import open_archive, read_entry
from lorag.documents.builder import TextBuilder
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.readers.html import add_html
from lorag.documents.safe_xml import parse_xml
from lorag.documents.source import Source
from lorag.errors import DocumentError, DocumentLimitError

if TYPE_CHECKING:
    from lxml.etree import _Element

_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
_FONT_OBFUSCATION: Final = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")


def read(source: Source) -> ExtractedDocument:
    """Return the chapters of a book as one document."""
    builder = TextBuilder(source.limits)
    with open_archive(source.data, source.limits) as archive:
        _check_encryption(archive)
        package_name = _package_name(archive, source.limits)
        package = parse_xml(read_entry(archive, package_name), source.limits)
        title = next(iter(package.iter("{*}title")), None)
        builder.title = (title.text or "") if title is not None else ""
        chapters = list(_chapters(package, posixpath.dirname(package_name)))
        if len(chapters) > source.limits.max_pages:
            raise DocumentLimitError(f"it has {len(chapters):,} chapters; raise max_pages to read it")
        for name in chapters:
            add_html(builder, read_entry(archive, name))
    return builder.document("application/epub+zip")


def _check_encryption(archive: zipfile.ZipFile) -> None:
    if _ENCRYPTION in archive.namelist():
        algorithms = read_entry(archive, _ENCRYPTION)
        encrypted = algorithms.count(b"EncryptionMethod") - sum(algorithms.count(each) for each in _FONT_OBFUSCATION)
        if encrypted > 0:
            raise DocumentError("it is encrypted (DRM); lorag can only read books without it")


def _package_name(archive: zipfile.ZipFile, limits: Limits) -> str:
    container = parse_xml(read_entry(archive, _CONTAINER), limits)
    for root in container.iter("{*}rootfile"):
        name = root.get("full-path")
        if name:
            return name
    raise DocumentError("it is damaged: the book does not say where its contents are")


def _chapters(package: "_Element", folder: str) -> Iterator[str]:
    """Yield the names of the chapters' files in the order of the spine."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and "html" in (item.get("media-type") or ""):
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
