"""The engine seam: what the rest of lorag may ask of a language model."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from lorag.prompts.messages import Segment


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """Which model to load and how."""

    model: Path
    context_tokens: int = 0
    """0 chooses from the model's limit and free memory."""
    threads: int = 0
    """0 uses every physical core."""
    gpu_layers: int = 0
    """How many layers to put on a GPU; -1 is all."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What is known of the model in memory."""

    path: Path
    name: str
    architecture: str
    context_tokens: int
    """The context in use."""
    trained_context_tokens: int
    parameters: int
    size_bytes: int
    chat_template: str | None
    """The Jinja template in the file, if it has one."""
    bos_token: str
    eos_token: str
    quote_by_default: bool
    """Whether strict quote mode is this model's default (``lorag.quote`` in its metadata)."""


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """The tokens with which a model begins and ends texts and turns."""

    bos: int | None
    """Begins a text; None when the vocabulary has no such token."""
    adds_bos: bool
    """Whether every prompt starts with it."""
    eos: int | None
    """Ends a text."""
    eot: int | None
    """Ends a turn, where that is another token than the end of the text."""
    ends: frozenset[int]
    """Every token at which an answer ends; an answer in training data must end with one of them."""
    vocabulary_size: int


@dataclass(frozen=True, slots=True)
class QuantiseRequest:
    """A model file to be written in another number format."""

    source: Path
    target: Path
    kind: Literal["F32", "F16", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"]
    requantise: bool = False
    """Whether a source that is quantised already may be quantised again, which costs quality."""
    threads: int = 0
    """0 uses every physical core."""


@dataclass(frozen=True, slots=True)
class AdapterStrength:
    """An adapter to apply."""

    path: Path
    """The LoRA GGUF file."""
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn."""

    temperature: float = 0.3
    """0 is greedy."""
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.1
    seed: int = -1
    """-1 draws a new seed for every answer."""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A prompt and how to continue it."""

    prompt: tuple[Segment, ...]
    sampling: Sampling
    max_tokens: int
    grammar: str | None = None
    """A GBNF grammar with the rule ``root``."""
    stop: tuple[str, ...] = ()
    citation_bias: tuple[float, ...] = ()
    """Nats to add to the logit of the number ``i + 1`` where the grammar lets a line cite with ``[``."""
    citing_bias: float = 0.0
    """Nats to add to the logit of ``[`` where the grammar lets an answer begin with it: to citing at all."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost."""

    prompt_tokens: int
    reused_tokens: int
    """How many of the prompt's tokens were still in the KV cache."""
    answer_tokens: int
    prompt_seconds: float
    answer_seconds: float


def together(usages: Sequence[Usage]) -> Usage | None:
    """Return what several generations cost in all, with the longest of their prompts: that is what the context held."""
    if not usages:
        return None
    longest = max(usages, key=lambda usage: usage.prompt_tokens)
    return Usage(
        prompt_tokens=longest.prompt_tokens,
        reused_tokens=longest.reused_tokens,
        answer_tokens=sum(usage.answer_tokens for usage in usages),
        prompt_seconds=sum(usage.prompt_seconds for usage in usages),
        answer_seconds=sum(usage.answer_seconds for usage in usages),
    )


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """A part of the model has been read."""

    fraction: float


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """A part of the prompt has been read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The answer goes on with this text; never a part of a character."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer has ended; always the last event."""

    reason: Literal["end", "length", "stopped"]
    usage: Usage


GenerationEvent = PromptProgress | TextDelta | Finished


class Engine(Protocol):
    """A language model; one generation at a time. Every method raises an ``EngineError`` when llama.cpp fails."""

    async def load(
        self, request: LoadRequest, on_progress: Callable[[LoadProgress], None] | None = None
    ) -> LoadedModel:
        """Load a model in place of the one in memory; the same request again costs nothing."""
        ...

    async def set_adapters(self, adapters: Sequence[AdapterStrength]) -> None:
        """Make these the adapters in use; an empty sequence is the plain model."""
        ...

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text read as plain text."""
        ...

    def generate(self, request: GenerateRequest) -> AsyncIterator[GenerationEvent]:
        """Yield the continuation of a prompt; ``Finished`` comes last, after a stop too."""
        ...

    async def stop(self) -> None:
        """End the generation under way, in the prompt or between tokens; does nothing when there is none."""
        ...

    async def score(self, prompt: Sequence[Segment], continuation: str) -> list[float]:
        """Return the natural-log likelihood of each token of ``continuation`` (nats) after ``prompt``."""
        ...

    async def close(self) -> None:
        """Free the model and end the engine."""
        ...
