"""``lorag data``: look at training data, and write it clean."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lorag.commands.data_options import read_options
from lorag.commands.data_provenance import with_answers
from lorag.commands.data_report import finding_json, finding_lines
from lorag.commands.indexing import limits_from
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_json, harmless_line, never_fail_on_encoding
from lorag.errors import DatasetError, ModelError, UsageError
from lorag.models.find import find_model
from lorag.paths import typed_path
from lorag.settings import Settings
from lorag.translation.translate import in_locale
from lorag.tuning.amount import few, too_few
from lorag.tuning.cleaning import CleanResult, clean
from lorag.tuning.examples import Example, Finding
from lorag.tuning.objective import fits, nothing_fits, of_objective
from lorag.tuning.provenance import UNKNOWN, Provenance, provenance_of, write_note
from lorag.tuning.read import read_examples
from lorag.tuning.write import write_examples

if TYPE_CHECKING:
    from lorag.commands.data_doctor import Examined


@dataclass(frozen=True, slots=True)
class _Looked:
    """Training data after a look at it."""

    objective: str
    n_answers: int
    """Rows as read that are questions with their answers."""
    n_texts: int
    """Rows as read that are plain text."""
    cleaned: CleanResult
    findings: tuple[Finding, ...]
    """Of reading and of cleaning, in the order of the files."""
    provenance: Provenance
    n_fit: int
    """Rows that can be learned from, after the look at a model's tokens if there was one."""

    def count(self, effect: str) -> int:
        """Return how many findings have an effect."""
        return sum(finding.effect == effect for finding in self.findings)

    @property
    def problem(self) -> str | None:
        """Why nothing can be trained on this, None where it can."""
        wanted, others = (self.n_answers, self.n_texts) if self.objective == "sft" else (self.n_texts, self.n_answers)
        return nothing_fits(self.objective) if others and not wanted else too_few(self.n_fit, self.objective)


def run(arguments: argparse.Namespace) -> int:
    """Check, or check and write."""
    never_fail_on_encoding()
    paths = [typed_path(path) for path in arguments.paths]
    written = typed_path(arguments.write) if arguments.action == "prepare" else None
    if written is not None:
        _check_target(written, paths, force=arguments.force)
    settings = settings_from(arguments)
    looked = _look(arguments, settings, paths)
    examined = _examined(settings, arguments.base, looked.cleaned.examples) if written is None else None
    if examined is not None:
        looked = replace(
            looked,
            findings=(*looked.findings, *examined.diagnosis.findings),
            n_fit=len(set(examined.diagnosis.kept)),
        )
    if looked.problem is not None:
        written = None
    if written is not None:
        if not arguments.json:
            looked = replace(looked, provenance=with_answers(looked.provenance))
        write_examples(written, looked.cleaned.examples)
        write_note(written, looked.provenance)
    (_print_json if arguments.json else _print_report)(looked, examined, arguments, written)
    return _end(looked)


def _look(arguments: argparse.Namespace, settings: Settings, paths: Sequence[Path]) -> _Looked:
    read = read_examples(paths, read_options(arguments, arguments.paths), limits_from(settings))
    wanted, strange = of_objective(read.examples, arguments.objective)
    cleaned = clean(wanted)
    findings = sorted(
        (*read.findings, *strange, *cleaned.findings), key=lambda found: (str(found.origin.file), found.origin.line)
    )
    n_answers = sum(fits(example, "sft") for example in read.examples)
    return _Looked(
        objective=arguments.objective,
        n_answers=n_answers,
        n_texts=len(read.examples) - n_answers,
        cleaned=cleaned,
        findings=tuple(findings),
        provenance=provenance_of(paths, license_name=arguments.license, origin=arguments.origin),
        n_fit=len(cleaned.examples),
    )


