"""The engine for code that runs from top to bottom: training and evaluation call it without an event loop of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from lorag.engine.api import (
    AdapterStrength,
    Finished,
    GenerateRequest,
    LoadedModel,
    LoadProgress,
    LoadRequest,
    QuantiseRequest,
    SpecialTokens,
    TextDelta,
)
from lorag.engine.client import EngineClient
from lorag.errors import EngineError
from lorag.prompts.messages import Segment

Result = TypeVar("Result")


class BlockingEngine:
    """An ``EngineClient`` whose methods return when the work is done; use it in a ``with`` statement."""

    def __init__(self, log_path: Path) -> None:
        self._runner = asyncio.Runner()
        self._client = EngineClient(log_path)

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def load(self, request: LoadRequest, on_progress: Callable[[LoadProgress], None] | None = None) -> LoadedModel:
        """Load a model in place of the one in memory, without adapters."""
        return self._run(self._client.load(request, on_progress))

    def set_adapters(self, adapters: Sequence[AdapterStrength]) -> None:
        """Make these the adapters in use; an empty sequence is the plain model."""
        self._run(self._client.set_adapters(adapters))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text read as plain text."""
        return self._run(self._client.count_tokens(texts))

    def tokenise(self, segments: Sequence[Segment], *, after: Sequence[Segment] | None = None) -> list[int]:
        """Return the tokens of a prompt, or of what goes on ``after`` an earlier part of it."""
        return self._run(self._client.tokenise(segments, after=after))

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """Return each token as a person reads it."""
        return self._run(self._client.pieces(tokens))

    def special_tokens(self) -> SpecialTokens:
        """Return the tokens with which the loaded model begins and ends texts and turns."""
        return self._run(self._client.special_tokens())

    def score(self, prompt: Sequence[Segment], continuation: str) -> list[float]:
        """Return the natural-log likelihood of each token of ``continuation`` (nats) after ``prompt``."""
        return self._run(self._client.score(prompt, continuation))

    def score_tokens(self, tokens: Sequence[int], first: int = 1) -> list[float]:
        """Return the natural-log likelihood of each of ``tokens[first:]`` (nats), given all before it."""
        return self._run(self._client.score_tokens(tokens, first))

    def answer(self, request: GenerateRequest) -> tuple[str, Finished]:
        """Return the whole continuation of a prompt, how it ended and what it cost."""
        return self._run(_collected(self._client.generate(request)))

    def quantise(self, request: QuantiseRequest, on_progress: Callable[[LoadProgress], None] | None = None) -> None:
        """Write a model in another number format; no model need be loaded."""
        self._run(self._client.quantise(request, on_progress))

    def close(self) -> None:
        """Free the model and end the engine."""
        try:
            self._run(self._client.close())
        finally:
            self._runner.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)


async def _collected(events: AsyncIterator[Any]) -> tuple[str, Finished]:
    text: list[str] = []
    async for event in events:
        if isinstance(event, TextDelta):
            text.append(event.text)
        elif isinstance(event, Finished):
            return "".join(text), event
    raise EngineError("the answer has no end")
