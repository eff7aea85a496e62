"""The built-in models on documents of the dev split, which they were never trained on.

Needs the corpus: ``LORAG_CORPUS=/path/to/corpus python -m benchmarks builtin``, or ``--corpus``. ``BENCH_QUESTIONS``
sets how many questions of each kind are asked (100), ``BENCH_LIBRARY`` how many of each language end to end (30).
"""

import asyncio
import importlib
import importlib.util
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.builtin_chat import (
    KINDS,
    PASSAGES,
    WRITTEN,
    Reply,
    Trial,
    conversations,
    facts,
    questions,
    reply,
    trials,
    unheld,
)
from benchmarks.builtin_library import ask_collection, ask_library
from benchmarks.recipe import ExampleBuilder, collection_folders, corpus_folder, dev_corpus, example_builder
from benchmarks.report import Figure
from lorag.chat.turn import Documents
from lorag.engine.api import Engine, LoadedModel, LoadRequest
from lorag.engine.client import EngineClient
from lorag.library.database import Database
from lorag.models.find import builtin_model
from lorag.prompts.messages import Message
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.terms import BigramSplitter

RIGHT, VERBATIM, REFUSED, WRONGLY_REFUSED = 80.0, 97.0, 85.0, 10.0
_PLACES: Final = ((0.0, 1 / 3, "first third"), (1 / 3, 2 / 3, "middle"), (2 / 3, 1.01, "last third"))


def figures() -> list[Figure]:
    """Measure."""
    folder, model = corpus_folder(), builtin_model()
    if folder is None or model is None:
        missing = "no corpus: name its folder with --corpus or LORAG_CORPUS" if folder is None else "no built-in model"
        print(f"builtin: not measured, {missing}", file=sys.stderr)
        return []
    builder = example_builder(dev_corpus(folder))
    measured = asyncio.run(_chat(builder, model))
    measured += list(_library(builder))
    measured += list(_collections())
    if importlib.util.find_spec("benchmarks.builtin_embedder") is not None:
        measured += importlib.import_module("benchmarks.builtin_embedder").figures()
    return measured


async def _chat(builder: ExampleBuilder, path: Path) -> list[Figure]:
    count = int(os.environ.get("BENCH_QUESTIONS", "100"))
    measured, replies = [], list[Reply]()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        async with EngineClient(Path(folder, "engine.log")) as engine:
            model = await engine.load(LoadRequest(path, threads=int(os.environ.get("LORAG_THREADS", "0"))))
            documents = stack.enter_context(_documents(Path(folder)))
            for kind in KINDS:
                for passages in PASSAGES:
                    asked = await trials(
                        engine, model, questions(builder, kind, passages, count, answerable=True), documents
                    )
                    others = await trials(
                        engine, model, questions(builder, kind, passages, count, answerable=False), documents
                    )
                    measured += list(_choice(kind, passages, asked, others))
                    replies += [trial.free for trial in asked]
            measured += await _written(engine, model, builder, count, documents)
            measured += await _together(engine, model, builder, count, documents)
            measured += await _turns(engine, model, builder, count)
    return [*measured, *_speed(replies)]


def _choice(kind: str, passages: int, asked: Sequence[Trial], others: Sequence[Trial]) -> Iterator[Figure]:
    """Yield what the answers to one kind of question are worth; the targets are set for three passages."""
    of, name = f"{len(asked)} questions", f"{kind}, {passages} passages" if passages > 1 else f"{kind}, 1 passage"
    judged = passages == 3 and kind in ("English", "Korean")
    quoting = [trial for trial in asked if trial.free.numbers]
    chance = _percent([len(trial.example.targets) / len(trial.example.sentences) for trial in asked])
    yield Figure(f"{name}: right number before any grammar", _percent([t.right_first for t in asked]), "%", detail=of)
    right = _percent([trial.right for trial in asked])
    yield _at_least(f"{name}: answer in quote", right, RIGHT, judged, f"{of}, chance {chance:.0f} %")
    alone = _percent([trial.right_alone for trial in asked])
    yield Figure(f"{name}: answer in quote, the model alone", alone, "%", detail=of)
    verbatim = _percent([trial.free.verbatim(trial.example.sentences) for trial in quoting])
    detail = f"of {len(quoting)} that quote"
    yield _at_least(f"{name}: verbatim without the grammar", verbatim, VERBATIM, judged, detail)
    yield _at_least(f"{name}: refused rightly", _percent([t.refused for t in others]), REFUSED, judged, of)
    wrongly = _percent([trial.refused for trial in asked])
    budget = (f"≤ {WRONGLY_REFUSED:g} %", wrongly <= WRONGLY_REFUSED) if judged else ("", None)
    yield Figure(f"{name}: refused wrongly", wrongly, "%", *budget, of)
    if passages > 1:
        for low, high, place in _PLACES:
            there = [trial.right for trial in asked if low <= trial.place < high]
            if there:
                detail = f"{len(there)} questions"
                yield Figure(
                    f"{name}: right where the answer stands in the {place}", _percent(there), "%", detail=detail
                )


def _at_least(name: str, value: float, target: float, judged: bool, detail: str) -> Figure:
    budget = (f"≥ {target:g} %", value >= target) if judged else ("", None)
    return Figure(name, value, "%", *budget, detail)


@contextmanager
def _documents(folder: Path) -> Iterator[Documents]:
    """Yield what lorag knows of sentences: how near the built-in embedder finds them to a question."""
    with Database.open(folder / "library.db") as database:
        searcher = Searcher(database, open_embedder("builtin"), BigramSplitter(), SearchOptions())
        yield Documents(searcher, lambda: True, searcher.similarities)


