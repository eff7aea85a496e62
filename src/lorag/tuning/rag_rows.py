"""Examples shown with passages, as the chat shows them, so that tuning does not teach a model to ignore what it is given.

The kinds are those of RAFT (Zhang et al. 2024) and of Goyal et al. (2024): the right passage among others, others only
(to be refused), and a passage that says something else than what the model may have learned (to be followed).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lorag.documents.sentences import sentence_spans
from lorag.prompts.grounded import PromptPassage, numbered_sentences, quoted_answer
from lorag.tuning.options import TrainOptions
from lorag.tuning.support import SUPPORTED, closeness, support

Kind = Literal["golden", "distractors", "counterfactual", "plain"]


@dataclass(frozen=True, slots=True)
class Shown:
    """Passages in the order in which they are shown, and the answer that is right over them."""

    passages: tuple[PromptPassage, ...]
    answer: str


def choose_kinds(count: int, options: TrainOptions) -> list[Kind]:
    """Return how each of ``count`` rows is shown, in the shares of the options and an order fixed by the seed."""
    shares: list[tuple[Kind, float]] = [
        ("golden", options.rag_golden),
        ("distractors", options.rag_distractors),
        ("counterfactual", options.rag_counterfactual),
    ]
    kinds: list[Kind] = [kind for kind, share in shares for _ in range(round(share * count))][:count]
    kinds += ["plain"] * (count - len(kinds))
    random.Random(options.seed).shuffle(kinds)
    return kinds


def best_support(answer: str, passage: PromptPassage) -> float:
    """Return how well a passage's best sentence, or the passage as a whole, holds an answer."""
    whole = " ".join(passage.sentences)
    return max((support(answer, text) for text in (*passage.sentences, whole)), default=0.0)


def arrange(
    golden: PromptPassage, distractors: Sequence[PromptPassage], answer: str, *, quotes: bool, seed: int
) -> Shown:
    """Put the right passage somewhere among others and cite in the answer the sentence that holds it.

    Args:
        golden: The passage that holds the answer.
        distractors: Passages that do not.
        answer: The answer of the row.
        quotes: Whether this model answers by quoting: then the answer is the sentences themselves.
        seed: Decides where the right passage stands.
    """
    passages = [golden, *distractors]
    random.Random(seed).shuffle(passages)
    sentences = numbered_sentences(passages)
    first = sum(len(passage.sentences) for passage in passages[: passages.index(golden)])
    own = range(first, first + len(golden.sentences))
    if quotes:
        return Shown(tuple(passages), quoted_answer(_holding(answer, own, sentences), sentences))
    number = max(own, key=lambda index: closeness(answer, sentences[index])) + 1
    return Shown(tuple(passages), f"{answer.rstrip()} [{number}]")


def _holding(answer: str, own: range, sentences: Sequence[str]) -> list[int]:
    """Return the numbers of the sentences that hold the answer: one for each of its sentences that stands in one."""
    parts = [answer[start:end] for start, end in sentence_spans(answer)]
    best = {part: max(own, key=lambda index: support(part, sentences[index])) for part in parts}
    held = {index + 1 for part, index in best.items() if support(part, sentences[index]) >= SUPPORTED}
    return sorted(held) or [max(own, key=lambda index: closeness(answer, sentences[index])) + 1]
