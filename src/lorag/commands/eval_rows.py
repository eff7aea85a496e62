"""Running an evaluation: every combination of model, adapter and RAG answers every question as the chat would."""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lorag.chat.conversation import Conversation
from lorag.chat.events import TurnDone
from lorag.chat.threads import in_thread
from lorag.chat.turn import ModelChoice, PassageSearch
from lorag.commands.eval_checks import check_collections
from lorag.commands.searching import LibrarySearch, open_searcher
from lorag.commands.session import chosen_adapters, load_request, turn_options
from lorag.engine.api import Engine, GenerateRequest, Sampling
from lorag.engine.client import EngineClient
from lorag.errors import EngineError, PromptError, UsageError
from lorag.evaluation.eval_tables import LegScores
from lorag.evaluation.outcomes import Cited, Outcome, ShownPassage
from lorag.evaluation.questions import Question
from lorag.evaluation.retrieved import RankingScores, judge
from lorag.evaluation.summary import EvaluatedRow, RowSpec
from lorag.library.chats import Chats
from lorag.library.chunks import chunk_rows
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.models.find import find_model
from lorag.prompts.messages import Segment
from lorag.retrieval.search import Explanation
from lorag.settings import Settings

PLAIN = "none"
"""The name of no adapter."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """A combination to evaluate."""

    spec: RowSpec
    choice: ModelChoice


def certain(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """Return settings for the likeliest answers: two runs must not differ by chance unless a temperature is asked for."""
    return settings if "temperature" in arguments else settings.model_copy(update={"temperature": 0.0})


def planned_rows(
    settings: Settings, models: Sequence[str], adapters: Sequence[str], rag: Literal["on", "off", "both"]
) -> list[RowPlan]:
    """Return every combination: each model, plain and with each adapter, without and with RAG.

    Raises:
        UsageError: RAG is asked for and the library is empty.
    """
    has_documents = _has_documents(settings)
    if rag == "on" and not has_documents:
        raise UsageError("the library is empty, so there is nothing to answer from; add files with: lorag add PATH")
    rags = {"on": [True], "off": [False], "both": [False, True] if has_documents else [False]}[rag]
    check_collections(settings)
    names = _distinct(settings, models or [settings.model])
    tunes = list(dict.fromkeys([PLAIN, *(adapters or settings.adapter)]))
    plans: list[RowPlan] = []
    for model in names:
        of_model = settings.model_copy(update={"model": model})
        load = load_request(of_model)
        for tune in tunes:
            chosen = () if tune == PLAIN else chosen_adapters(of_model, [tune])
            choice = ModelChoice(load.model.stem, load, chosen)
            label = _label(load.model.stem if len(names) > 1 else "", tune)
            spec = RowSpec(label, load.model.stem, tuple(name for name, _ in chosen), rag=False)
            plans += [RowPlan(_with_rag(spec) if searched else spec, choice) for searched in rags]
    return plans


def _distinct(settings: Settings, names: Sequence[str]) -> list[str]:
    """Return the models in their order, each file once however it is named."""
    by_file: dict[Path, str] = {}
    for name in names:
        by_file.setdefault(find_model(name, settings.models_folder), name)
    return list(by_file.values())


def _label(model: str, tune: str) -> str:
    return " + ".join(part for part in (model, tune if tune != PLAIN else "") if part) or "base"


def _with_rag(spec: RowSpec) -> RowSpec:
    return replace(spec, name=f"{spec.name} + RAG", rag=True)


def _has_documents(settings: Settings) -> bool:
    if not settings.paths.library.exists():
        return False
    with Database.open(settings.paths.library, read_only=True) as database:
        return corpus_size(database).chunks > 0


class Evaluation:
    """Asks every question of a set; ``tell`` is shown where the run is."""

    def __init__(self, settings: Settings, questions: Sequence[Question], tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._questions = questions
        self._tell = tell
        self._search = LibrarySearch(settings)

    def close(self) -> None:
        """Close the library."""
        self._search.close()

    def legs(self) -> list[LegScores]:
        """Judge what each leg of the search finds, before any threshold."""
        judged: dict[str, list[RankingScores | None]] = {"words": [], "vectors": [], "fused": []}
        with Database.open(self._settings.paths.library, read_only=True) as database:
            searcher = open_searcher(self._settings, database)
            for number, question in enumerate(self._questions, 1):
                self._tell(f"searching {number}/{len(self._questions)}")
                explained = searcher.explain(question.question, filter=turn_options(self._settings, ()).filter)
                for leg, ids in _rankings(explained).items():
                    judged[leg].append(judge(question, chunk_rows(database, ids)))
        return [LegScores(leg, tuple(scores)) for leg, scores in judged.items()]

    async def rows(self, plans: Sequence[RowPlan]) -> list[EvaluatedRow]:
        """Answer every question with every combination; the user's own chats stay as they are."""
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lorag-eval-"))
            chats = Chats(stack.enter_context(Database.open(Path(folder) / "chats.db")))
            engine = EngineClient(self._settings.paths.logs / "engine.log")
            stack.push_async_callback(engine.close)
            started, done, total = time.monotonic(), 0, len(plans) * len(self._questions)
            rows: list[EvaluatedRow] = []
            for plan in plans:
                await warm(engine, plan, self._search)
                conversation = self._conversation(plan, engine, chats)
                outcomes: list[Outcome] = []
                for question in self._questions:
                    self._tell(_progress(plan.spec.name, done, total, time.monotonic() - started))
                    outcomes.append(await _answered(conversation, question, grounded=plan.spec.rag))
                    done += 1
                rows.append(EvaluatedRow.of(plan.spec, outcomes))
            return rows

    def _conversation(self, plan: RowPlan, engine: EngineClient, chats: Chats) -> Conversation:
        options = replace(turn_options(self._settings, ()), rag=plan.spec.rag)
        documents = self._search.documents() if plan.spec.rag else None
        return Conversation(engine, documents, chats, plan.choice, options)


