"""XML read without entities, networks or unbounded depth."""

from typing import TYPE_CHECKING, Any, cast

from lorag.documents.model import Limits
from lorag.errors import DocumentError, DocumentLimitError

if TYPE_CHECKING:
    from lxml.etree import _Element


def parse_xml(data: bytes, limits: Limits) -> "_Element":
    """Return the root element of an XML document that declares no entities and is not nested too deeply."""
    from lxml import etree  # noqa: PLC0415 - 20 ms that plain text should not pay

    if b"<!ENTITY" in data or "<!ENTITY".encode("utf-16-le") in data or "<!ENTITY".encode("utf-16-be") in data:
        raise DocumentError("its XML declares entities, which documents do not need and attacks use")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
    )
    _check_depth(data, limits)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"it is damaged: its XML cannot be read ({error})") from error


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


def _check_depth(data: bytes, limits: Limits) -> None:
    from lxml import etree  # noqa: PLC0415 - see parse_xml

    parser = etree.XMLParser(
        target=cast("Any", _DepthGauge(limits.max_nesting)),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
    )
    try:
        etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"it is damaged: its XML cannot be read ({error})") from error
