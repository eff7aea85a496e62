"""Opens the zip files of office programs safely and turns what their libraries raise into one error."""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lorag.documents.archive import ARCHIVE_ERRORS, open_archive
from lorag.documents.model import Limits
from lorag.documents.safe_xml import check_xml_parts
from lorag.errors import DocumentError, DocumentLimitError

_LIBRARY_ERRORS: Final = (
    *ARCHIVE_ERRORS,
    LookupError,
    AttributeError,
    TypeError,
    ArithmeticError,
    SyntaxError,
    AssertionError,
)
"""What python-docx, python-pptx and openpyxl let escape on files whose parts do not fit together."""


@contextmanager
def office_errors(*own: type[Exception]) -> Iterator[None]:
    """Turn what a library raises on a file that is not as it should be into DocumentError.

    Args:
        own: The base classes of the library's own errors.
    """
    failures: tuple[type[Exception], ...] = (*_LIBRARY_ERRORS, *own)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries warn about parts they pass over
            yield
    except RecursionError as error:
        raise DocumentLimitError("its parts are nested too deeply to be read") from error
    except failures as error:
        raise DocumentError(f"it is damaged: {type(error).__name__} while reading its parts ({error})") from error


@contextmanager
def checked_archive(data: bytes, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open an office file's archive after checking its size and every XML part in it."""
    with open_archive(data, limits) as archive:
        check_xml_parts(archive, limits)
        yield archive
