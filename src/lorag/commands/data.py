"""``lorag data``: look at training data, and write it clean."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lorag.commands.data_options import read_options
from lorag.commands.data_report import few, finding_json, finding_lines, too_few
from lorag.commands.indexing import limits_from
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line, never_fail_on_encoding
from lorag.errors import DatasetError, UsageError
from lorag.tuning.cleaning import CleanResult, clean
from lorag.tuning.examples import Finding
from lorag.tuning.provenance import UNKNOWN, Provenance, provenance_of, write_note
from lorag.tuning.read import read_examples
from lorag.tuning.write import write_examples


@dataclass(frozen=True, slots=True)
class _Looked:
    """Training data after a look at it."""

    n_read: int
    cleaned: CleanResult
    findings: tuple[Finding, ...]
    """Of reading and of cleaning, in the order of the files."""
    provenance: Provenance

    def count(self, effect: str) -> int:
        """Return how many findings have an effect."""
        return sum(finding.effect == effect for finding in self.findings)


def run(arguments: argparse.Namespace) -> int:
    """Check, or check and write."""
    never_fail_on_encoding()
    paths = [Path(path).expanduser() for path in arguments.paths]
    written = Path(arguments.write).expanduser() if arguments.action == "prepare" else None
    if written is not None:
        _check_target(written, paths, force=arguments.force)
    settings = settings_from(arguments)
    read = read_examples(paths, read_options(arguments), limits_from(settings))
    cleaned = clean(read.examples)
    findings = sorted(
        (*read.findings, *cleaned.findings), key=lambda found: (str(found.origin.file), found.origin.line)
    )
    provenance = provenance_of(paths, license_name=_license(arguments), origin=arguments.origin)
    looked = _Looked(len(read.examples), cleaned, tuple(findings), provenance)
    if written is not None and cleaned.examples:
        write_examples(written, cleaned.examples)
        write_note(written, provenance)
    (_print_json if arguments.json else _print_report)(looked, arguments, written)
    return _end(looked, written)


def _license(arguments: argparse.Namespace) -> str | None:
    """Return the licence given, or asked for where a person can answer."""
    given: str | None = arguments.license
    asks = arguments.action == "prepare" and not arguments.json and sys.stdin.isatty() and sys.stdout.isatty()
    if given is not None or not asks:
        return given
    try:
        return input("licence of this data (Enter if you do not know): ").strip() or None
    except EOFError:
        return None


def _check_target(written: Path, paths: Sequence[Path], *, force: bool) -> None:
    if any(path.exists() and written.exists() and path.samefile(written) for path in paths):
        raise UsageError(f"--write {written} is one of the files that are read; name another")
    if written.exists() and not force:
        raise UsageError(f"{written} exists already; name another file, or replace it with --force")
    if not written.absolute().parent.is_dir():
        raise UsageError(f"--write {written}: there is no folder {written.absolute().parent}")


def _end(looked: _Looked, written: Path | None) -> int:
    """Return the exit code; data that cannot be trained on is an error of a check, and a note when it was prepared."""
    problem = too_few(len(looked.cleaned.examples))
    if not looked.cleaned.examples and looked.findings:
        first = looked.findings[0]
        raise DatasetError(f"no example was found: {harmless_line(first.origin.place)}: {harmless_line(first.reason)}")
    if problem is not None and (written is None or not looked.cleaned.examples):
        raise DatasetError(problem)
    note = problem or few(len(looked.cleaned.examples))
    if note is not None:
        print(f"lorag: {note}", file=sys.stderr)
    return 0


def _print_report(looked: _Looked, arguments: argparse.Namespace, written: Path | None) -> None:
    names = ", ".join(file.name for file in looked.provenance.files[:3])
    more = f" and {len(looked.provenance.files) - 3} more" if len(looked.provenance.files) > 3 else ""
    languages = ", ".join(f"{name} {count}" for name, count in looked.cleaned.languages.items()) or "none"
    unknown = " (say it with --license; it travels with the adapter)" if looked.provenance.license == UNKNOWN else ""
    print(f"files      {harmless_line(names)}{more}")
    print(f"examples   {len(looked.cleaned.examples)} fit to learn from")
    counts = ", ".join(f"{looked.count(effect)} {word}" for effect, word in (
        ("dropped", "left out"), ("changed", "changes"), ("warning", "to look at")
    ))  # fmt: skip
    print(f"findings   {counts}")
    print(f"languages  {languages}")
    print(f"licence    {harmless_line(looked.provenance.license)}{unknown}")
    for line in finding_lines(looked.findings, show_all=arguments.all):
        print(line)
    if written is not None and looked.cleaned.examples:
        print(f"\nwritten    {harmless_line(str(written))}")


def _print_json(looked: _Looked, arguments: argparse.Namespace, written: Path | None) -> None:
    count = len(looked.cleaned.examples)
    report = {
        "read": looked.n_read,
        "examples": count,
        "dropped": looked.count("dropped"),
        "changed": looked.count("changed"),
        "warnings": looked.count("warning"),
        "languages": looked.cleaned.languages,
        "license": looked.provenance.license,
        "origin": looked.provenance.origin,
        "files": [asdict(file) for file in looked.provenance.files],
        "advice": too_few(count) or few(count),
        "written": str(written) if written is not None and count else None,
        "findings": [finding_json(finding) for finding in looked.findings],
    }
    print(harmless_json(report, sys.stdout))
