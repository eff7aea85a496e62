"""A model under test: asked as the chat asks, by score or by answer."""

import time
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from lorag.engine.api import Engine, Finished, GenerateRequest, LoadedModel, Sampling, TextDelta
from lorag.errors import EngineError
from lorag.prompts.grounded import REFUSALS, PromptPassage, grounded_question, numbered_sentences
from lorag.prompts.language import language_of
from lorag.prompts.messages import Message, Segment
from lorag.prompts.quote import quote_grammar
from lorag.prompts.system import system_prompt
from lorag.prompts.template import render

_GREEDY: Final = Sampling(temperature=0.0, top_k=0, top_p=1.0, min_p=0.0, repeat_penalty=1.0, seed=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the chat would put it before the model."""

    question: str
    passages: tuple[PromptPassage, ...] = ()
    """Empty is plain chat."""
    earlier: tuple[Message, ...] = ()
    """Earlier turns, without a system message."""
    system: str | None = None
    """None is the chat's own for this model, empty is none."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said."""

    text: str
    ended: bool
    """Whether it stopped by itself, and not because it had used up its tokens."""
    tokens: int
    seconds: float
    prompt_tokens: int


class Subject(Protocol):
    """What a measure needs of a model."""

    @property
    def quotes(self) -> bool:
        """Whether answers over passages are numbered sentences of these, and nothing else."""
        ...

    async def score(self, asked: Asked, answer: str) -> list[float]:
        """Return the log likelihood (nats) of each token of an answer."""
        ...

    async def score_text(self, text: str) -> list[float]:
        """Return the log likelihood (nats) of each token of a text after its first word."""
        ...

    async def reply(self, asked: Asked, *, max_tokens: int, sampled: bool = False, seed: int = 0) -> Reply:
        """Answer with the likeliest tokens, or draw from the model's own distribution with nothing cut off."""
        ...


class EngineSubject:
    """The model that an engine holds, with the adapters that are set on it."""

    def __init__(self, engine: Engine, model: LoadedModel, *, quote: Literal["auto", "on", "off"] = "auto") -> None:
        self._engine = engine
        self._model = model
        self._quotes = model.quote_by_default if quote == "auto" else quote == "on"

    @property
    def quotes(self) -> bool:
        """Whether answers over passages are numbered sentences of these, and nothing else."""
        return self._quotes

    async def score(self, asked: Asked, answer: str) -> list[float]:
        """Return the log likelihood (nats) of each token of an answer."""
        return await self._engine.score(self._prompt(asked), answer)

    async def score_text(self, text: str) -> list[float]:
        """Return the log likelihood (nats) of each token of a text after its first word."""
        first, space, rest = text.partition(" ")
        return await self._engine.score([Segment(first, special=False)], space + rest)

    async def reply(self, asked: Asked, *, max_tokens: int, sampled: bool = False, seed: int = 0) -> Reply:
        """Answer with the likeliest tokens, or draw from the model's own distribution with nothing cut off."""
        temperature = 1.0 if sampled else 0.0
        sampling = Sampling(temperature, _GREEDY.top_k, _GREEDY.top_p, _GREEDY.min_p, _GREEDY.repeat_penalty, seed)
        grammar = _grammar(asked) if self._quotes and asked.passages and not sampled else None
        request = GenerateRequest(self._prompt(asked), sampling, max_tokens, grammar)
        started, text = time.perf_counter(), ""
        async for event in self._engine.generate(request):
            if isinstance(event, TextDelta):
                text += event.text
            elif isinstance(event, Finished):
                usage, ended = event.usage, event.reason == "end"
                seconds = time.perf_counter() - started
                return Reply(text.strip(), ended, usage.answer_tokens, seconds, usage.prompt_tokens)
        raise EngineError("the engine ended an answer without saying so")

    def _prompt(self, asked: Asked) -> tuple[Segment, ...]:
        return render(
            prompt_messages(asked, quotes=self._quotes, bare=self._model.quote_by_default),
            template=self._model.chat_template,
            bos_token=self._model.bos_token,
            eos_token=self._model.eos_token,
            add_generation_prompt=True,
        )


def prompt_messages(asked: Asked, *, quotes: bool, bare: bool) -> list[Message]:
    """Return the conversation that asks a question.

    Args:
        asked: The question.
        quotes: Whether answers over passages are quotes.
        bare: Whether the model was trained without lorag's system prompt.
    """
    system = asked.system
    if system is None:
        form: Literal["cited", "quoted", "plain"] = "plain" if not asked.passages else "quoted" if quotes else "cited"
        system = "" if bare else system_prompt(language_of(asked.question), form)
    question = grounded_question(asked.question, asked.passages) if asked.passages else asked.question
    head = [Message("system", system)] if system else []
    return [*head, *asked.earlier, Message("user", question)]


def _grammar(asked: Asked) -> str:
    return quote_grammar(numbered_sentences(asked.passages), REFUSALS[language_of(asked.question)])
