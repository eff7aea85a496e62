"""What a run is measured with: its held-out rows, passages from the library if there is one, and what comes with lorag."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lorag.chat.numbering import split_passages
from lorag.commands.searching import LibrarySearch
from lorag.commands.train_engine import TrainEngine
from lorag.documents.sentences import split_sentences
from lorag.errors import LibraryError, TrainingError
from lorag.evaluation.cases import ContextCase, case_from
from lorag.evaluation.subject import Asked, prompt_messages
from lorag.evaluation.suite import Suite
from lorag.evaluation.task import TaskItem
from lorag.prompts.grounded import PromptPassage
from lorag.prompts.language import Language, language_of
from lorag.prompts.system import system_prompt
from lorag.settings import Settings
from lorag.tuning.examples import Example
from lorag.tuning.split import Split


@dataclass(frozen=True, slots=True)
class Material:
    """What models are measured with."""

    suite: Suite
    texts: tuple[str, ...]
    """Held-out texts, where texts and not answers are learned."""


LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")
MOST_ITEMS: Final = 40
MOST_JUDGED: Final = 3
"""Checkpoints that are measured at most: it takes longer than the training of a small model, for answers are written."""
_MOST_CASES: Final = 12
_DISTRACTORS: Final = 4
_ANSWER_TOKENS: Final = 160
_CASE_TOKENS: Final = 128
"""What an answer over passages may take, with some to spare."""


async def make_material(settings: Settings, parts: Split, engine: TrainEngine) -> Material:
    """Return what the models of a run are measured with, cut to what fits the base's context.

    Passages come from the library as the chat would find them; without a library the rows with RAG stay empty, and the
    tests of context reliance use the rows' own answers as passages.

    Raises:
        TrainingError: The context is too small for any test of context reliance.
    """
    conversations = [example for example in parts.test if example.messages][:MOST_ITEMS]
    items = await asyncio.to_thread(_items, settings, conversations)
    cases = _cases(conversations, [example for example in parts.train if example.messages])
    suite = Suite.bundled(items, cases, max_tokens=min(_ANSWER_TOKENS, engine.model.context_tokens // 4))
    room = engine.model.context_tokens - max(suite.max_tokens, _CASE_TOKENS)
    fitting = [await _fitting_case(engine, case, room) for case in suite.cases]
    kept = tuple(case for case in fitting if case is not None)
    if not kept:
        raise TrainingError(
            f"a context of {engine.model.context_tokens} tokens is too small to measure what the tune does with "
            "passages; train with --no-evaluation"
        )
    fit = replace(suite, items=tuple([await _fitting_item(engine, item, room) for item in suite.items]), cases=kept)
    return Material(fit, tuple(example.text for example in parts.test if not example.messages))


async def _fitting_item(engine: TrainEngine, item: TaskItem, room: int) -> TaskItem:
    """Return the item with as many passages as fit, the best first."""
    for count in range(len(item.asked.passages), 0, -1):
        asked = replace(item.asked, passages=item.asked.passages[:count])
        if await _tokens(engine, asked, item.references[0]) <= room:
            return replace(item, asked=asked)
    return replace(item, asked=replace(item.asked, passages=()))


async def _fitting_case(engine: TrainEngine, case: ContextCase, room: int) -> ContextCase | None:
    """Return the case with as many distractors as fit, None when not even its passage does."""
    for count in range(len(case.distractors), 0, -1):
        shown = (case.passage, *case.distractors[:count])
        if await _tokens(engine, Asked(case.question, shown), case.answer) <= room:
            return replace(case, distractors=case.distractors[:count])
    return None


async def _tokens(engine: TrainEngine, asked: Asked, answer: str) -> int:
    bare = engine.model.quote_by_default
    prompt = engine.render(prompt_messages(asked, quotes=bare, bare=bare), True)
    return len(await engine.client.tokenise(prompt)) + sum(await engine.client.count_tokens([answer]))


def main_language(parts: Split) -> Language:
    """Return the language that most of the data is in."""
    counts: Counter[Language] = Counter(language_of(one.question or one.text) for one in (*parts.train, *parts.test))
    return "ko" if counts["ko"] > counts["en"] else "en"


def _items(settings: Settings, examples: Sequence[Example]) -> list[TaskItem]:
    search = LibrarySearch(settings)
    try:
        has_library = settings.paths.library.is_file() and search.has_any()
        return [_item(example, search if has_library else None) for example in examples]
    except LibraryError:
        # A library that cannot be read must not cost a training run its result.
        return [_item(example, None) for example in examples]
    finally:
        search.close()


def _item(example: Example, search: LibrarySearch | None) -> TaskItem:
    passages = search.search(example.question).passages if search is not None else ()
    earlier = tuple(message for message in example.messages[:-2] if message.role != "system")
    shown = tuple(item.prompt for item in split_passages(passages))
    return TaskItem(Asked(example.question, shown, earlier, own_system(example)), (example.answer,))


def own_system(example: Example) -> str | None:
    """Return the system message of a row, None where it is only the chat's own."""
    first = example.messages[0]
    chat = {system_prompt(language, "plain") for language in LANGUAGES}
    return first.content if first.role == "system" and first.content not in chat else None


def _cases(tested: Sequence[Example], others: Sequence[Example]) -> list[ContextCase]:
    """Return cases whose passages are made of the rows' own answers: single questions only."""
    rows = [example for example in tested if sum(message.role == "user" for message in example.messages) == 1]
    spare = [example.answer for example in others]
    cases: list[ContextCase] = []
    for index, example in enumerate(rows):
        distractors = [_passage(other.answer) for other in (*rows[:index], *rows[index + 1 :], *others)]
        case = case_from(
            example.question, example.answer, _passage(example.answer), distractors[:_DISTRACTORS], others=spare
        )
        if case is not None:
            cases.append(case)
    return cases[:_MOST_CASES]


def _passage(answer: str) -> PromptPassage:
    return PromptPassage("notes", tuple(split_sentences(answer)) or (answer,))
