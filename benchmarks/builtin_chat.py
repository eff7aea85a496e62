"""The built-in chat model through llama.cpp: which sentence it chooses, in whose words, and whether it ends its turn."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.recipe import Example, ExampleBuilder, Shape
from lorag.engine.api import Engine, Finished, GenerateRequest, LoadedModel, Sampling, TextDelta, Usage
from lorag.prompts.grounded import REFUSALS
from lorag.prompts.messages import Message
from lorag.prompts.quote import quote_grammar
from lorag.prompts.template import render

KINDS: Final = {"English": ("qa.en",), "Korean": ("qa.ko",), "across languages": ("parallel", "cross")}
PASSAGES: Final = (1, 3, 6)
_LINE: Final = re.compile(r"\[(\d+)\] (.*)")
_MOST_TOKENS: Final = 400


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said."""

    text: str
    ended: bool
    """Whether it ended its turn by itself."""
    usage: Usage

    @property
    def numbers(self) -> list[int]:
        """The sentences that it names, in order."""
        return [int(match[1]) for match in map(_LINE.match, self.text.splitlines()) if match]

    def verbatim(self, sentences: Sequence[str]) -> bool:
        """Return whether every line is ``[n]`` and the words of sentence ``n``."""
        lines = [_LINE.fullmatch(line) for line in self.text.splitlines()]
        return bool(lines) and all(
            line is not None and 0 < int(line[1]) <= len(sentences) and sentences[int(line[1]) - 1] == line[2]
            for line in lines
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """One question and what came of it, without and with the grammar."""

    example: Example
    free: Reply
    quoted: Reply

    @property
    def refused(self) -> bool:
        """Whether the answer under the grammar is the refusal."""
        return self.quoted.text.strip() == REFUSALS[self.example.language]

    @property
    def right(self) -> bool:
        """Whether a sentence quoted under the grammar answers."""
        return any(number in self.example.targets for number in self.quoted.numbers)

    @property
    def right_first(self) -> bool:
        """Whether the first number of the unconstrained answer is right."""
        return self.free.numbers[:1] != [] and self.free.numbers[0] in self.example.targets

    @property
    def place(self) -> float:
        """Where the right sentence stands among the sentences, from 0 to 1."""
        return (self.example.targets[0] - 1) / max(1, len(self.example.sentences) - 1)


async def reply(engine: Engine, model: LoadedModel, messages: Sequence[Message], grammar: str | None) -> Reply:
    """Return the model's likeliest answer."""
    prompt = render(
        messages,
        template=model.chat_template,
        bos_token=model.bos_token,
        eos_token=model.eos_token,
        add_generation_prompt=True,
    )
    sampling = Sampling(temperature=0.0, repeat_penalty=1.0, seed=1)
    request = GenerateRequest(prompt, sampling, max_tokens=_MOST_TOKENS, grammar=grammar)
    parts, finished = [], None
    async for event in engine.generate(request):
        if isinstance(event, TextDelta):
            parts.append(event.text)
        elif isinstance(event, Finished):
            finished = event
    if finished is None:
        raise RuntimeError("the engine ended without saying so")
    return Reply("".join(parts), finished.reason == "end", finished.usage)


async def trials(engine: Engine, model: LoadedModel, examples: Sequence[Example]) -> list[Trial]:
    """Ask every example's question, without and with the grammar."""
    done = []
    for example in examples:
        messages = [Message(role, text) for role, text in example.messages[:-1]]  # type: ignore[arg-type]
        grammar = quote_grammar(example.sentences, REFUSALS[example.language])
        free = await reply(engine, model, messages, None)
        done.append(Trial(example, free, await reply(engine, model, messages, grammar)))
    return done


def questions(builder: ExampleBuilder, kind: str, passages: int, count: int, *, answerable: bool) -> list[Example]:
    """Return the same examples at every call: ``count`` of them, with or without the passage that answers."""
    shape = Shape((passages,), (2, 4), 0.0 if answerable else 1.0, 0.5)
    rng = random.Random(f"{kind} {passages} {answerable}")
    kinds = KINDS[kind]
    return [builder.build(kinds[index % len(kinds)], shape, rng) for index in range(count)]


def conversations(builder: ExampleBuilder, count: int) -> list[Example]:
    """Return small talk and questions behind earlier turns."""
    rng = random.Random("turn-taking")
    shape = Shape((1, 2, 3), (2, 4), 0.15, 0.5)
    return [builder.build(("talk", "conversation")[index % 2], shape, rng) for index in range(count)]
