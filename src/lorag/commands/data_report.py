"""What was found in training data, as lines for a person."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from lorag.commands.terminal import harmless_line
from lorag.tuning.examples import Finding
from lorag.tuning.split import FEW_EXAMPLES, FEWEST_EXAMPLES

_SHOWN_OF_A_KIND: Final = 3
_TITLES: Final[Mapping[str, str]] = {"dropped": "left out", "changed": "changed", "warning": "to look at"}
_ADVICE: Final = (
    f"{FEWEST_EXAMPLES} is the least that can be learned from and measured, {FEW_EXAMPLES} good ones are a start. "
    "Until then, put them into the system prompt (--system), or let the chat find the answers in documents (lorag add)"
)


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
                yield f"    {harmless_line(finding.origin.place)}: {harmless_line(finding.reason)}"
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


def too_few(count: int) -> str | None:
    """Return why so few examples cannot be trained on, None when there are enough."""
    if count >= FEWEST_EXAMPLES:
        return None
    return f"{count} examples are too few: {_ADVICE}"


def few(count: int) -> str | None:
    """Return what to expect of a small number of examples, None when there are enough."""
    if not FEWEST_EXAMPLES <= count < FEW_EXAMPLES:
        return None
    return (
        f"{count} examples are few: the model will take on their tone and form, hardly their facts, and the measured "
        f"gain will be uncertain; {FEW_EXAMPLES} to 100 good ones are where it shows"
    )
