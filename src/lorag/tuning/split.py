"""Training, validation and test rows that share no question."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lorag.errors import DatasetError
from lorag.tuning.examples import Example

FEWEST_EXAMPLES = 10
FEW_EXAMPLES = 50


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
        DatasetError: There are too few examples or too few different questions.
    """
    if len(examples) < FEWEST_EXAMPLES:
        raise DatasetError(
            f"{len(examples)} examples are too few to learn from and to measure with; {FEWEST_EXAMPLES} is the least, "
            f"{FEW_EXAMPLES} good ones are a start. For fewer, put them into the system prompt: lorag ask --system"
        )
    held = {_group(example) for example in test or ()}
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if _group(example) not in held:
            groups[_group(example)].append(example)
    names = sorted(groups)
    random.Random(seed).shuffle(names)
    share = max(1, round(len(names) * test_share))
    if len(names) < 2 * share + 1:
        raise DatasetError(f"only {len(names)} different questions; there must be some left to train on after a split")
    tested = 0 if test is not None else share
    parts = names[:tested], names[tested : tested + share], names[tested + share :]
    test_rows, validation, train = (tuple(example for name in part for example in groups[name]) for part in parts)
    return Split(train, validation, tuple(test) if test is not None else test_rows)


def _group(example: Example) -> str:
    """Return what must not be on two sides: the first question, or a text's document."""
    asked = next((message.content for message in example.messages if message.role == "user"), example.text)
    key = "".join(asked.lower().split())
    return hashlib.sha256(key.encode()).hexdigest()
