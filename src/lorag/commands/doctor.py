"""``lorag doctor``: is everything here that lorag needs, and does it work?"""

import argparse
import sys

from lorag.commands.checks import ALL_CHECKS
from lorag.commands.findings import Check, carry_out
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line, never_fail_on_encoding

_MARKS = {"ok": "ok  ", "note": "note", "broken": "FAIL"}


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
    remedy = f" → {check.remedy}" if check.remedy else ""
    print(f"{_MARKS[check.status]}  {check.name}: {harmless_line(check.detail + remedy)}", flush=True)
