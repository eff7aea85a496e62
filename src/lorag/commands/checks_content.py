"""Checks of what lorag works with: models, adapters, the embedder, the library."""

import contextlib
import time
from importlib.util import find_spec
from typing import Final

from lorag.adapters.fit import check_fits
from lorag.adapters.folder import find_adapter, list_adapters
from lorag.commands.findings import Found
from lorag.commands.session import load_request
from lorag.commands.terminal import shown_size
from lorag.engine.api import GenerateRequest, Sampling
from lorag.engine.blocking import BlockingEngine
from lorag.errors import EmbedderError, LoragError, ModelError
from lorag.library.database import Database
from lorag.library.documents import count_states
from lorag.library.vectors import vector_index_problems
from lorag.models.check import check_chat_model
from lorag.models.find import find_model, list_models
from lorag.models.gguf import read_metadata
from lorag.models.memory import (
    available_memory_bytes,
    choose_context_tokens,
    memory_needed_bytes,
    trained_context_tokens,
)
from lorag.prompts.messages import Segment
from lorag.retrieval.embedders import Embedder, open_embedder
from lorag.retrieval.health import HealthCheck
from lorag.retrieval.splitters import make_splitter
from lorag.settings import Settings

_TRAINING_PACKAGES: Final = ("torch", "transformers", "peft", "accelerate", "gguf")
_PROBE_TOKENS: Final = 16


def model(settings: Settings) -> Found:
    """Look at the chosen model's file, and whether it fits into memory."""
    path = find_model(settings.model, settings.models_folder)
    metadata = read_metadata(path)
    check_chat_model(metadata)
    available = available_memory_bytes()
    context = choose_context_tokens(metadata, settings.context_tokens, available)
    needed = memory_needed_bytes(metadata, context)
    detail = (
        f"{metadata.name} ({path}), {shown_size(metadata.size_bytes)}, {context:,} of "
        f"{trained_context_tokens(metadata):,} tokens of context, takes about {shown_size(needed)} of memory"
    )
    if needed > available:
        yield "note", f"{detail}; only {shown_size(available)} are free", "choose a smaller one: lorag models"
    else:
        yield "ok", detail, ""
    if not metadata.text("tokenizer.chat_template"):
        yield "note", f"{path.name} brings no chat template; the ChatML form is used", "prefer an instruct model"


def engine(settings: Settings) -> Found:
    """Let the chosen model write a few words, in the process it will write in later."""
    prompt = (Segment("1 2 3 4", special=False),)
    try:
        request = load_request(settings)
        check_chat_model(read_metadata(request.model))
    except ModelError:
        yield "note", "not tried, because the model cannot be used", ""
        return
    with BlockingEngine(settings.paths.logs / "engine.log") as client:
        start = time.perf_counter()
        client.load(request)
        loaded = time.perf_counter() - start
        _, finished = client.answer(GenerateRequest(prompt, Sampling(temperature=0), _PROBE_TOKENS))
    usage = finished.usage
    speed = f", wrote {usage.answer_tokens / usage.answer_seconds:,.0f} tokens/s" if usage.answer_tokens > 1 else ""
    yield "ok", f"the model was loaded in {loaded:.1f} s{speed}", ""


def models_folder(settings: Settings) -> Found:
    """Look at every file in the models folder."""
    models = list_models(settings.models_folder)
    broken = 0
    for model in models:
        try:
            check_chat_model(read_metadata(model.path))
        except LoragError as error:
            broken += 1
            yield "note", str(error), f"take it out of {settings.models_folder} or download it again"
    yield "ok", f"{len(models) - broken} usable models in {settings.models_folder}", ""


def adapters(settings: Settings) -> Found:
    """Look at which adapters fit the chosen model."""
    found = list_adapters(settings.paths.adapters)
    if not found:
        yield "ok", f"there are none yet in {settings.paths.adapters}", ""
        return
    model_metadata = read_metadata(find_model(settings.model, settings.models_folder))
    fitting = []
    for adapter in found:
        try:
            check_fits(read_metadata(adapter.path), model_metadata)
            fitting.append(adapter.name)
        except LoragError as error:
            yield "note", str(error), "it is left alone; lorag adapters lists what it was made for"
    yield "ok", f"{len(fitting)} of {len(found)} fit the model" + (f": {', '.join(fitting)}" if fitting else ""), ""
    for name in settings.adapter:
        find_adapter(settings.paths.adapters, name)


def embedder(settings: Settings) -> Found:
    """Let the embedder turn one sentence into a vector."""
    opened = _open_embedder(settings)
    opened.embed_queries(["one sentence"])
    yield "ok", f"{opened.identity.name}, {opened.identity.dimensions} dimensions", ""


def library(settings: Settings) -> Found:
    """Look at the library's file and at whether it belongs to the settings."""
    path = settings.paths.library
    if not path.exists():
        yield "ok", f"there is none yet at {path}; lorag add FOLDER makes one", ""
        return
    with Database.open(path, read_only=True) as database:
        problems = database.integrity_problems()
        for problem in problems:
            # What could not even be opened is told as an error, which has the path and the remedy.
            told = problem.startswith(f"{path} ")
            remedy = "" if told else "restore a copy, or move it away and run lorag add again"
            yield "broken", problem if told else f"{path}: {problem}", remedy
        if problems:
            return
        for problem in vector_index_problems(database):
            yield "broken", f"{path}: {problem}", "run: lorag reindex"
        # A library whose embedder is missing is still searched by words; the check of the embedder says so.
        with contextlib.suppress(EmbedderError):
            for note in HealthCheck(database, _open_embedder(settings), make_splitter(settings.tokenizer))().notes:
                yield "note", note, ""
        counts = count_states(database)
        states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        if counts.get("failed"):
            yield "note", f"{counts['failed']} documents could not be read", "see why: lorag list --failed"
        yield "ok", f"{path} is intact; documents: {states or 'none'}", ""


def training(_: Settings) -> Found:
    """Look at whether the packages that training needs are installed, without importing them."""
    missing = [name for name in _TRAINING_PACKAGES if find_spec(name) is None]
    if missing:
        yield "note", f"lorag train cannot run without {', '.join(missing)}", "pip install 'lorag[train]'"
    else:
        yield "ok", "everything lorag train needs is installed", ""


def _open_embedder(settings: Settings) -> Embedder:
    return open_embedder(
        settings.embedder,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
        offline=settings.offline,
    )
