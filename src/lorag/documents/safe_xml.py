"""XML read without entities, networks or unbounded depth."""

import zipfile
from typing import TYPE_CHECKING, Any, Final, cast

from lorag.documents.archive import read_entry
from lorag.documents.model import Limits
from lorag.errors import DocumentError, DocumentLimitError

if TYPE_CHECKING:
    from lxml.etree import _Element

_ENTITY_MARKS: Final = tuple("<!ENTITY".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def parse_xml(data: bytes, limits: Limits) -> "_Element":
    """Return the root element of an XML document that declares no entities and is not nested too deeply."""
    from lxml import etree  # noqa: PLC0415 - 20 ms that plain text should not pay

    check_xml(data, limits)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise _damaged(error) from error


def check_xml_parts(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Check every XML part of an office file before a library that has no limits of its own reads it."""
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            check_xml(read_entry(archive, entry.filename), limits)


def check_xml(data: bytes, limits: Limits) -> None:
    """Raise DocumentError unless ``data`` is well-formed XML without entities and within the depth allowed."""
    from lxml import etree  # noqa: PLC0415 - see parse_xml

    if any(mark in data for mark in _ENTITY_MARKS):
        raise DocumentError("its XML declares entities, which documents do not need and attacks use")
    gauge = cast("Any", _DepthGauge(limits.max_nesting))
    parser = etree.XMLParser(target=gauge, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> DocumentError:
    return DocumentError(f"it is damaged: its XML cannot be read ({error})")


class _DepthGauge:
    """A parser target that keeps nothing but the depth."""

    def __init__(self, most: int) -> None:
        self._depth = 0
        self._most = most

    def start(self, tag: str, attributes: object) -> None:
        self._depth += 1
        if self._depth > self._most:
            raise DocumentLimitError(
                f"its elements are nested more than {self._most} deep; raise max_nesting to read it"
            )

    def end(self, tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        return None
