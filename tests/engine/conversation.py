"""What the engine's tests ask of it."""

import asyncio
from collections.abc import Sequence

from lorag.engine.api import Finished, GenerateRequest, GenerationEvent, Sampling, TextDelta
from lorag.engine.client import EngineClient
from lorag.prompts.messages import Segment

GREEDY = Sampling(temperature=0, repeat_penalty=1.0)
ENDLESS = 100_000
"""More tokens than any context here has room for."""


def prompt(text: str) -> tuple[Segment, ...]:
    return (
        Segment("<|im_start|>user\n", special=True),
        Segment(text, special=False),
        Segment("<|im_end|>\n<|im_start|>assistant\n", special=True),
    )


def request(
    text: str = "Hello",
    *,
    max_tokens: int = 24,
    sampling: Sampling = GREEDY,
    grammar: str | None = None,
    stop: tuple[str, ...] = (),
) -> GenerateRequest:
    return GenerateRequest(prompt(text), sampling, max_tokens, grammar, stop)


async def events_of(engine: EngineClient, asked: GenerateRequest) -> list[GenerationEvent]:
    async with asyncio.timeout(30):
        return [event async for event in engine.generate(asked)]


async def answer(engine: EngineClient, asked: GenerateRequest) -> tuple[str, Finished]:
    events = await events_of(engine, asked)
    finished = events[-1]
    assert isinstance(finished, Finished)
    return joined(events), finished


def joined(events: Sequence[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))
