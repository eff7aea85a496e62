"""What lorag can see for itself: the examples, the documents, and what either way would cost here."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np

from lorag.commands.indexing import limits_from
from lorag.commands.searching import LibrarySearch
from lorag.errors import LibraryError, ModelError
from lorag.evaluation.advice_facts import CostFacts, Known, LibraryFacts, Told
from lorag.evaluation.plain_text import normalised
from lorag.evaluation.style import StyleFacts, facts_in, style_facts
from lorag.library.database import Database
from lorag.library.documents import list_documents
from lorag.models.find import find_model
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.models.memory import available_memory_bytes, trained_context_tokens
from lorag.settings import Settings
from lorag.tuning.cleaning import clean
from lorag.tuning.estimate import ModelSize, estimate
from lorag.tuning.examples import Example
from lorag.tuning.options import TrainOptions
from lorag.tuning.personal import personal_data
from lorag.tuning.planning import make_plan
from lorag.tuning.read import ReadOptions, read_examples

_DAY: Final = 86_400
_LATELY_DAYS: Final = 90
_MOST_SEARCHED: Final = 40
_CHARACTERS_A_TOKEN: Final = 3.0
_TRAINED_SHARE: Final = 0.02
"""Of the weights, with a LoRA of rank 16 on every linear layer of a small model."""
_REACHED: Final = 0.3
"""Share of a plain matrix product's speed that training and reading prompts reach."""


def look(settings: Settings, told: Told, data: Sequence[Path], *, use_library: bool) -> Known:
    """Read the examples, search the library for their facts, and measure how fast this machine computes.

    Raises:
        DatasetError: The examples cannot be read.
    """
    examples: tuple[Example, ...] = ()
    if data:
        examples = clean(read_examples(data, ReadOptions(), limits_from(settings)).examples).examples
    spoken = [example for example in examples if example.messages]
    style = style_facts([example.answer for example in spoken]) if spoken else None
    personal = sum(any(personal_data(f"{example.question}\n{example.answer}")) for example in spoken)
    library = _library(settings, spoken) if use_library else None
    return Known(told, style, personal, library, _cost(settings, spoken, style))


def _library(settings: Settings, examples: Sequence[Example]) -> LibraryFacts | None:
    if not settings.paths.library.is_file():
        return None
    lately = (time.time() - _LATELY_DAYS * _DAY) * 1e9
    with Database.open(settings.paths.library, read_only=True) as database:
        documents = list(list_documents(database))
    if not documents:
        return None
    return LibraryFacts(
        documents=len(documents),
        bytes=sum(document.size for document in documents),
        changed_lately=fmean(float(document.mtime_ns >= lately) for document in documents),
        answers_found=_answers_found(settings, examples) if examples else None,
    )


def _answers_found(settings: Settings, examples: Sequence[Example]) -> float:
    """Return the share of answers whose facts (or, without any, most of whose words) stand in what a search finds."""
    search = LibrarySearch(settings)
    step = max(1, len(examples) // _MOST_SEARCHED)
    try:
        return fmean(
            float(_stands(example.answer, [passage.text for passage in search.search(example.question).passages]))
            for example in examples[::step][:_MOST_SEARCHED]
        )
    except LibraryError:
        return 0.0
    finally:
        search.close()


def _stands(answer: str, passages: Sequence[str]) -> bool:
    text = normalised(" ".join(passages)).replace(" ", "")
    facts = [normalised(fact).replace(" ", "") for fact in facts_in(answer)]
    facts = [fact for fact in facts if fact]
    if facts:
        return sum(fact in text for fact in facts) * 2 >= len(facts)
    words = [word for word in normalised(answer).split() if len(word) > 1]
    return bool(words) and sum(word in text for word in words) * 5 >= len(words) * 3


def _cost(settings: Settings, examples: Sequence[Example], style: StyleFacts | None) -> CostFacts:
    passage_tokens = settings.passages * settings.chunk_tokens
    free = available_memory_bytes() / 1e9
    try:
        model = read_metadata(find_model(settings.model, settings.models_folder))
    except ModelError:
        return CostFacts(None, None, free, passage_tokens, None)
    passage_tokens = min(passage_tokens, trained_context_tokens(model))
    speed = _operations_per_second() * _REACHED
    rag_seconds = 2 * model.parameters * passage_tokens / speed
    if style is None:
        return CostFacts(None, None, free, passage_tokens, rag_seconds)
    lengths = [_tokens(example) for example in examples]
    plan = make_plan(
        TrainOptions(),
        rows=len(examples),
        longest=max(lengths),
        parameters=model.parameters,
        layers=model.of_architecture("block_count"),
    )
    memory = estimate(_size(model), plan, trained_share=0.5, step_seconds=None, steps=1).memory
    # Forward 2, backward to activations 2, and to the few trained weights: about 4 operations a weight and token.
    seconds = 4 * model.parameters * sum(lengths) * plan.epochs / speed
    return CostFacts(seconds / 60, memory / 1e9, free, passage_tokens, rag_seconds)


def _tokens(example: Example) -> int:
    return round(sum(len(message.content) for message in example.messages) / _CHARACTERS_A_TOKEN) + 16


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


def _operations_per_second() -> float:
    """Return how many operations of a matrix product this machine does in a second, all cores together."""
    side = 512
    matrix = np.ones((side, side), dtype=np.float32)
    matrix @ matrix  # the first one pays for starting threads
    started, rounds = time.perf_counter(), 0
    while time.perf_counter() - started < 0.1:
        matrix @ matrix
        rounds += 1
    return 2 * side**3 * rounds / (time.perf_counter() - started)
