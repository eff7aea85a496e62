"""Findings about the rows of a run as lines: the first ones, and how many there are more."""

from collections.abc import Callable
from typing import Final

from lorag.commands.terminal import harmless_line
from lorag.commands.train_events import Data, Found
from lorag.tuning.examples import Finding

MOST_FINDINGS: Final = 20


class FindingLines:
    """Counts the findings of one run while they are shown."""

    def __init__(self) -> None:
        self._count = 0

    def text(self, event: Found | Data, summary_of: Callable[[Data], str]) -> str:
        """Return a finding as a line, empty after the first ones; the rest is counted before the summary of the data."""
        if isinstance(event, Found):
            self._count += 1
            return _line(event.finding) if self._count <= MOST_FINDINGS else ""
        more = self._count - MOST_FINDINGS
        hidden = f"  … and {more} more; findings.jsonl in the folder of the run holds them all\n" if more > 0 else ""
        return hidden + summary_of(event)


def _line(finding: Finding) -> str:
    where = f"{finding.origin.file}, line {finding.origin.line}" if finding.origin.line else str(finding.origin.file)
    return "  " + harmless_line(f"{finding.effect}: {where}: {finding.kind}: {finding.reason}")
