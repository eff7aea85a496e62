"""JSON Lines: one record a line, on the line it has in the file."""

from lorag.documents.decode import decode
from lorag.documents.model import ExtractedDocument, Limits
from lorag.documents.normalise import normalise
from lorag.documents.readers.json_data import flat_line, parse_json
from lorag.documents.source import Source
from lorag.errors import DocumentError, DocumentLimitError


def read(source: Source) -> ExtractedDocument:
    """Return every record as a line of ``key: value`` cells; a broken line is kept as it stands."""
    lines = normalise(decode(source.data)).split("\n")
    shown: list[str] = []
    broken: list[int] = []
    for number, line in enumerate(lines, start=1):
        try:
            shown.append(_record(line, source.limits))
        except DocumentLimitError:
            raise
        except DocumentError:
            broken.append(number)
            shown.append(line)
    if len(broken) * 2 > sum(not line.isspace() for line in lines if line):
        more = f" and {len(broken) - 1:,} more are" if len(broken) > 1 else " is"
        raise DocumentError(f"it is damaged: line {broken[0]}{more} not valid JSON")
    return ExtractedDocument("\n".join(shown), "", "application/jsonl", (), (), source_lines=True)


def _record(line: str, limits: Limits) -> str:
    if not line or line.isspace():
        return ""
    # An escaped line break or control character appears only now that the record is parsed.
    return flat_line(parse_json(line, limits))
