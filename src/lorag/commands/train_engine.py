"""The engine as training needs it: the chat's own rendering and tokens, also from the threads that work on data."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from lorag.commands.session import load_request
from lorag.engine.api import AdapterStrength, LoadedModel, LoadRequest, SpecialTokens
from lorag.engine.client import EngineClient
from lorag.prompts.language import language_of
from lorag.prompts.messages import Message, Segment
from lorag.prompts.system import system_prompt
from lorag.prompts.template import render
from lorag.settings import Settings
from lorag.tuning.encode import Encoder
from lorag.tuning.examples import Example


class TrainEngine:
    """The base in llama.cpp."""

    def __init__(self, client: EngineClient, request: LoadRequest, model: LoadedModel, special: SpecialTokens) -> None:
        self.client = client
        self.request = request
        self.model = model
        self.special = special
        self._loop = asyncio.get_running_loop()

    async def use_base(self) -> None:
        """Run the base alone."""
        await self.client.load(self.request)
        await self.client.set_adapters([])

    async def use_adapter(self, path: Path) -> None:
        """Run the base with an adapter."""
        await self.client.load(self.request)
        await self.client.set_adapters([AdapterStrength(path)])

    async def use_model(self, path: Path) -> None:
        """Run another model in place of the base."""
        await self.client.load(replace(self.request, model=path))

    def encoder(self) -> Encoder:
        """Return the encoder of training rows; use it from another thread than the event loop's."""
        return Encoder(self.render, self._tokenise, self.special.ends, self._bos())

    def render(self, messages: Sequence[Message], add_generation_prompt: bool) -> tuple[Segment, ...]:
        """Render a conversation as the chat does."""
        return render(
            messages,
            template=self.model.chat_template,
            bos_token=self.model.bos_token,
            eos_token=self.model.eos_token,
            add_generation_prompt=add_generation_prompt,
        )

    def with_chat_system(self, example: Example) -> Example:
        """Return a conversation with the system prompt that the chat puts before it, unless it has its own."""
        if not example.messages or example.messages[0].role == "system" or self.model.quote_by_default:
            return example
        system = Message("system", system_prompt(language_of(example.messages[0].content), "plain"))
        return replace(example, messages=(system, *example.messages))

    def _tokenise(self, segments: Sequence[Segment], after: Sequence[Segment] | None = None) -> list[int]:
        future = asyncio.run_coroutine_threadsafe(self.client.tokenise(segments, after=after), self._loop)
        return future.result()

    def _bos(self) -> int | None:
        return self.special.bos if self.special.adds_bos else None


@asynccontextmanager
async def open_engine(settings: Settings, base: Path, log: Path | None = None) -> AsyncGenerator[TrainEngine]:
    """Load the base in an engine of its own; a run has its own log, because another run may go on beside it."""
    client = EngineClient(log or settings.paths.logs / "train-engine.log")
    try:
        request = replace(load_request(settings.model_copy(update={"model": str(base)})), model=base)
        model = await client.load(request)
        yield TrainEngine(client, request, model, await client.special_tokens())
    finally:
        await client.close()
