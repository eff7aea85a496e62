"""What the client and the worker say to each other: one JSON object a line.

A command has an ``id`` and a ``command``; every event carries the id of its command. A command ends with exactly one of
``result``, ``finished`` or ``error``. ``stop`` has no id of its own: it names the command to stop and has no answer.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lorag.engine.api import (
    Finished,
    GenerateRequest,
    GenerationEvent,
    PromptProgress,
    QuantiseRequest,
    Sampling,
    SpecialTokens,
    TextDelta,
    Usage,
)
from lorag.prompts.messages import Segment

JsonObject = dict[str, Any]

ENDING_EVENTS = frozenset({"result", "finished", "error"})


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the line that carries a message; any Python string passes, lone surrogates included."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> JsonObject:
    """Return the message of a line."""
    message: JsonObject = json.loads(line)
    return message


def segments_to_json(segments: tuple[Segment, ...]) -> list[list[Any]]:
    """Return segments as JSON."""
    return [[segment.text, segment.special] for segment in segments]


def segments_from_json(segments: list[list[Any]]) -> tuple[Segment, ...]:
    """Return the segments of ``segments_to_json``."""
    return tuple(Segment(text, special) for text, special in segments)


def request_to_json(request: GenerateRequest) -> JsonObject:
    """Return a generation request as JSON."""
    sampling = request.sampling
    return {
        "prompt": segments_to_json(request.prompt),
        "sampling": {name: getattr(sampling, name) for name in Sampling.__dataclass_fields__},
        "max_tokens": request.max_tokens,
        "grammar": request.grammar,
        "citation_bias": list(request.citation_bias),
        "citing_bias": request.citing_bias,
        "stop": list(request.stop),
    }


def request_from_json(message: JsonObject) -> GenerateRequest:
    """Return the request of ``request_to_json``."""
    return GenerateRequest(
        prompt=segments_from_json(message["prompt"]),
        sampling=Sampling(**message["sampling"]),
        max_tokens=message["max_tokens"],
        grammar=message["grammar"],
        citation_bias=tuple(message["citation_bias"]),
        citing_bias=message["citing_bias"],
        stop=tuple(message["stop"]),
    )


def event_to_json(event: GenerationEvent) -> JsonObject:
    """Return a generation event as JSON."""
    match event:
        case TextDelta(text):
            return {"event": "text", "text": text}
        case PromptProgress(done, total):
            return {"event": "prompt", "done": done, "total": total}
        case Finished(reason, usage):
            numbers = {name: getattr(usage, name) for name in Usage.__dataclass_fields__}
            return {"event": "finished", "reason": reason, "usage": numbers}


def event_from_json(message: JsonObject) -> GenerationEvent:
    """Return the event of ``event_to_json``."""
    match message["event"]:
        case "text":
            return TextDelta(message["text"])
        case "prompt":
            return PromptProgress(message["done"], message["total"])
        case _:
            return Finished(message["reason"], Usage(**message["usage"]))


def special_tokens_to_json(tokens: SpecialTokens) -> JsonObject:
    """Return special tokens as JSON."""
    values = {name: getattr(tokens, name) for name in SpecialTokens.__dataclass_fields__}
    return {**values, "ends": sorted(tokens.ends)}


def special_tokens_from_json(message: JsonObject) -> SpecialTokens:
    """Return the tokens of ``special_tokens_to_json``."""
    return SpecialTokens(**{**message, "ends": frozenset(message["ends"])})


def quantise_to_json(request: QuantiseRequest) -> JsonObject:
    """Return a request to quantise as JSON."""
    return {
        "source": str(request.source),
        "target": str(request.target),
        "kind": request.kind,
        "requantise": request.requantise,
        "threads": request.threads,
    }


def quantise_from_json(message: JsonObject) -> QuantiseRequest:
    """Return the request of ``quantise_to_json``."""
    return QuantiseRequest(
        source=Path(message["source"]),
        target=Path(message["target"]),
        kind=message["kind"],
        requantise=message["requantise"],
        threads=message["threads"],
    )
