"""What was found in training data, as lines for a person."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from lorag.commands.terminal import harmless_line
from lorag.translation.translate import in_locale
from lorag.tuning.examples import Finding

_SHOWN_OF_A_KIND: Final = 3
_TITLES: Final[Mapping[str, str]] = {"dropped": "left out", "changed": "changed", "warning": "to look at"}


def finding_lines(findings: Sequence[Finding], *, show_all: bool) -> Iterator[str]:
    """Yield the findings by effect and kind; of each kind the first three, unless all are asked for."""
    ordered = sorted(findings, key=lambda finding: (list(_TITLES).index(finding.effect), finding.kind))
    for effect, of_effect in groupby(ordered, key=lambda finding: finding.effect):
        yield ""
        yield f"{_TITLES[effect]}:"
        for kind, of_kind in groupby(of_effect, key=lambda finding: finding.kind):
            same = list(of_kind)
            yield f"  {kind} ({len(same)})"
            shown = same if show_all else same[:_SHOWN_OF_A_KIND]
            for finding in shown:
                yield f"    {harmless_line(finding.origin.place)}: {harmless_line(in_locale(finding.reason))}"
            if len(same) > len(shown):
                yield f"    … and {len(same) - len(shown)} more; --all shows every one"


def finding_json(finding: Finding) -> dict[str, object]:
    """Return a finding for ``--json``."""
    return {
        "file": str(finding.origin.file),
        "line": finding.origin.line,
        "kind": finding.kind,
        "reason": finding.reason,
        "effect": finding.effect,
    }


def grouped_reasons(findings: Sequence[Finding]) -> str:
    """Return why rows were left out, in one line: each kind with its count and its first reason."""
    dropped = [finding for finding in findings if finding.effect == "dropped"]
    kinds = Counter(finding.kind for finding in dropped)
    parts = []
    for kind, count in kinds.most_common(_SHOWN_OF_A_KIND):
        first = next(finding for finding in dropped if finding.kind == kind)
        rows = "1 row" if count == 1 else f"{count} rows"
        parts.append(f"{rows}: {kind} ({first.origin.place}: {first.reason})")
    others = len(kinds) - len(parts)
    return "; ".join([*parts, *([f"and {others} other reasons"] if others else [])]) or "no rows"