async def warm(engine: Engine, plan: RowPlan, search: PassageSearch) -> None:
    """Load and try out what a row needs, so that its first question takes no longer than the others."""
    await engine.load(plan.choice.load)
    await engine.set_adapters([adapter for _, adapter in plan.choice.adapters])
    request = GenerateRequest((Segment("1", special=False),), Sampling(temperature=0), max_tokens=1)
    async for _ in engine.generate(request):
        pass
    if plan.spec.rag:
        await in_thread(search.search, "1")


def _rankings(explained: Explanation) -> dict[str, list[int]]:
    return {
        "words": [hit.chunk_id for hit in explained.words.hits],
        "vectors": [hit.chunk_id for hit in explained.nearest],
        "fused": [chunk.chunk_id for chunk in explained.ranked],
    }


async def _answered(conversation: Conversation, question: Question, *, grounded: bool) -> Outcome:
    """Ask one question in a new chat."""
    conversation.begin_anew()
    done: TurnDone | None = None
    started = time.monotonic()
    try:
        async with aclosing(conversation.reply(question.question)) as events:
            async for event in events:
                if isinstance(event, TurnDone):
                    done = event
    except PromptError:
        # A question too long for the model is a question it cannot answer, and no reason to lose the others.
        return Outcome(question, grounded, "", False, (), (), question.question, time.monotonic() - started, 0, 0)
    if done is None:
        raise EngineError(f"question {question.line} got no answer")
    return Outcome(
        question=question,
        grounded=grounded,
        answer=done.answer,
        refused=done.refused,
        passages=tuple(
            ShownPassage(str(passage.path), passage.text) for passage in (done.search.passages if done.search else ())
        ),
        citations=tuple(Cited(str(citation.passage.path), citation.verified) for citation in done.citations),
        query=done.search.query if done.search else "",
        seconds=done.total_seconds,
        prompt_tokens=done.usage.prompt_tokens if done.usage else 0,
        answer_tokens=done.usage.answer_tokens if done.usage else 0,
    )


def _progress(row: str, done: int, total: int, seconds: float) -> str:
    left = f", about {round(seconds / done * (total - done) / 60) or 1} min left" if done >= 5 else ""
    return f"{row}: {done}/{total} answers{left}"