async def _written(
    engine: Engine, model: LoadedModel, builder: ExampleBuilder, count: int, documents: Documents
) -> list[Figure]:
    """Measure questions about rows of tables, and those in other words than their answers."""
    measured = []
    for kind in WRITTEN:
        asked = await trials(engine, model, questions(builder, kind, 3, count, answerable=True), documents)
        others = await trials(engine, model, questions(builder, kind, 3, count, answerable=False), documents)
        shares = {
            "answer in quote": [trial.right for trial in asked],
            "answer in quote, the model alone": [trial.right_alone for trial in asked],
            "refused wrongly": [trial.refused for trial in asked],
            "refused rightly": [trial.refused for trial in others],
        }
        for name, values in shares.items():
            measured.append(Figure(f"{kind}, 3 passages: {name}", _percent(values), "%", detail=f"{count} questions"))
    return measured


async def _together(
    engine: Engine, model: LoadedModel, builder: ExampleBuilder, count: int, documents: Documents
) -> list[Figure]:
    """Measure questions that need two sentences, and those behind earlier turns."""
    measured = []
    for kind, name in (("both", "two questions in one"), ("fact.both", "two questions about one document")):
        two = await trials(engine, model, questions(builder, kind, 3, count, answerable=True), documents)
        shares = {
            "both answers in quote": [trial.complete for trial in two],
            "both answers in quote, the model alone": [trial.complete_alone for trial in two],
            "one of them": [trial.right for trial in two],
        }
        for what, values in shares.items():
            measured.append(Figure(f"{name}, 3 passages: {what}", _percent(values), "%", detail=f"{count} questions"))
    later = await trials(engine, model, questions(builder, "conversation", 3, count, answerable=True), documents)
    one = [trial for trial in later if len(trial.example.targets) == 1]
    of = f"{len(later)} questions"
    return [
        *measured,
        Figure("behind earlier turns, 3 passages: answer in quote", _percent([t.right for t in later]), "%", detail=of),
        Figure(
            "behind earlier turns, 3 passages: answer in quote, the model alone, which reads them",
            _percent([t.right_alone for t in later]),
            "%",
            detail=of,
        ),
        Figure(
            "behind earlier turns, 3 passages: more quoted than was asked for",
            _percent([len(trial.quoted.numbers) > 1 for trial in one]),
            "%",
            detail=f"{len(one)} questions that one sentence answers",
        ),
    ]


async def _turns(engine: Engine, model: LoadedModel, builder: ExampleBuilder, count: int) -> list[Figure]:
    ended = []
    for example in conversations(builder, count):
        messages = [Message(role, text) for role, text in example.messages[:-1]]  # type: ignore[arg-type]
        ended.append((await reply(engine, model, messages, unheld)).ended)
    honest = builder.talk.all_no_documents()
    declined = []
    for question in facts(builder, count):
        said = await reply(engine, model, [Message("user", question)], unheld)
        declined.append(said.text.strip() in honest)
    return [
        Figure("ends its turn, small talk and longer conversations", _percent(ended), "%", detail=f"{count} turns"),
        Figure("facts without documents: says that it needs one", _percent(declined), "%", detail=f"{count} questions"),
    ]


def _speed(replies: Sequence[Reply]) -> Iterator[Figure]:
    answering = [r.usage.answer_tokens / r.usage.answer_seconds for r in replies if r.usage.answer_seconds > 0]
    reading = [
        (r.usage.prompt_tokens - r.usage.reused_tokens) / r.usage.prompt_seconds
        for r in replies
        if r.usage.prompt_seconds > 0
    ]
    cores = f"median, {os.cpu_count()} processors"
    yield Figure("built-in chat model, answering", statistics.median(answering), "tokens/s", detail=cores)
    yield Figure("built-in chat model, reading", statistics.median(reading), "tokens/s", detail=cores)


def _library(builder: ExampleBuilder) -> Iterator[Figure]:
    outcomes = ask_library(builder, int(os.environ.get("BENCH_LIBRARY", "30")))
    for language, name in (("en", "English"), ("ko", "Korean")):
        own = [outcome for outcome in outcomes if outcome.language == language]
        of = f"{len(own)} questions, 1,000 documents"
        yield Figure(f"end to end, {name}: answer among the passages", _percent([o.found for o in own]), "%", detail=of)
        yield Figure(f"end to end, {name}: answer in quote", _percent([o.right for o in own]), "%", detail=of)
        yield Figure(f"end to end, {name}: refused", _percent([o.refused for o in own]), "%", detail=of)


def _collections() -> Iterator[Figure]:
    asked = int(os.environ.get("BENCH_QUESTIONS", "100"))
    measured = [ask_collection(folder, asked) for folder in collection_folders()]
    for metric, name in (
        ("contains", "answer in quote"),
        ("wrong_refusal", "refused wrongly"),
        ("right_refusal", "refused rightly"),
    ):
        counts = [one[metric]["questions"] for one in measured]
        share = sum(one[metric]["mean"] * count for one, count in zip(measured, counts, strict=True)) / sum(counts)
        detail = f"{sum(counts)} questions, {len(measured)} collections of 8 documents"
        yield Figure(f"small collections: {name}", 100 * share, "%", detail=detail)


def _percent(values: Sequence[float | bool]) -> float:
    return 100 * sum(values) / max(1, len(values))
