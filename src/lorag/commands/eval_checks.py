"""What is looked at before questions are asked: names that nothing in the library has."""

from collections.abc import Iterator, Sequence
from typing import Final

from lorag.errors import UsageError
from lorag.evaluation.questions import Question
from lorag.evaluation.retrieved import is_source
from lorag.library.database import Database
from lorag.library.documents import collections, list_documents
from lorag.settings import Settings

_NAMED: Final = 3
"""How many unknown names are told; the others are counted."""


def check_collections(settings: Settings) -> None:
    """Refuse a collection that the library does not have: nothing would be found in it.

    Raises:
        UsageError: There is none of that name.
    """
    if not settings.collection or not settings.paths.library.exists():
        return
    with Database.open(settings.paths.library, read_only=True) as database:
        known = list(collections(database))
    unknown = [name for name in settings.collection if name not in known]
    if unknown:
        there = ", ".join(known) or "none"
        raise UsageError(f"there is no collection {unknown[0]} in the library; there are: {there}")


def unknown_sources(settings: Settings, questions: Sequence[Question]) -> Iterator[tuple[Question, str]]:
    """Yield the sources of questions that no document of the library has as its name."""
    with Database.open(settings.paths.library, read_only=True) as database:
        paths = [document.path for document in list_documents(database)]
    for question in questions:
        for source in question.sources:
            if not any(is_source(path, source) for path in paths):
                yield question, source


def note_of_unknown(found: Sequence[tuple[Question, str]]) -> str | None:
    """Return one line about sources that are not in the library; None where all are."""
    if not found:
        return None
    named = ", ".join(f"{source} (line {question.line})" for question, source in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"no document of the library is named {named}{more}; these count as not found"
