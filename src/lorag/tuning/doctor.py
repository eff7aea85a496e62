"""Look at the rows as the model will be trained on them, and refuse what would train garbage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lorag.tuning.encode import EncodedRow, EncodeError, Encoder
from lorag.tuning.examples import Example, Finding


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The rows that are fit to train on, and what is wrong with the others."""

    rows: tuple[EncodedRow, ...]
    kept: tuple[int, ...]
    """For each row, the index of its example."""
    findings: tuple[Finding, ...]
    longest: int
    """Tokens of the longest row."""
    trained_tokens: int
    total_tokens: int

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that leave a row out."""
        return tuple(finding for finding in self.findings if finding.effect == "dropped")


def diagnose(examples: Sequence[Example], encoder: Encoder, *, max_tokens: int) -> Diagnosis:
    """Encode every example and check it on the real tokens.

    Checked: the template renders each turn as a continuation; every answer is learned up to an end-of-turn token; at
    least one token is learned; one BOS, at the start; nothing longer than ``max_tokens``, because cutting a row would
    cut the end of its answer.
    """
    rows: list[EncodedRow] = []
    kept: list[int] = []
    findings: list[Finding] = []
    for index, example in enumerate(examples):
        try:
            encoded = encoder.rows(example)
        except EncodeError as error:
            findings.append(Finding(example.origin, "template", str(error), "dropped"))
            continue
        problems = [problem for row in encoded for problem in _problems(row, example, encoder, max_tokens)]
        findings += problems
        if not problems:
            rows += encoded
            kept += [index] * len(encoded)
    return Diagnosis(
        rows=tuple(rows),
        kept=tuple(kept),
        findings=tuple(findings),
        longest=max((len(row.ids) for row in rows), default=0),
        trained_tokens=sum(row.trained_tokens for row in rows),
        total_tokens=sum(len(row.ids) for row in rows),
    )


def _problems(row: EncodedRow, example: Example, encoder: Encoder, max_tokens: int) -> Iterator[Finding]:
    if not row.trained_tokens:
        yield Finding(row.origin, "nothing to learn", "no token of this row counts in the loss", "dropped")
    if len(row.ids) > max_tokens:
        reason = f"{len(row.ids)} tokens; at most {max_tokens} (raise --max-length or shorten the row)"
        yield Finding(row.origin, "too long", reason, "dropped")
    if encoder.bos_token is not None and encoder.bos_token not in encoder.end_tokens:
        count = row.ids.count(encoder.bos_token)
        if count > 1 or (count == 1 and row.ids[0] != encoder.bos_token):
            yield Finding(row.origin, "bos", f"{count} beginning-of-text tokens; there must be one, first", "dropped")
    if example.messages and not _every_answer_ends(row, encoder):
        yield Finding(row.origin, "end of turn", "an answer's end of turn is not learned: it would not stop", "dropped")


def _every_answer_ends(row: EncodedRow, encoder: Encoder) -> bool:
    """Tell whether each learned run of tokens ends with a token that llama.cpp stops at."""
    runs_end = (
        index for index, trained in enumerate(row.trained)
        if trained and (index + 1 == len(row.trained) or not row.trained[index + 1])
    )  # fmt: skip
    return all(row.ids[index] in encoder.end_tokens for index in runs_end)
