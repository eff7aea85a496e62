"""Examples shown with passages, as the chat shows them, so that tuning does not teach a model to ignore what it is given.

The kinds are those of RAFT (Zhang et al. 2024) and of Goyal et al. (2024): the right passage among others, others only
(to be refused), and a passage that says something else than what the model may have learned (to be followed).
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz import fuzz

from lorag.prompts.grounded import PromptPassage, numbered_sentences, quoted_answer
from lorag.tuning.options import TrainOptions

Kind = Literal["golden", "distractors", "counterfactual", "plain"]

SUPPORTED: Final = 70.0
"""From this similarity on, of 100, a sentence holds an answer; measured on answers that rephrase their source."""
_SHORTEST: Final = 2
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")


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


def support(answer: str, sentence: str) -> float:
    """Return how well a text holds an answer, 0 to 100: how much of the shorter stands in the other, and its numbers."""
    said, found = " ".join(answer.split()).lower(), " ".join(sentence.split()).lower()
    # A number that the text does not hold cannot come from it, however alike the words are.
    if min(len(said), len(found)) < _SHORTEST or set(_NUMBER.findall(said)) - set(_NUMBER.findall(found)):
        return 0.0
    return float(max(fuzz.token_set_ratio(said, found), fuzz.partial_ratio(said, found)))


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
        quotes: Whether this model answers by quoting: then the answer is the sentence itself.
        seed: Decides where the right passage stands.
    """
    passages = [golden, *distractors]
    random.Random(seed).shuffle(passages)
    sentences = numbered_sentences(passages)
    first = sum(len(passage.sentences) for passage in passages[: passages.index(golden)])
    own = range(first, first + len(golden.sentences))
    number = max(own, key=lambda index: support(answer, sentences[index])) + 1
    written = quoted_answer([number], sentences) if quotes else f"{answer.rstrip()} [{number}]"
    return Shown(tuple(passages), written)
