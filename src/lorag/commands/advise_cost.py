"""What either way would cost on this machine: memory and minutes of a training, seconds that passages add."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from lorag.commands.session import load_request
from lorag.engine.api import GenerateRequest, Sampling
from lorag.engine.blocking import BlockingEngine
from lorag.errors import EngineError, ModelError
from lorag.evaluation.advice_facts import CostFacts
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.models.memory import available_memory_bytes, trained_context_tokens
from lorag.prompts.messages import Segment
from lorag.settings import Settings
from lorag.tuning.estimate import ModelSize, estimate
from lorag.tuning.examples import Example
from lorag.tuning.options import TrainOptions
from lorag.tuning.planning import make_plan

_TEMPLATE_TOKENS: Final = 16
"""What the chat template adds to an example."""
_TRAINED_SHARE: Final = 0.02
"""Of the weights, with a LoRA of rank 16 on every linear layer of a small model."""
_LEARNED_FROM: Final = 0.7
"""Share of the examples that lorag train learns from; the others validate and test."""
_TRAINING_OVER_READING: Final = 4
"""How many times as long a token takes to be learned as to be read: forward once, and twice as much backward, uncompressed."""
_TIMED: Final = 5
_READ_WORDS: Final = 120
_LONG_SECONDS: Final = 3.0
"""A reading that takes so long is steady, and need not be repeated."""


def cost_facts(settings: Settings, examples: Sequence[Example]) -> CostFacts:
    """Measure how fast the chat model reads a prompt here, and estimate from that."""
    free = available_memory_bytes() / 1e9
    passage_tokens = settings.passages * settings.chunk_tokens
    try:
        model = read_metadata(load_request(settings).model)
    except ModelError:
        return CostFacts(None, None, free, passage_tokens, None)
    passage_tokens = min(passage_tokens, trained_context_tokens(model))
    try:
        with BlockingEngine(settings.paths.logs / "engine.log") as engine:
            engine.load(load_request(settings))
            seconds = _seconds_a_token(engine)
            lengths = [count + _TEMPLATE_TOKENS for count in engine.count_tokens([_text(each) for each in examples])]
    except (EngineError, ModelError):
        return CostFacts(None, None, free, passage_tokens, None)
    if not lengths:
        return CostFacts(None, None, free, passage_tokens, seconds * passage_tokens)
    minutes, gigabytes = _training(model, lengths, seconds)
    return CostFacts(minutes, gigabytes, free, passage_tokens, seconds * passage_tokens)


def _text(example: Example) -> str:
    return "\n".join(message.content for message in example.messages)


def _training(model: GgufMetadata, lengths: Sequence[int], seconds_a_token: float) -> tuple[float, float]:
    """Return the minutes and the gigabytes of a training with lorag's defaults."""
    rows = max(1, round(len(lengths) * _LEARNED_FROM))
    plan = make_plan(
        TrainOptions(),
        rows=rows,
        longest=max(lengths),
        parameters=model.parameters,
        layers=model.of_architecture("block_count"),
    )
    memory = estimate(_size(model), plan, trained_share=0.5, step_seconds=None, steps=1).memory
    learned = sum(lengths) / len(lengths) * rows * plan.epochs
    return learned * seconds_a_token * _TRAINING_OVER_READING / 60, memory / 1e9


def _size(model: GgufMetadata) -> ModelSize:
    embedding = model.tensors.get("token_embd.weight")
    return ModelSize(
        total_parameters=model.parameters,
        trained_parameters=round(model.parameters * _TRAINED_SHARE),
        layers=model.of_architecture("block_count"),
        hidden=model.of_architecture("embedding_length"),
        feed_forward=model.of_architecture("feed_forward_length"),
        vocabulary=embedding.shape[-1] if embedding else 0,
        weight_bytes=4,
    )


def _seconds_a_token(engine: BlockingEngine) -> float:
    """Return how long the loaded model takes to read one token of a prompt."""
    measured: list[float] = []
    for number in range(_TIMED + 1):
        # Another beginning each time, or the engine would remember the prompt.
        words = " ".join(f"{number * _READ_WORDS + word}" for word in range(_READ_WORDS))
        request = GenerateRequest((Segment(words, special=False),), Sampling(temperature=0), max_tokens=1)
        usage = engine.answer(request)[1].usage
        measured.append(usage.prompt_seconds / max(1, usage.prompt_tokens - usage.reused_tokens))
        if usage.prompt_seconds > _LONG_SECONDS:
            break
    # The first one pays for warming up.
    return median(measured[1:] or measured)
