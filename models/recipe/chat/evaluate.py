"""Measures a network on examples from the dev split: does it choose the right sentence, and refuse when it should?"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from chat.batches import collate
from chat.bpe import END, HIGHEST_NUMBER
from chat.corpus import Corpus
from chat.encode import Encoded, LossWeights, encode, template_ids
from chat.examples import Example, ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.model import Llama
from chat.pools import Pools

KINDS: Final = {
    "English": ("qa.en",),
    "Korean": ("qa.ko",),
    "across languages": ("parallel", "cross"),
}
"""What each row of the table is drawn from."""
PASSAGES: Final = (1, 3, 6)
_SENTENCES: Final = (2, 4)
_HARD: Final = 0.5
_NO_LOSS: Final = LossWeights(0, 0, 0, 0, 0, 0, 0, 0)
_REPLY_TOKENS: Final = 8
"""Enough of a reply to know which one it is."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a network did on one kind of question with one number of passages."""

    kind: str
    passages: int
    questions: int
    chance: float
    """Share that a blind guess would get right."""
    free: float
    """Share whose first number is right when nothing constrains the answer."""
    constrained: float
    """Share right when the answer must be one of the numbered sentences or the refusal."""
    wrongly_refused: float
    """Share of answerable questions refused, under the same constraint."""
    rightly_refused: float
    """Share of unanswerable questions refused, under the same constraint."""


class DevExamples:
    """Questions on documents of the dev split, always the same ones."""

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer) -> None:
        self._talk = SmallTalk(FOLDER)
        self._builder = ExampleBuilder(Pools(corpus), self._talk)
        self._tokenizer = tokenizer

    def small_talk(self, model: Llama, remarks: int) -> float:
        """Return the share of ``remarks`` (half of each language) that begin a reply written for them.

        The intents are learned word for word, so this is what the network remembers, not what it makes of new remarks.
        """
        rng = random.Random(0)
        fitting = []
        for language in ("en", "ko"):
            intents = self._talk.intents(language)
            for intent in rng.sample(intents, min(len(intents), remarks // 2)):
                asked = template_ids(self._tokenizer, [("user", rng.choice(intent.says))])
                replies = [self._tokenizer.encode(reply).ids[:_REPLY_TOKENS] for reply in intent.replies]
                fitting.append(_continued(model, asked) in replies)
        return _mean(fitting)

    def scores(self, model: Llama, questions: int, passages: Sequence[int] = PASSAGES) -> Iterator[Score]:
        """Yield a score per kind and number of passages, each over this many answerable and unanswerable questions."""
        for name, kinds in KINDS.items():
            for count in passages:
                shape = Shape((count,), _SENTENCES, 0.0, _HARD)
                answerable = _examples(self._builder, kinds, shape, questions)
                refused = _examples(self._builder, kinds, replace(shape, refusal=1.0), questions)
                yield _score(name, model, self._tokenizer, answerable, refused)


def _score(
    name: str, model: Llama, tokenizer: Tokenizer, answerable: Sequence[Example], refused: Sequence[Example]
) -> Score:
    opened, chosen, free = _answers(model, tokenizer, answerable)
    declined, _, _ = _answers(model, tokenizer, refused)
    right = [number in example.targets for number, example in zip(chosen, answerable, strict=True)]
    return Score(
        kind=name,
        passages=answerable[0].passages,
        questions=len(answerable),
        chance=_mean([len(example.targets) / len(example.sentences) for example in answerable]),
        free=_mean([a and b for a, b in zip(right, free, strict=True)]),
        constrained=_mean([a and b for a, b in zip(right, opened, strict=True)]),
        wrongly_refused=1 - _mean(opened),
        rightly_refused=1 - _mean(declined),
    )


def worth(scores: Sequence[Score], small_talk: float) -> float:
    """Return one number to compare checkpoints by: mostly right answers, partly right refusals and small talk."""
    grounded = _mean([0.75 * score.constrained + 0.25 * score.rightly_refused for score in scores])
    return 0.8 * grounded + 0.2 * small_talk


def _examples(builder: ExampleBuilder, kinds: Sequence[str], shape: Shape, count: int) -> list[Example]:
    rng = random.Random(f"{kinds} {shape}")
    return [builder.build(kinds[index % len(kinds)], shape, rng) for index in range(count)]


def _answers(
    model: Llama, tokenizer: Tokenizer, examples: Sequence[Example]
) -> tuple[list[bool], list[int], list[bool]]:
    """Return, per example, whether it quotes, the number it would choose, and whether nothing else was likelier."""
    bracket = tokenizer.encode("[").ids[0]
    numbers = torch.tensor([tokenizer.token_to_id(str(n)) for n in range(1, HIGHEST_NUMBER + 1)])
    opened, chosen, free = list[bool](), list[int](), list[bool]()
    for example in examples:
        row = encode(tokenizer, replace(example, messages=_opened(example)), _NO_LOSS, np.random.default_rng(0))
        # The conversation up to "<|assistant|>[": the last two positions decide to quote, and which sentence.
        first, second = _last_logits(model, row, bracket)
        refusals = [tokenizer.encode(text).ids[0] for text in ("I could", "문서에서")]
        opened.append(bool(first[bracket] > first[refusals].max()))
        among = second[numbers[: len(example.sentences)]]
        chosen.append(int(among.argmax()) + 1)
        free.append(bool(first.argmax() == bracket and second.argmax() == numbers[chosen[-1] - 1]))
    return opened, chosen, free


@torch.no_grad()
def _continued(model: Llama, ids: list[int]) -> list[int]:
    """Return the likeliest next tokens, one after the other."""
    ids, start = list(ids), len(ids)
    device = next(model.parameters()).device
    while len(ids) < start + _REPLY_TOKENS and ids[-1] != END:
        ids.append(int(model.logits(model(torch.tensor([ids], device=device))[0, -1]).argmax()))
    return [token for token in ids[start:] if token != END]


def _opened(example: Example) -> tuple[tuple[str, str], ...]:
    return (*example.messages[:-1], ("assistant", "["))


@torch.no_grad()
def _last_logits(model: Llama, row: Encoded, bracket: int) -> tuple[Tensor, Tensor]:
    ids = collate([row]).ids[:, : len(row.ids) - 1].to(next(model.parameters()).device)
    if int(ids[0, -1]) != bracket:
        raise ValueError("the opened answer does not end in a bracket")
    hidden = model(ids)[0, -2:]
    first, second = model.logits(hidden).float().cpu()
    return first, second


def _mean(values: Sequence[float | bool]) -> float:
    return sum(values) / max(1, len(values))


def table(scores: Sequence[Score]) -> str:
    """Return scores as a Markdown table."""
    lines = [
        "| questions | passages | chance | right, free | right, constrained | wrongly refused | rightly refused |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.kind} ({s.questions}) | {s.passages} | {s.chance:.0%} | {s.free:.0%} | {s.constrained:.0%} "
        f"| {s.wrongly_refused:.0%} | {s.rightly_refused:.0%} |"
        for s in scores
    ]
    return "\n".join(lines)
