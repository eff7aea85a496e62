"""Training, validation and test rows that share no question."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lorag.errors import DatasetError
from lorag.tuning.amount import too_few
from lorag.tuning.examples import Example, Finding

IN_TEST: Final = "in the test"
"""The kind of finding of a row whose question is in a person's own test."""


@dataclass(frozen=True, slots=True)
class Split:
    """Three parts; no question stands in two of them."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    """Chooses the checkpoint and stops early."""
    test: tuple[Example, ...]
    """Never trained on and never chosen by; what the report is made from."""


def split(
    examples: Sequence[Example], *, seed: int, test_share: float = 0.15, test: Sequence[Example] | None = None
) -> Split:
    """Split by group: rows with the same question stay together.

    Args:
        examples: Clean examples.
        seed: The same seed gives the same split, whatever the order of the rows.
        test_share: Share of the groups held out for the test, and again for validation.
        test: A person's own test rows; rows of ``examples`` with one of their questions are left out of training.

    Raises:
        DatasetError: There are too few examples or too few different questions, or all of them are in the test.
    """
    learned, _ = held_out(examples, test or ())
    _check_amount(examples, learned)
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in learned:
        groups[_group(example)].append(example)
    names = sorted(groups)
    random.Random(seed).shuffle(names)
    share = max(1, round(len(names) * test_share))
    tested = 0 if test is not None else share
    if len(names) < tested + share + 1:
        raise DatasetError(
            f"only {len(names)} different questions; there must be some left to train on after a split. Add examples that "
            "ask something else"
        )
    parts = names[:tested], names[tested : tested + share], names[tested + share :]
    test_rows, validation, train = (tuple(example for name in part for example in groups[name]) for part in parts)
    return Split(train, validation, tuple(test) if test is not None else test_rows)


def held_out(examples: Sequence[Example], test: Sequence[Example]) -> tuple[list[Example], list[Finding]]:
    """Return the examples whose question is not in a person's own test, and a finding for each other."""
    tested = {_group(example) for example in test}
    learned = [example for example in examples if _group(example) not in tested]
    reason = "its question is also in --test, so it is not trained on"
    left_out = [example for example in examples if _group(example) in tested]
    return learned, [Finding(example.origin, IN_TEST, reason, "dropped") for example in left_out]


def _check_amount(examples: Sequence[Example], learned: Sequence[Example]) -> None:
    objective = "sft" if any(example.messages for example in examples) else "text"
    if examples and not learned:
        raise DatasetError(
            f"every question of the {len(examples)} examples is also in --test, so nothing is left to train on; name a file "
            "with other questions, or leave --test out: then a part of the examples is held out"
        )
    problem = too_few(len(learned), objective)
    if problem is not None:
        also = len(examples) - len(learned)
        shared = (
            f"{also} of {len(examples)} examples are left out, because their question is also in --test; "
            if also
            else ""
        )
        raise DatasetError(f"{shared}{problem}")


def _group(example: Example) -> str:
    """Return what must not be on two sides: the first question, or a text's document."""
    asked = next((message.content for message in example.messages if message.role == "user"), example.text)
    key = "".join(asked.lower().split())
    return hashlib.sha256(key.encode()).hexdigest()