def _examined(settings: Settings, wanted: str | None, examples: Sequence[Example]) -> "Examined | None":
    """Look at the rows on a model's tokens; without a model, and none asked for, that look is left out."""
    if not examples:
        return None
    try:
        base = find_model(wanted or settings.model, settings.models_folder)
        doctor = importlib.import_module("lorag.commands.data_doctor")
    except (ModelError, ImportError) as error:
        if wanted is not None:
            raise
        reason = "it needs: pip install 'lorag[train]'" if isinstance(error, ImportError) else str(error)
        note = in_locale(f"the rows were not looked at on a model's tokens: {reason}")
        print(f"lorag: {note}", file=sys.stderr)
        return None
    examined: Examined = doctor.examine(settings, base, examples)
    return examined


def _check_target(written: Path, paths: Sequence[Path], *, force: bool) -> None:
    if any(path.exists() and written.exists() and path.samefile(written) for path in paths):
        raise UsageError(f"--write {written} is one of the files that are read; name another")
    if written.exists() and not force:
        raise UsageError(f"{written} exists already; name another file, or replace it with --force")
    if not written.absolute().parent.is_dir():
        raise UsageError(f"--write {written}: there is no folder {written.absolute().parent}")


def _end(looked: _Looked) -> int:
    """Return the exit code; data that cannot be trained on is an error, of a check as of preparing it."""
    if not looked.n_answers + looked.n_texts and looked.findings:
        first = looked.findings[0]
        raise DatasetError(f"no example was found: {harmless_line(first.origin.place)}: {harmless_line(first.reason)}")
    if looked.problem is not None:
        raise DatasetError(looked.problem)
    note = few(looked.n_fit, looked.objective)
    if note is not None:
        print(f"lorag: {in_locale(note)}", file=sys.stderr)
    return 0


def _print_report(
    looked: _Looked, examined: "Examined | None", arguments: argparse.Namespace, written: Path | None
) -> None:
    names = ", ".join(file.name for file in looked.provenance.files[:3])
    more = f" and {len(looked.provenance.files) - 3} more" if len(looked.provenance.files) > 3 else ""
    languages = ", ".join(f"{name} {count}" for name, count in looked.cleaned.languages.items()) or "none"
    print(f"files      {harmless_line(names)}{more}")
    print(f"examples   {looked.n_fit} fit to learn from with --objective {looked.objective}")
    print(f"read       {looked.n_answers} questions with answers (sft), {looked.n_texts} plain texts (text)")
    counts = ", ".join(f"{looked.count(effect)} {word}" for effect, word in (
        ("dropped", "left out"), ("changed", "changes"), ("warning", "to look at")
    ))  # fmt: skip
    print(f"findings   {counts}")
    print(f"languages  {languages}")
    for name, said, flag in (
        ("licence", looked.provenance.license, "--license"), ("origin", looked.provenance.origin, "--origin")
    ):  # fmt: skip
        unknown = f" (say it with {flag}; it travels with the adapter)" if said == UNKNOWN else ""
        print(f"{name:<10} {harmless_line(said)}{unknown}")
    for line in examined.lines() if examined is not None else ():
        print(line)
    for line in finding_lines(looked.findings, show_all=arguments.all):
        print(line)
    if examined is not None:
        examined.print_samples()
    if written is not None:
        print(f"\nwritten    {harmless_line(str(written))}")


def _print_json(
    looked: _Looked, examined: "Examined | None", arguments: argparse.Namespace, written: Path | None
) -> None:
    count = looked.n_fit
    report = {
        "read": looked.n_answers + looked.n_texts,
        "objective": looked.objective,
        "fits": {"sft": looked.n_answers, "text": looked.n_texts},
        "examples": count,
        "dropped": looked.count("dropped"),
        "changed": looked.count("changed"),
        "warnings": looked.count("warning"),
        "languages": looked.cleaned.languages,
        "license": looked.provenance.license,
        "origin": looked.provenance.origin,
        "files": [asdict(file) for file in looked.provenance.files],
        "advice": looked.problem or few(count, looked.objective),
        "tokens": examined.as_json() if examined is not None else None,
        "written": str(written) if written is not None else None,
        "findings": [finding_json(finding) for finding in looked.findings],
    }
    print(harmless_json(report, sys.stdout))
