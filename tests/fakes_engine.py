"""An engine that needs no model: it says what a test tells it to say, token by token, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lorag.engine.api import (
    AdapterStrength,
    Finished,
    GenerateRequest,
    GenerationEvent,
    LoadedModel,
    LoadProgress,
    LoadRequest,
    PromptProgress,
    TextDelta,
    Usage,
)
from lorag.errors import EngineDiedError
from lorag.prompts.messages import Segment


@dataclass
class FakeEngine:
    """Implements ``lorag.engine.api.Engine``; a token is a character, so budgets are easy to reason about."""

    answers: list[str] = field(default_factory=lambda: ["Hello."])
    """Given in order; the last one again and again."""
    context_tokens: int = 4096
    quote_by_default: bool = False
    piece: int = 1
    """Characters that arrive together."""
    dies_after: int | None = None
    """Characters of the answer after which the engine process is gone, once."""
    hold_after: int | None = None
    """Characters of the answer after which it goes on only when stopped."""
    requests: list[GenerateRequest] = field(default_factory=list)
    adapters: list[AdapterStrength] = field(default_factory=list)
    loads: list[LoadRequest] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the answer has come to ``hold_after``."""
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _released: bool = False

    def release(self) -> None:
        """Let a held answer go on to its end, and hold no other."""
        self.hold_after = None
        self._released = True
        self._stopped.set()

    @property
    def prompt(self) -> str:
        """The text of the last prompt."""
        return "".join(segment.text for segment in self.requests[-1].prompt)

    async def load(
        self, request: LoadRequest, on_progress: Callable[[LoadProgress], None] | None = None
    ) -> LoadedModel:
        if self.loads[-1:] != [request]:
            self.loads.append(request)
        if on_progress:
            on_progress(LoadProgress(1.0))
        return LoadedModel(
            path=Path(request.model),
            name="fake",
            architecture="llama",
            context_tokens=self.context_tokens,
            trained_context_tokens=self.context_tokens,
            parameters=1,
            size_bytes=1,
            chat_template=None,
            bos_token="",
            eos_token="<|im_end|>",
            quote_by_default=self.quote_by_default,
        )

    async def set_adapters(self, adapters: Sequence[AdapterStrength]) -> None:
        self.adapters = list(adapters)

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def generate(self, request: GenerateRequest) -> AsyncIterator[GenerationEvent]:
        self.requests.append(request)
        self._stopped.clear()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        yield PromptProgress(1, 1)
        said = answer[: request.max_tokens]
        for index in range(0, len(said), self.piece):
            if index == self.dies_after:
                self.dies_after = None
                raise EngineDiedError("the engine process ended (exit code 1). Its log: engine.log")
            if index == self.hold_after:
                self.held.set()
                await self._stopped.wait()
                if self._released:
                    self._released = False
                    self._stopped.clear()
            if self._stopped.is_set():
                yield Finished("stopped", self._usage(request, index))
                return
            await asyncio.sleep(0)
            yield TextDelta(said[index : index + self.piece])
        reason = "length" if len(answer) > request.max_tokens else "end"
        yield Finished(reason, self._usage(request, len(answer)))  # type: ignore[arg-type]

    def _usage(self, request: GenerateRequest, answer_tokens: int) -> Usage:
        return Usage(sum(len(segment.text) for segment in request.prompt), 0, answer_tokens, 0.001, 0.001)

    async def stop(self) -> None:
        self._stopped.set()

    async def score(self, prompt: Sequence[Segment], continuation: str) -> list[float]:
        return [-1.0] * len(continuation)

    async def close(self) -> None:
        await self.stop()
