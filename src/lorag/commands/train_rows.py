"""Rows made for a run: examples shown with passages of the library, and the base's own answers to general prompts."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from lorag.chat.numbering import split_passages
from lorag.commands.searching import LibrarySearch
from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import Measuring, Stage, Warned
from lorag.commands.train_measure import own_system
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.engine.api import Finished, GenerateRequest, Sampling, TextDelta
from lorag.errors import TrainingError
from lorag.evaluation.cases import case_from
from lorag.evaluation.subject import Asked, prompt_messages
from lorag.prompts.grounded import REFUSALS, PromptPassage
from lorag.prompts.language import language_of
from lorag.prompts.messages import Message
from lorag.retrieval.passages import SearchFilter
from lorag.tuning.encode import EncodeError, Encoder
from lorag.tuning.examples import Example, Origin
from lorag.tuning.rag_rows import Kind, Shown, arrange, best_support, choose_kinds
from lorag.tuning.split import Split
from lorag.tuning.support import SUPPORTED

_HOLDING: tuple[Kind, ...] = ("golden", "counterfactual")
"""Kinds of rows that show a passage with the answer."""
_MOST_DISTRACTORS = 3
_REPLAY_TOKENS = 128
_REPLAY_SPARE = 8
_REPLAY_TEMPERATURE = 0.3


async def make_rows(request: Request, engine: TrainEngine, parts: Split, view: View) -> tuple[Split, list[Example]]:
    """Return the rows that stay as they are, and the rows made from the others or by the base.

    Raises:
        TrainingError: ``--rag-aware`` was asked for and there is no library, or none that holds an answer.
    """
    extra: list[Example] = []
    if request.options.rag_aware:
        view.show(Stage("prepare", "looking for passages in the library"))
        parts, extra = await asyncio.to_thread(_with_passages, request, engine, parts, view)
    if request.options.replay:
        view.show(Stage("prepare", "asking the base for its own answers to general prompts"))
        extra += await _replayed(request, engine, len(parts.train) + len(extra), view)
    return parts, extra


@dataclass(frozen=True, slots=True)
class _Found:
    """What the library holds for a row."""

    golden: PromptPassage | None
    distractors: tuple[PromptPassage, ...]


class _RowMaker:
    """Turns examples into rows with passages."""

    def __init__(self, engine: TrainEngine, encoder: Encoder, limit: int, spare: Sequence[str]) -> None:
        self._engine = engine
        self._encoder = encoder
        self._limit = limit
        self._spare = spare

    def make(self, example: Example, kind: Kind, found: _Found, seed: int) -> Example | None:
        """Return the row, None where the library has no passage for this kind; passages are left out until it fits."""
        for count in range(len(found.distractors), -1, -1):
            shown = self._shown(example, kind, replace(found, distractors=found.distractors[:count]), seed)
            if shown is None:
                return None
            row = self._row(example, shown)
            if self._fits(row):
                return row
        return None

    def _shown(self, example: Example, kind: Kind, found: _Found, seed: int) -> Shown | None:
        quotes = self._engine.model.quote_by_default
        if kind == "distractors":
            refusal = REFUSALS[language_of(example.question)]
            return Shown(found.distractors, refusal) if found.distractors else None
        if found.golden is None:
            return None
        if kind == "golden":
            return arrange(found.golden, found.distractors, example.answer, quotes=quotes, seed=seed)
        case = case_from(example.question, example.answer, found.golden, found.distractors, others=self._spare)
        if case is None:
            return None
        return arrange(case.counter_passage, found.distractors, case.counter_answer, quotes=quotes, seed=seed)

    def _row(self, example: Example, shown: Shown) -> Example:
        earlier = tuple(message for message in example.messages[:-2] if message.role != "system")
        asked = Asked(example.question, shown.passages, earlier, own_system(example))
        bare = self._engine.model.quote_by_default
        messages = prompt_messages(asked, quotes=bare, bare=bare)
        return Example(example.origin, (*messages, Message("assistant", shown.answer)))

    def _fits(self, row: Example) -> bool:
        try:
            return all(len(encoded.ids) <= self._limit for encoded in self._encoder.rows(row))
        except EncodeError:
            return False


def _with_passages(request: Request, engine: TrainEngine, parts: Split, view: View) -> tuple[Split, list[Example]]:
    search = LibrarySearch(request.settings)
    try:
        if not request.settings.paths.library.is_file() or not search.has_any():
            raise TrainingError("--rag-aware needs a library; read your documents first: lorag add FOLDER")
        limit = request.options.max_length or engine.model.context_tokens
        maker = _RowMaker(engine, engine.encoder(), limit, [example.answer for example in parts.train])
        kinds = choose_kinds(len(parts.train), request.options)
        plain: list[Example] = []
        made: list[Example] = []
        missing: Counter[Kind] = Counter()
        for number, (example, kind) in enumerate(zip(parts.train, kinds, strict=True)):
            row = None
            if kind != "plain":
                row = maker.make(example, kind, _find(search, request, example), request.options.seed + number)
                missing[kind] += row is None
            (plain if row is None else made).append(row or example)
            view.show(Measuring("passages", number + 1, len(kinds)))
    finally:
        search.close()
    _tell_missing(Counter(kinds), missing, view)
    return replace(parts, train=tuple(plain)), made


def _tell_missing(wanted: Counter[Kind], missing: Counter[Kind], view: View) -> None:
    """Say for how many rows nothing was found, and refuse where that leaves nothing of what was asked for.

    Raises:
        TrainingError: No row is shown with a passage that holds its answer.
    """
    asked, found = (sum(count[kind] for kind in _HOLDING) for count in (wanted, wanted - missing))
    if asked and not found:
        raise TrainingError(
            f"--rag-aware found no passage in the library that holds the answer of any of {asked} rows. Add the "
            "documents that the answers come from, in the language of the rows (lorag add FOLDER; lorag search "
            '"QUESTION" shows what is found), or train without --rag-aware'
        )
    short = ", ".join(f"{count} {kind}" for kind, count in missing.items() if count)
    if found * 2 < asked:
        view.show(
            Warned(
                f"--rag-aware does little here: for only {found} of {asked} rows the library holds a passage with the "
                f"answer (without one: {short}). Add the documents that the answers come from, in the language of the rows"
            )
        )
    elif short:
        view.show(Warned(f"the library holds no fitting passage for some rows, which stay as they are: {short}"))


def _find(search: LibrarySearch, request: Request, example: Example) -> _Found:
    """Return the passage that holds the answer, if retrieval finds one, and others that retrieval takes for relevant."""
    chosen = SearchFilter(request.settings.collection)
    found = search.search(example.question, filter=chosen).passages
    passages = [item.prompt for item in split_passages(found)]
    if not any(best_support(example.answer, passage) >= SUPPORTED for passage in passages):
        more = search.search(f"{example.question} {example.answer}", filter=chosen).passages
        passages += [item.prompt for item in split_passages(more) if item.prompt not in passages]
    scored = sorted(passages, key=lambda passage: -best_support(example.answer, passage))
    golden = scored[0] if scored and best_support(example.answer, scored[0]) >= SUPPORTED else None
    others = [passage for passage in passages if best_support(example.answer, passage) < SUPPORTED]
    return _Found(golden, tuple(others[:_MOST_DISTRACTORS]))


async def _replayed(request: Request, engine: TrainEngine, rows: int, view: View) -> list[Example]:
    """Return the base's own answers; those that did not end by themselves would teach not to stop."""
    prompts = replay_prompts()
    random.Random(request.options.seed).shuffle(prompts)
    wanted = max(1, round(request.options.replay * rows))
    made: list[Example] = []
    # A base that does not stop by itself would be asked in vain over and over.
    for number, prompt in enumerate(prompts[: 2 * wanted + _REPLAY_SPARE]):
        if len(made) == wanted:
            break
        asked = engine.with_chat_system(Example(Origin(Path("replay"), number + 1), (Message("user", prompt),)))
        answer = await _answer(engine, asked, request.options.seed + number)
        if answer:
            made.append(replace(asked, messages=(*asked.messages, Message("assistant", answer))))
        view.show(Measuring("replay", len(made), wanted))
    if len(made) < wanted:
        view.show(Warned(f"replay: the base gave {len(made)} usable answers of {wanted} wanted"))
    return made


def replay_prompts() -> list[str]:
    """Return the bundled prompts, English and Korean; none of them is measured with."""
    folder = files("lorag.tuning").joinpath("data")
    texts = (folder.joinpath(f"replay.{language}.txt").read_text(encoding="utf-8") for language in ("en", "ko"))
    return [line for text in texts for line in text.splitlines() if line.strip()]


async def _answer(engine: TrainEngine, asked: Example, seed: int) -> str:
    sampling = Sampling(temperature=_REPLAY_TEMPERATURE, seed=seed)
    request = GenerateRequest(engine.render(asked.messages, True), sampling, _REPLAY_TOKENS)
    text = ""
    async for event in engine.client.generate(request):
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, Finished) and event.reason != "end":
            return ""
    return text.strip()
