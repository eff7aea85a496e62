"""E-mail: the headers that matter, the text, and the names of what was attached."""

import email
import email.errors
import email.header
from email.message import Message
from typing import Final

from lorag.documents.builder import TextBuilder
from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument
from lorag.documents.normalise import one_line
from lorag.documents.readers import plain
from lorag.documents.readers.html import add_html
from lorag.documents.source import Source
from lorag.errors import DocumentError, DocumentLimitError

_HEADERS: Final = ("From", "To", "Cc", "Date")
_HEADER_ERRORS: Final = (email.errors.MessageError, LookupError, ValueError, AttributeError, TypeError)
"""What the email package raises on malformed headers and parts."""


def read(source: Source) -> ExtractedDocument:
    """Return a message with its subject as the heading."""
    try:
        message = email.message_from_bytes(source.data)
        depth = _depth(message, source.limits.max_nesting)
    except RecursionError as error:
        raise DocumentLimitError("its parts are nested too deeply to be read") from error
    except _HEADER_ERRORS as error:
        raise DocumentError(f"it is damaged: the e-mail cannot be read ({error})") from error
    if depth > source.limits.max_nesting:
        raise DocumentLimitError(
            f"its parts are nested more than {source.limits.max_nesting} deep; raise max_nesting to read it"
        )
    if not any(name in message for name in (*_HEADERS, "Subject", "Content-Type")):
        return plain.read(source)
    builder = TextBuilder(source.limits)
    builder.heading(1, _header(message, "Subject"))
    for name in _HEADERS:
        value = _header(message, name)
        if value:
            builder.line(f"{name}: {value}")
    _add_parts(builder, message)
    return builder.document("message/rfc822")


def _depth(message: Message, most: int) -> int:
    """Return how deeply parts are nested, or more than ``most`` as soon as that is known."""
    depth, level = 0, [message]
    while level and depth <= most:
        depth += 1
        payloads = [part.get_payload() for part in level]
        level = [
            part for payload in payloads if isinstance(payload, list) for part in payload if isinstance(part, Message)
        ]
    return depth


def _header(message: Message, name: str) -> str:
    value = message.get(name)
    if value is None:
        return ""
    try:
        return one_line(str(email.header.make_header(email.header.decode_header(value))))
    except _HEADER_ERRORS:
        return one_line(str(value))


def _add_parts(builder: TextBuilder, message: Message) -> None:
    """Add the text of a message: plain where there is some, HTML otherwise, and the attachments' names."""
    parts = [part for part in message.walk() if not part.is_multipart()]
    attachments = [name for part in parts if (name := _file_name(part))]
    texts = [part for part in parts if not _file_name(part)]
    wanted = "text/plain" if any(_has_text(part, "text/plain") for part in texts) else "text/html"
    for part in texts:
        if not _has_text(part, wanted):
            continue
        if wanted == "text/html":
            add_html(builder, _payload(part), charset=part.get_content_charset())
        else:
            builder.paragraph(decode(_payload(part), declared=_charset(part)))
    if attachments:
        builder.paragraph(f"Attachments: {', '.join(attachments)}")


def _has_text(part: Message, media_type: str) -> bool:
    return part.get_content_type() == media_type and bool(_payload(part).strip())


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str | None:
    """Return the declared encoding, unless it is the default that many programs leave by mistake."""
    charset = part.get_content_charset()
    return None if charset in {"us-ascii", "iso-8859-1"} else charset


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename()
        return one_line(str(email.header.make_header(email.header.decode_header(name)))) if name else ""
    except _HEADER_ERRORS:
        return "an attachment with an unreadable name"
