"""The engine process: ``python -m lorag.engine.worker LOGFILE``, driven by JSON lines on its standard streams."""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from lorag.engine.api import GenerationEvent, TextDelta
from lorag.engine.context import LlamaContext
from lorag.engine.llama import library
from lorag.engine.model import LlamaModel
from lorag.engine.protocol import (
    JsonObject,
    decode,
    encode,
    event_to_json,
    quantise_from_json,
    request_from_json,
    segments_from_json,
    special_tokens_to_json,
)
from lorag.engine.quantise import quantise
from lorag.engine.session import Session
from lorag.errors import EngineError, LoragError
from lorag.models.gguf import read_metadata
from lorag.models.memory import available_memory_bytes, choose_context_tokens, chosen_threads

_FLUSH_SECONDS: Final = 0.015
"""Text goes out at most this often: nobody sees more than 60 pictures a second, and each line costs both processes."""
_CPU_STEP_TOKENS: Final = 128
"""How much of a prompt is read between two reports of progress; on a CPU larger steps are no faster."""
_GPU_STEP_TOKENS: Final = 512
_PROGRESS_SECONDS: Final = 0.03
_LOG_LIMIT_BYTES: Final = 1_000_000


class Inbox:
    """Reads commands on a thread of its own, so that a stop is seen while llama.cpp works."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._commands: queue.SimpleQueue[JsonObject] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> JsonObject:
        """Wait for the next command."""
        return self._commands.get()

    def is_stopped(self, command: int) -> bool:
        """Return whether a command is to end early."""
        return command in self._stopped

    def _read(self) -> None:
        for line in self._stream:
            message = decode(line)
            if message["command"] == "stop":
                self._stopped.add(message["id"])
            elif message["command"] == "close":
                break
            else:
                self._commands.put(message)
        # The other side is gone or wants us gone: leave at once, even from the middle of a computation.
        os._exit(0)


class Worker:
    """Carries out commands, one after the other."""

    def __init__(self, inbox: Inbox, outbox: BinaryIO) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._session: Session | None = None
        self._handlers: dict[str, Callable[[JsonObject], Any]] = {
            "load": self._load,
            "set_adapters": self._set_adapters,
            "count": self._count,
            "generate": self._generate,
            "score": self._score,
            "score_tokens": self._score_tokens,
            "tokenise": self._tokenise,
            "pieces": self._pieces,
            "special_tokens": self._special_tokens,
            "quantise": self._quantise,
        }

    def run(self) -> None:
        """Work until the process ends."""
        self._send(0, {"event": "ready"})
        while True:
            command = self._inbox.next()
            try:
                result = self._handlers[command["command"]](command)
                if command["command"] != "generate":
                    self._send(command["id"], {"event": "result", "value": result})
            except LoragError as error:
                self._send(command["id"], {"event": "error", "message": str(error)})

    def _load(self, command: JsonObject) -> JsonObject:
        if self._session is not None:
            self._session.close()
            self._session = None
        path = Path(command["model"])
        metadata = read_metadata(path)
        context_tokens = choose_context_tokens(metadata, command["context_tokens"], available_memory_bytes())
        template = metadata.text("tokenizer.chat_template")
        step = _GPU_STEP_TOKENS if command["gpu_layers"] else _CPU_STEP_TOKENS
        model = LlamaModel(path, command["gpu_layers"], template, self._load_progress(command["id"]))
        try:
            context = LlamaContext(model, context_tokens, chosen_threads(command["threads"]), step)
        except EngineError:
            model.close()
            raise
        self._session = Session(model, context, step)
        return {
            "context_tokens": min(context.tokens, context_tokens),
            "parameters": model.parameters,
            "size_bytes": model.size_bytes,
            "bos_token": model.vocabulary.bos_text,
            "eos_token": model.vocabulary.eos_text,
        }

    def _load_progress(self, command: int) -> Callable[[float], bool]:
        sent_at = 0.0

        def report(fraction: float) -> bool:
            nonlocal sent_at
            now = time.monotonic()
            if fraction >= 1 or now - sent_at >= _PROGRESS_SECONDS:
                sent_at = now
                self._send(command, {"event": "load", "fraction": fraction})
            return not self._inbox.is_stopped(command)

        return report

    def _set_adapters(self, command: JsonObject) -> None:
        self._loaded().set_adapters(command["adapters"])

    def _count(self, command: JsonObject) -> list[int]:
        tokeniser = self._loaded().tokeniser
        return [tokeniser.count(text) for text in command["texts"]]

    def _score(self, command: JsonObject) -> list[float]:
        prompt = segments_from_json(command["prompt"])
        return self._loaded().score(prompt, command["continuation"], self._stop_check(command))

    def _score_tokens(self, command: JsonObject) -> list[float]:
        return self._loaded().score_tokens(command["tokens"], command["first"], self._stop_check(command))

    def _tokenise(self, command: JsonObject) -> list[int]:
        tokeniser, segments = self._loaded().tokeniser, segments_from_json(command["segments"])
        if command["after"] is None:
            return tokeniser.prompt(segments)
        return tokeniser.following(segments_from_json(command["after"]), segments)

    def _pieces(self, command: JsonObject) -> list[str]:
        return self._loaded().pieces(command["tokens"])

    def _special_tokens(self, _: JsonObject) -> JsonObject:
        return special_tokens_to_json(self._loaded().model.vocabulary.special_tokens)

    def _quantise(self, command: JsonObject) -> None:
        quantise(quantise_from_json(command), self._load_progress(command["id"]))

    def _generate(self, command: JsonObject) -> None:
        events = self._loaded().generate(request_from_json(command), self._stop_check(command))
        held: list[str] = []
        sent_at = 0.0
        for event in events:
            now = time.monotonic()
            if isinstance(event, TextDelta):
                held.append(event.text)
                if now - sent_at < _FLUSH_SECONDS:
                    continue
            self._send_text(command["id"], held)
            if not isinstance(event, TextDelta):
                self._send_event(command["id"], event)
            sent_at = now

    def _send_text(self, command: int, held: list[str]) -> None:
        if held:
            self._send_event(command, TextDelta("".join(held)))
            held.clear()

    def _send_event(self, command: int, event: GenerationEvent) -> None:
        self._send(command, event_to_json(event))

    def _stop_check(self, command: JsonObject) -> Callable[[], bool]:
        number = command["id"]
        return lambda: self._inbox.is_stopped(number)

    def _loaded(self) -> Session:
        if self._session is None:
            raise EngineError("no model is loaded")
        return self._session

    def _send(self, command: int, message: JsonObject) -> None:
        self._outbox.write(encode({"id": command, **message}))
        self._outbox.flush()


def main() -> None:
    """Run the engine process until its parent closes the pipe."""
    # Ctrl-C in the terminal is for the parent, which then sends a stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outbox = os.fdopen(os.dup(1), "wb")
    _send_output_to(Path(sys.argv[1]))
    inbox = Inbox(sys.stdin.buffer)
    library()
    Worker(inbox, outbox).run()


def _send_output_to(log: Path) -> None:
    """Point file descriptors 1 and 2 at the log: llama.cpp and its libraries print there."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        flags |= os.O_TRUNC
    file = os.open(log, flags, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    main()
