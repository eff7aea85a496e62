"""The engine as the rest of lorag sees it: starts the worker when needed, and starts another when it dies."""

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lorag.adapters.fit import check_fits
from lorag.engine.api import (
    AdapterStrength,
    Finished,
    GenerateRequest,
    GenerationEvent,
    LoadedModel,
    LoadProgress,
    LoadRequest,
    QuantiseRequest,
    SpecialTokens,
)
from lorag.engine.process import WorkerProcess
from lorag.engine.protocol import (
    ENDING_EVENTS,
    JsonObject,
    event_from_json,
    quantise_to_json,
    request_to_json,
    segments_to_json,
    special_tokens_from_json,
)
from lorag.engine.wanted import FileVersion, Wanted, chat_metadata, file_version, loaded_model
from lorag.errors import AdapterError, EngineError
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.prompts.messages import Segment


class EngineClient:
    """An ``Engine`` in a process of its own; use it from one event loop and close it."""

    def __init__(self, log_path: Path, python: str = sys.executable) -> None:
        self._log_path = log_path
        self._python = python
        self._worker: WorkerProcess | None = None
        self._wanted: Wanted | None = None
        self._resident: Wanted | None = None
        """What the present worker is known to hold."""
        self._lock = asyncio.Lock()
        self._last_id = 0
        self._generating: int | None = None
        self._stopping: set[int] = set()
        self._adapter_metadata: dict[FileVersion, GgufMetadata] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def worker_pid(self) -> int | None:
        """The worker's process number while it runs."""
        return self._worker.pid if self._worker is not None and self._worker.is_alive else None

    async def load(
        self, request: LoadRequest, on_progress: Callable[[LoadProgress], None] | None = None
    ) -> LoadedModel:
        """Load a model in place of the one in memory, without adapters; the same request again changes nothing."""
        async with self._lock:
            file = file_version(request.model)
            present = self._resident
            if present is not None and self.worker_pid and (present.request, present.file) == (request, file):
                return present.loaded
            metadata = await asyncio.to_thread(chat_metadata, request.model)
            self._wanted = await self._load(request, file, metadata, on_progress)
            return self._wanted.loaded

    async def set_adapters(self, adapters: Sequence[AdapterStrength]) -> None:
        """Make these the adapters in use; an empty sequence is the plain model."""
        async with self._lock:
            wanted = self._loaded()
            strengths: dict[str, float] = {}
            for adapter in adapters:
                self._check_adapter(adapter, wanted.metadata)
                strengths[str(adapter.path)] = strengths.get(str(adapter.path), 0.0) + adapter.strength
            await self._ready()
            await self._call("set_adapters", {"adapters": strengths})
            self._wanted = self._resident = replace(self._loaded(), adapters=strengths)

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text read as plain text."""
        async with self._lock:
            await self._ready()
            counts: list[int] = await self._call("count", {"texts": list(texts)})
            return counts

    async def score(self, prompt: Sequence[Segment], continuation: str) -> list[float]:
        """Return the natural-log likelihood of each token of ``continuation`` (nats) after ``prompt``."""
        async with self._lock:
            await self._ready()
            arguments = {"prompt": segments_to_json(tuple(prompt)), "continuation": continuation}
            likelihoods: list[float] = await self._call("score", arguments)
            return likelihoods

    async def score_tokens(self, tokens: Sequence[int], first: int = 1) -> list[float]:
        """Return the natural-log likelihood of each of ``tokens[first:]`` (nats), given all before it; ``first`` ≥ 1."""
        async with self._lock:
            await self._ready()
            likelihoods: list[float] = await self._call("score_tokens", {"tokens": list(tokens), "first": first})
            return likelihoods

    async def tokenise(self, segments: Sequence[Segment], *, after: Sequence[Segment] | None = None) -> list[int]:
        """Return the tokens of a prompt as ``generate`` reads it, or of what goes on ``after`` an earlier part of it.

        A whole prompt has one begin-of-text token if the model wants one; a continuation has none of its own.
        """
        async with self._lock:
            await self._ready()
            earlier = None if after is None else segments_to_json(tuple(after))
            arguments = {"segments": segments_to_json(tuple(segments)), "after": earlier}
            tokens: list[int] = await self._call("tokenise", arguments)
            return tokens

    async def pieces(self, tokens: Sequence[int]) -> list[str]:
        """Return each token as a person reads it: control tokens as they are written, half a character as U+FFFD."""
        async with self._lock:
            await self._ready()
            texts: list[str] = await self._call("pieces", {"tokens": list(tokens)})
            return texts

    async def special_tokens(self) -> SpecialTokens:
        """Return the tokens with which the loaded model begins and ends texts and turns."""
        async with self._lock:
            await self._ready()
            return special_tokens_from_json(await self._call("special_tokens", {}))

    async def quantise(
        self, request: QuantiseRequest, on_progress: Callable[[LoadProgress], None] | None = None
    ) -> None:
        """Write a model in another number format; no model need be loaded, and the target appears when it is whole."""
        async with self._lock:
            await self._call("quantise", quantise_to_json(request), on_progress)

    async def generate(self, request: GenerateRequest) -> AsyncIterator[GenerationEvent]:
        """Yield the continuation of a prompt; ``Finished`` comes last, after a stop too."""
        await self._check_not_generating()
        command = self._generating = self._new_id()
        try:
            async with self._lock:
                worker = await self._ready()
                async for event in self._generation(worker, command, request):
                    yield event
        finally:
            self._stopping.discard(command)
            if self._generating == command:
                self._generating = None

    async def stop(self) -> None:
        """End the generation under way, in the prompt or between tokens; does nothing when there is none."""
        if self._generating is not None:
            self._stopping.add(self._generating)
            if self._worker is not None:
                self._worker.send({"id": self._generating, "command": "stop"})

    async def close(self) -> None:
        """Free the model and end the engine."""
        worker, self._worker = self._worker, None
        self._wanted = self._resident = None
        if worker is not None:
            await worker.close()

    async def _generation(
        self, worker: WorkerProcess, command: int, request: GenerateRequest
    ) -> AsyncIterator[GenerationEvent]:
        events = worker.listen(command)
        worker.send({"id": command, "command": "generate", **request_to_json(request)})
        if command in self._stopping:
            worker.send({"id": command, "command": "stop"})
        ended = False
        try:
            while not ended:
                message = await self._next_event(worker, events)
                event = event_from_json(message)
                ended = isinstance(event, Finished)
                yield event
        finally:
            # The consumer left early or was cancelled; the worker ends this before it takes up anything else.
            if not ended:
                worker.send({"id": command, "command": "stop"})
            worker.stop_listening(command)

    async def _check_not_generating(self) -> None:
        # An answer whose consumer left is closed by the event loop a few steps later.
        for _ in range(3):
            if self._generating is None:
                return
            await asyncio.sleep(0)
        if self._generating not in self._stopping:
            raise EngineError("the engine is already writing an answer; stop that one first")

    async def _ready(self) -> WorkerProcess:
        """Return a worker that holds what is wanted."""
        wanted = self._loaded()
        worker = await self._running_worker()
        if self._resident != wanted:
            await self._load(wanted.request, file_version(wanted.request.model), wanted.metadata, None)
            if wanted.adapters:
                await self._call("set_adapters", {"adapters": wanted.adapters})
            self._resident = wanted
        return worker

    async def _load(
        self,
        request: LoadRequest,
        file: FileVersion,
        metadata: GgufMetadata,
        on_progress: Callable[[LoadProgress], None] | None,
    ) -> Wanted:
        await self._running_worker()
        self._resident = None
        arguments = {
            "model": str(request.model),
            "context_tokens": request.context_tokens,
            "threads": request.threads,
            "gpu_layers": request.gpu_layers,
        }
        facts = await self._call("load", arguments, on_progress)
        self._resident = Wanted(request, file, metadata, loaded_model(metadata, facts))
        return self._resident

    async def _running_worker(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive:
            self._resident = None
            if self._worker is not None:
                await self._worker.close()
                self._worker = None
            self._worker = await WorkerProcess.start(self._python, self._log_path)
        return self._worker

    async def _call(
        self, name: str, arguments: JsonObject, on_progress: Callable[[LoadProgress], None] | None = None
    ) -> Any:
        """Send a command and return its result."""
        worker = await self._running_worker()
        command = self._new_id()
        events = worker.listen(command)
        worker.send({"id": command, "command": name, **arguments})
        try:
            while True:
                message = await self._next_event(worker, events)
                if message["event"] in ENDING_EVENTS:
                    return message["value"]
                if on_progress is not None:
                    on_progress(LoadProgress(message["fraction"]))
        except asyncio.CancelledError:
            worker.send({"id": command, "command": "stop"})
            raise
        finally:
            worker.stop_listening(command)

    async def _next_event(self, worker: WorkerProcess, events: asyncio.Queue[JsonObject | None]) -> JsonObject:
        message = await events.get()
        if message is None:
            if worker is not self._worker:
                raise EngineError("the engine was closed")
            raise await worker.death()
        if message["event"] == "error":
            raise EngineError(message["message"])
        return message

    def _check_adapter(self, adapter: AdapterStrength, model: GgufMetadata) -> None:
        if not math.isfinite(adapter.strength):
            raise AdapterError(f"{adapter.path} cannot have the strength {adapter.strength}")
        file = file_version(adapter.path)
        if file not in self._adapter_metadata:
            self._adapter_metadata[file] = read_metadata(adapter.path)
        check_fits(self._adapter_metadata[file], model)

    def _loaded(self) -> Wanted:
        if self._wanted is None:
            raise EngineError("no model is loaded")
        return self._wanted

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id
