"""The prompt of one turn: history, passages and question in the model's own template, cut to fit its context."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lorag.chat.numbering import PassageSentences, header_of
from lorag.engine.api import Engine, LoadedModel
from lorag.errors import ContextOverflowError
from lorag.prompts.fit import Kept, PromptCost, fit, window
from lorag.prompts.grounded import grounded_question, shown_sentence
from lorag.prompts.messages import Message, Segment
from lorag.prompts.template import render

_MESSAGE_OVERHEAD: Final = 8
"""Tokens a template puts around a message, at a guess; the finished prompt is counted again."""
_NUMBER_OVERHEAD: Final = 5
"""Tokens of ``[123] `` and the line's end."""
_ATTEMPTS: Final = 6


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Draft:
    """All that could be put before the model."""

    question: str
    system: str = ""
    history: tuple[Exchange, ...] = ()
    """Oldest first."""
    passages: tuple[PassageSentences, ...] = ()
    """In the order in which they are shown."""

    @property
    def ranks(self) -> list[int]:
        """Indices of the passages, best first."""
        return sorted(range(len(self.passages)), key=lambda index: -self.passages[index].passage.order)

    def cut(self, kept: Kept) -> "Draft":
        """Return the part that is kept."""
        shown = sorted(self.ranks[: kept.passages])
        history = self.history[len(self.history) - kept.history :]
        return replace(self, history=history, passages=tuple(self.passages[index] for index in shown))


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """What is put before the model."""

    segments: tuple[Segment, ...]
    tokens: int
    """An upper bound: control tokens are counted as the text they are written with."""
    passages: tuple[PassageSentences, ...]
    """The passages that are in it."""
    messages_left_out: int
    passages_left_out: int


async def fit_prompt(draft: Draft, model: LoadedModel, engine: Engine, *, answer_tokens: int) -> FittedPrompt:
    """Build the prompt, leaving room for an answer of ``answer_tokens``.

    Raises:
        ContextOverflowError: The question does not fit, even alone with its best passage.
    """
    room = model.context_tokens - answer_tokens
    counts = await _counted(draft, engine)
    budget = room
    for _ in range(_ATTEMPTS):
        cut, cost = _cut_best_passage(draft, counts, budget)
        kept = cut.cut(fit(cost, budget))
        segments = _rendered(kept, model)
        tokens = sum(await engine.count_tokens([segment.text for segment in segments]))
        if tokens <= room:
            return FittedPrompt(
                segments=segments,
                tokens=tokens,
                passages=kept.passages,
                messages_left_out=2 * (len(draft.history) - len(kept.history)),
                passages_left_out=len(draft.passages) - len(kept.passages),
            )
        # The guess of what the template and the joins cost was too low: try again with that much less.
        budget -= tokens - room
    raise ContextOverflowError(
        f"the question does not fit the model's context of {model.context_tokens} tokens: ask a shorter question, or "
        "set a larger --context-tokens"
    )


def _rendered(draft: Draft, model: LoadedModel) -> tuple[Segment, ...]:
    messages = [Message("system", draft.system)] if draft.system else []
    for exchange in draft.history:
        messages += [Message("user", exchange.question), Message("assistant", exchange.answer)]
    question = draft.question
    if draft.passages:
        question = grounded_question(question, [item.prompt for item in draft.passages])
    messages.append(Message("user", question))
    return render(
        messages,
        template=model.chat_template,
        bos_token=model.bos_token,
        eos_token=model.eos_token,
        add_generation_prompt=True,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Tokens of each part of a draft."""

    fixed: int
    history: tuple[int, ...]
    lines: tuple[tuple[int, ...], ...]
    """Of each passage its header and its sentences."""


async def _counted(draft: Draft, engine: Engine) -> _Counts:
    texts = [draft.question, draft.system]
    for exchange in draft.history:
        texts += [exchange.question, exchange.answer]
    counts = await engine.count_tokens(texts)
    asked = counts[0] * (2 if draft.passages else 1)
    history = [sum(pair) + 2 * _MESSAGE_OVERHEAD for pair in zip(counts[2::2], counts[3::2], strict=True)]
    lines = [await _line_costs(item, engine) for item in draft.passages]
    return _Counts(asked + counts[1] + 3 * _MESSAGE_OVERHEAD, tuple(history), tuple(lines))


async def _line_costs(item: PassageSentences, engine: Engine) -> tuple[int, ...]:
    texts = [header_of(item.passage), *(shown_sentence(sentence.text) for sentence in item.sentences)]
    return tuple(tokens + _NUMBER_OVERHEAD for tokens in await engine.count_tokens(texts))


def _cut_best_passage(draft: Draft, counts: _Counts, budget: int) -> tuple[Draft, PromptCost]:
    """Return what is to be fitted; when even the best passage is too long alone, only its best part is kept."""
    lines = list(counts.lines)
    ranks = draft.ranks
    if ranks and counts.fixed + sum(lines[ranks[0]]) > budget:
        passages = list(draft.passages)
        best = ranks[0]
        passages[best], lines[best] = _best_part(draft.question, passages[best], lines[best], budget - counts.fixed)
        draft = replace(draft, passages=tuple(passages))
    return draft, PromptCost(counts.fixed, counts.history, tuple(sum(lines[index]) for index in ranks))


def _best_part(
    question: str, item: PassageSentences, lines: Sequence[int], room: int
) -> tuple[PassageSentences, tuple[int, ...]]:
    """Cut a passage to the sentences around the one that shares most with the question."""
    asked = _letter_pairs(question)
    weights = [(asked & _letter_pairs(sentence.text)).total() for sentence in item.sentences]
    kept = window(weights, lines[1:], room - lines[0])
    part = PassageSentences(item.passage, item.sentences[kept.start : kept.stop])
    return part, (lines[0], *lines[1 + kept.start : 1 + kept.stop])


def _letter_pairs(text: str) -> Counter[str]:
    words = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return Counter({word[i : i + 2] for word in words for i in range(max(1, len(word) - 1))})
