"""``lorag doctor``: is everything here that lorag needs, and does it work?"""

import argparse
import shutil
import sys
import textwrap

from lorag.commands.checks import ALL_CHECKS
from lorag.commands.findings import Check, carry_out
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line, never_fail_on_encoding
from lorag.translation.translate import in_locale

_MARKS = {"ok": "ok  ", "note": "note", "broken": "FAIL"}
_INDENT = " " * 6


def run(arguments: argparse.Namespace) -> int:
    """Check the installation; 1 when something is broken."""
    settings = settings_from(arguments)
    never_fail_on_encoding()
    found: list[Check] = []
    for name, check in ALL_CHECKS.items():
        for result in carry_out(name, check, settings):
            found.append(result)
            if not arguments.json:
                _print(result)
    if arguments.json:
        rows = [{"check": c.name, "status": c.status, "detail": c.detail, "remedy": c.remedy} for c in found]
        print(harmless_json(rows, sys.stdout))
    return 1 if any(check.status == "broken" for check in found) else 0


def _print(check: Check) -> None:
    remedy = f" → {in_locale(check.remedy)}" if check.remedy else ""
    line = f"{_MARKS[check.status]}  {check.name}: {harmless_line(in_locale(check.detail) + remedy)}"
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        line = textwrap.fill(line, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)
    print(line, flush=True)
