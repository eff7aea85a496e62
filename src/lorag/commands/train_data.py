"""The data of a run: read, cleaned, checked on the real tokens, split, and written into the run folder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lorag.commands.indexing import limits_from
from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import Data, Found, Sample, Splitted, Stage, Warned
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.errors import DatasetError
from lorag.tuning.cleaning import CleanResult, clean
from lorag.tuning.doctor import Diagnosis, diagnose
from lorag.tuning.encode import EncodedRow
from lorag.tuning.examples import Example, Finding
from lorag.tuning.pieces import read_vocabulary, runs
from lorag.tuning.read import read_examples
from lorag.tuning.split import FEW_EXAMPLES, Split, split

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


async def read_data(request: Request, view: View) -> tuple[CleanResult, CleanResult | None]:
    """Return the cleaned examples, and the person's own test rows.

    Raises:
        DatasetError: Nothing can be learned from the files.
    """
    view.show(Stage("read", f"reading {', '.join(str(path) for path in request.source.paths)}"))
    cleaned = await asyncio.to_thread(_read, request, request.source.paths)
    test = await asyncio.to_thread(_read, request, request.source.test) if request.source.test else None
    findings = (*cleaned.findings, *(test.findings if test else ()))
    for finding in findings:
        view.show(Found(finding))
    effects = [finding.effect for finding in findings]
    view.show(
        Data(
            len(cleaned.examples),
            effects.count("dropped"),
            effects.count("changed"),
            effects.count("warning"),
            cleaned.languages,
        )
    )
    return cleaned, test


async def prepare_data(
    request: Request, engine: TrainEngine, read: tuple[CleanResult, CleanResult | None], view: View
) -> Split:
    """Check every row on the real tokens, split, and write the parts into the run folder.

    Raises:
        DatasetError: Too little is left, or the rows and the model do not go together.
    """
    view.show(Stage("doctor", "checking the rows on the model's own tokens"))
    cleaned, test = read
    objective = request.options.objective
    wanted, strange = _of_objective(cleaned.examples, objective)
    examples = [engine.with_chat_system(example) for example in wanted]
    limit = request.options.max_length or engine.model.context_tokens
    diagnosis = await asyncio.to_thread(diagnose, examples, engine.encoder(), max_tokens=limit)
    fit = [examples[index] for index in dict.fromkeys(diagnosis.kept)]
    own = None
    found = [*cleaned.findings, *strange, *diagnosis.findings]
    if test is not None:
        tested = [engine.with_chat_system(example) for example in _of_objective(test.examples, objective)[0]]
        checked = await asyncio.to_thread(diagnose, tested, engine.encoder(), max_tokens=limit)
        own = [tested[index] for index in dict.fromkeys(checked.kept)]
        found += [*test.findings, *checked.findings]
        if not own:
            raise DatasetError("none of the --test rows can be used")
    _report(request, engine, diagnosis, strange, view)
    request.folder.create()
    request.folder.write_findings(found)
    parts = split(fit, seed=request.options.seed, test_share=request.options.test_share, test=own)
    request.folder.write_examples("train", parts.train)
    request.folder.write_examples("validation", parts.validation)
    request.folder.write_examples("test", parts.test)
    if objective == "sft" and len(fit) < FEW_EXAMPLES:
        view.show(
            Warned(f"{len(fit)} examples teach a manner of answering, not facts; expect more from {FEW_EXAMPLES}")
        )
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


def _read(request: Request, paths: Sequence[object]) -> CleanResult:
    read = read_examples(list(paths), request.source.read, limits_from(request.settings))  # type: ignore[arg-type]  # paths
    cleaned = clean(read.examples)
    findings = (*read.findings, *cleaned.findings)
    if not cleaned.examples:
        reasons = "; ".join(dict.fromkeys(finding.reason for finding in findings))
        raise DatasetError(f"there is nothing to learn in {', '.join(map(str, paths))}: {reasons[:300] or 'no rows'}")
    return CleanResult(cleaned.examples, findings, cleaned.languages)


def _of_objective(examples: Sequence[Example], objective: str) -> tuple[list[Example], list[Finding]]:
    """Return the examples that the objective can learn from, and a finding for each other."""
    wanted = [example for example in examples if bool(example.messages) == (objective == "sft")]
    reason = (
        "plain text, where questions and answers are learned (--objective text learns it)"
        if objective == "sft"
        else "a conversation, where plain text is learned"
    )
    chosen = {id(example) for example in wanted}
    strange = [Finding(one.origin, "objective", reason, "dropped") for one in examples if id(one) not in chosen]
    if not wanted:
        raise DatasetError(f"the data holds only {reason}")
    return wanted, strange


def _report(
    request: Request, engine: TrainEngine, diagnosis: Diagnosis, strange: Sequence[Finding], view: View
) -> None:
    for finding in (*strange, *diagnosis.findings):
        view.show(Found(finding))
    if not diagnosis.rows:
        reasons = "; ".join(dict.fromkeys(finding.reason for finding in diagnosis.findings))
        raise DatasetError(f"no row can be trained on with {engine.model.name}: {reasons[:300]}")
    vocabulary = read_vocabulary(request.base)
    for row in diagnosis.rows[:_SHOWN_ROWS]:
        view.show(Sample(tuple(runs(row.ids, row.trained, vocabulary))))
