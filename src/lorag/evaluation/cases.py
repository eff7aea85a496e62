"""Questions with a passage that answers them, the same passage with another answer, and passages that do not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lorag.evaluation.bundled import bundled_records
from lorag.prompts.grounded import PromptPassage
from lorag.prompts.language import language_of

_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_DISTRACTORS: Final = 4


@dataclass(frozen=True, slots=True)
class ContextCase:
    """One question for the tests of context reliance."""

    question: str
    answer: str
    span: str
    """The part of the answer that makes it right; it stands in the passage."""
    passage: PromptPassage
    counter_answer: str
    counter_span: str
    counter_passage: PromptPassage
    """The passage with the span swapped for ``counter_span``."""
    distractors: tuple[PromptPassage, ...]


def bundled_cases() -> list[ContextCase]:
    """Return invented cases that come with lorag; what is asked can be known from the passage alone."""
    cases = [_bundled(record) for record in bundled_records("context.jsonl")]
    return [replace(case, distractors=tuple(_others(case, index, cases))) for index, case in enumerate(cases)]


def case_from(
    question: str, answer: str, passage: PromptPassage, distractors: Sequence[PromptPassage], others: Sequence[str]
) -> ContextCase | None:
    """Return the case of a row and the passage that holds its answer; None when nothing can be swapped.

    A number that stands in the answer and in the passage is swapped for another one; where there is none, an answer that
    stands in the passage word for word is swapped for the answer of another row.

    Args:
        question: The question of the row.
        answer: Its answer.
        passage: The passage that holds the answer.
        distractors: Passages that do not hold it.
        others: Answers of other rows.
    """
    swap = _number_swap(answer, passage, others) or _answer_swap(answer, passage, others)
    if swap is None:
        return None
    span, counter = swap
    pattern = (
        re.compile(rf"(?<![\d.,:]){re.escape(span)}(?![\d])") if span[0].isdigit() else re.compile(re.escape(span))
    )
    sentences = tuple(pattern.sub(lambda _: counter, sentence) for sentence in passage.sentences)
    return ContextCase(
        question=question,
        answer=answer,
        span=span,
        passage=passage,
        counter_answer=pattern.sub(lambda _: counter, answer),
        counter_span=counter,
        counter_passage=PromptPassage(passage.header, sentences),
        distractors=tuple(distractors[:_DISTRACTORS]),
    )


def _number_swap(answer: str, passage: PromptPassage, others: Sequence[str]) -> tuple[str, str] | None:
    stands = {number for sentence in passage.sentences for number in _NUMBER.findall(sentence)}
    common = [number for number in _NUMBER.findall(answer) if number in stands]
    if not common:
        return None
    span = max(common, key=len)
    alike = (number for other in others for number in _NUMBER.findall(other) if len(number) == len(span))
    taken = {*stands, *_NUMBER.findall(answer)}
    return span, next((number for number in alike if number not in taken), _other_number(span, taken))


def _other_number(number: str, taken: set[str]) -> str:
    """Return a number written alike that is not taken: its last digits are counted up."""
    digits = number
    while digits in taken:
        counted = [str((int(character) + 3) % 10) if character.isdigit() else character for character in digits]
        digits = "".join(counted)
        if digits == number:
            return f"1{number}"
    return digits


def _answer_swap(answer: str, passage: PromptPassage, others: Sequence[str]) -> tuple[str, str] | None:
    if not any(answer and answer in sentence for sentence in passage.sentences):
        return None
    fitting = [other for other in others if other and other != answer and language_of(other) == language_of(answer)]
    if not fitting:
        return None
    return answer, min(fitting, key=lambda other: abs(len(other) - len(answer)))


def _bundled(record: dict[str, str]) -> ContextCase:
    def passage(span: str) -> PromptPassage:
        sentences = [sentence.replace("{}", span) for sentence in record["passage"]]
        return PromptPassage(record["header"], tuple(sentences))

    return ContextCase(
        question=record["question"],
        answer=record["answer"].replace("{}", record["span"]),
        span=record["span"],
        passage=passage(record["span"]),
        counter_answer=record["answer"].replace("{}", record["counter"]),
        counter_span=record["counter"],
        counter_passage=passage(record["counter"]),
        distractors=(),
    )


def _others(case: ContextCase, index: int, cases: Sequence[ContextCase]) -> Iterator[PromptPassage]:
    """Yield the passages of the cases after one, in the same language."""
    following = [*cases[index + 1 :], *cases[:index]]
    same = [other for other in following if language_of(other.question) == language_of(case.question)]
    yield from (other.passage for other in same[:_DISTRACTORS])
