"""The licence and the origin of data, asked for where nobody has said them yet."""

import sys
from dataclasses import replace

from lorag.tuning.provenance import UNKNOWN, Provenance


def with_answers(known: Provenance) -> Provenance:
    """Return what is known, with what a person at the terminal says of the rest."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return known
    if known.license == UNKNOWN:
        known = replace(known, license=_answer("licence of this data (Enter if you do not know): "))
    if known.origin == UNKNOWN:
        known = replace(known, origin=_answer("who wrote it, or where it is from (Enter if you do not know): "))
    return known


def _answer(question: str) -> str:
    # Standard output may go into a file.
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or UNKNOWN
