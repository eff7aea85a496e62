"""What ``lorag doctor`` finds: each finding is well, worth knowing, or broken, with what to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from lorag.errors import LoragError
from lorag.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """What was found."""

    name: str
    status: Literal["ok", "note", "broken"]
    detail: str
    remedy: str = ""


Found = Iterable[tuple[Literal["ok", "note", "broken"], str, str]]
"""Status, what was found, what to do."""


def carry_out(name: str, check: Callable[[Settings], Found], settings: Settings) -> Iterator[Check]:
    """Yield what ``check`` finds; a failure that lorag foresees is a finding too."""
    try:
        for status, detail, remedy in check(settings):
            yield Check(name, status, detail, remedy)
    except LoragError as error:
        # The message of a failure says itself what to do.
        yield Check(name, "broken", str(error))
