"""The data of a run: read, cleaned, checked on the real tokens, split, and written into the run folder."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lorag.commands.data_report import grouped_reasons
from lorag.commands.indexing import limits_from
from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import Data, Found, Sample, Splitted, Stage, Warned
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.errors import DatasetError
from lorag.prompts.language import language_of
from lorag.tuning.amount import few
from lorag.tuning.cleaning import CleanResult, clean
from lorag.tuning.doctor import Diagnosis, diagnose
from lorag.tuning.encode import EncodedRow
from lorag.tuning.examples import Example, Finding
from lorag.tuning.objective import nothing_fits, of_objective
from lorag.tuning.pieces import read_vocabulary, runs
from lorag.tuning.read import read_examples
from lorag.tuning.split import IN_TEST, Split, held_out, split

_SHOWN_ROWS = 3


@dataclass(frozen=True, slots=True)
class Encoded:
    """The rows of a run as the model is trained on them."""

    train: tuple[EncodedRow, ...]
    """With the rows made for the run."""
    validation: tuple[EncodedRow, ...]
    longest: int
    """Tokens of the longest row."""

    @property
    def trained_share(self) -> float:
        """Share of the tokens that count in the loss."""
        return sum(row.trained_tokens for row in self.train) / max(1, sum(len(row.ids) for row in self.train))


@dataclass(frozen=True, slots=True)
class ReadData:
    """Cleaned examples that the objective can learn from, and all that was found on the way."""

    examples: tuple[Example, ...]
    test: tuple[Example, ...] | None
    """The person's own test rows."""
    findings: tuple[Finding, ...]


async def read_data(request: Request, view: View) -> ReadData:
    """Return the cleaned examples, and the person's own test rows.

    Raises:
        DatasetError: Nothing can be learned from the files.
    """
    view.show(Stage("read", f"reading {', '.join(str(path) for path in request.source.paths)}"))
    cleaned = await asyncio.to_thread(_read, request, request.source.paths, view)
    test = await asyncio.to_thread(_read, request, request.source.test, view) if request.source.test else None
    return ReadData(
        cleaned.examples,
        test.examples if test is not None else None,
        (*cleaned.findings, *(test.findings if test is not None else ())),
    )


async def prepare_data(request: Request, engine: TrainEngine, read: ReadData, view: View) -> Split:
    """Check every row on the real tokens, split, and write the parts into the run folder.

    Raises:
        DatasetError: Too little is left, or the rows and the model do not go together.
    """
    view.show(Stage("doctor", "checking the rows on the model's own tokens"))
    diagnosis, fit = await _examined(request, engine, read.examples)
    found = list(diagnosis.findings)
    own = None
    if read.test is not None:
        checked, own = await _examined(request, engine, read.test)
        found += [*checked.findings, *held_out(fit, own)[1]]
    _report(fit, found, [*read.findings, *found], view)
    request.folder.create()
    request.folder.write_findings([*read.findings, *found])
    if not diagnosis.rows:
        raise DatasetError(f"no row can be trained on with {engine.model.name}: {grouped_reasons(diagnosis.findings)}")
    if own == []:
        raise DatasetError(f"none of the --test rows can be used: {grouped_reasons(found)}")
    _show_samples(request, diagnosis, view)
    parts = split(fit, seed=request.options.seed, test_share=request.options.test_share, test=own)
    request.folder.write_examples("train", parts.train)
    request.folder.write_examples("validation", parts.validation)
    request.folder.write_examples("test", parts.test)
    note = few(len(fit), request.options.objective)
    if note is not None:
        view.show(Warned(note))
    return parts


async def encode_parts(request: Request, engine: TrainEngine, parts: Split, extra: Sequence[Example]) -> Encoded:
    """Return the rows to train on and to validate with."""
    limit = request.options.max_length or engine.model.context_tokens
    encoder = engine.encoder()
    train = await asyncio.to_thread(diagnose, [*parts.train, *extra], encoder, max_tokens=limit)
    validation = await asyncio.to_thread(diagnose, parts.validation, encoder, max_tokens=limit)
    if not train.rows or not validation.rows:
        raise DatasetError("no row is left to train on")
    return Encoded(train.rows, validation.rows, max(train.longest, validation.longest))


def show_split(parts: Split, extra: Sequence[Example], view: View) -> None:
    """Say how the data was split."""
    view.show(Splitted(len(parts.train), len(extra), len(parts.validation), len(parts.test)))


def _read(request: Request, paths: Sequence[Path], view: View) -> CleanResult:
    read = read_examples(paths, request.source.read, limits_from(request.settings))
    wanted, strange = of_objective(read.examples, request.options.objective)
    cleaned = clean(wanted)
    findings = (*read.findings, *strange, *cleaned.findings)
    for finding in findings:
        view.show(Found(finding))
    named = ", ".join(map(str, paths))
    if read.examples and not wanted:
        raise DatasetError(f"{named}: {nothing_fits(request.options.objective)}")
    if not cleaned.examples:
        raise DatasetError(f"there is nothing to learn in {named}: {grouped_reasons(findings)}")
    return CleanResult(cleaned.examples, findings, cleaned.languages)


async def _examined(
    request: Request, engine: TrainEngine, examples: Sequence[Example]
) -> tuple[Diagnosis, list[Example]]:
    """Return what the rows are on the model's tokens, and the examples that are fit."""
    limit = request.options.max_length or engine.model.context_tokens
    rendered = [engine.with_chat_system(example) for example in examples]
    diagnosis = await asyncio.to_thread(diagnose, rendered, engine.encoder(), max_tokens=limit)
    return diagnosis, [rendered[index] for index in dict.fromkeys(diagnosis.kept)]


def _report(fit: Sequence[Example], new: Sequence[Finding], found: Sequence[Finding], view: View) -> None:
    """Show what was found on the tokens, and then how much is left."""
    for finding in new:
        view.show(Found(finding))
    effects = Counter(finding.effect for finding in found)
    languages = Counter(language_of(example.answer or example.text) for example in fit)
    view.show(
        Data(len(fit), effects["dropped"], effects["changed"], effects["warning"], dict(sorted(languages.items())))
    )
    left_out = sum(finding.kind == IN_TEST for finding in new)
    if left_out:
        view.show(
            Warned(f"{left_out} of {len(fit)} examples are not trained on, because their question is also in --test")
        )


def _show_samples(request: Request, diagnosis: Diagnosis, view: View) -> None:
    vocabulary = read_vocabulary(request.base)
    for row in diagnosis.rows[:_SHOWN_ROWS]:
        view.show(Sample(tuple(runs(row.ids, row.trained, vocabulary))))
