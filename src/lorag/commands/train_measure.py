"""What a run is measured with: its held-out rows, passages from the library if there is one, and what comes with lorag."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from lorag.chat.numbering import split_passages
from lorag.commands.searching import LibrarySearch
from lorag.commands.train_events import Measuring
from lorag.commands.train_view import View
from lorag.documents.sentences import split_sentences
from lorag.errors import LibraryError
from lorag.evaluation.cases import ContextCase, case_from
from lorag.evaluation.subject import Asked
from lorag.evaluation.suite import OnProgress, Suite
from lorag.evaluation.task import TaskItem
from lorag.prompts.grounded import PromptPassage
from lorag.prompts.language import Language, language_of
from lorag.prompts.system import system_prompt
from lorag.settings import Settings
from lorag.tuning.examples import Example
from lorag.tuning.split import Split

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")
MOST_ITEMS: Final = 40
_MOST_CASES: Final = 12
_DISTRACTORS: Final = 4
_ANSWER_TOKENS: Final = 160


async def make_suite(settings: Settings, parts: Split, *, context_tokens: int) -> Suite:
    """Return the suite of a run.

    Passages come from the library as the chat would find them; without a library the rows with RAG stay empty, and the
    tests of context reliance use the rows' own answers as passages.
    """
    conversations = [example for example in parts.test if example.messages][:MOST_ITEMS]
    items = await asyncio.to_thread(_items, settings, conversations)
    cases = _cases(conversations, [example for example in parts.train if example.messages])
    return Suite.bundled(items, cases, max_tokens=min(_ANSWER_TOKENS, context_tokens // 4))


def main_language(parts: Split) -> Language:
    """Return the language that most of the data is in."""
    counts: Counter[Language] = Counter(language_of(one.question or one.text) for one in (*parts.train, *parts.test))
    return "ko" if counts["ko"] > counts["en"] else "en"


def progress(view: View, what: str) -> OnProgress:
    """Return a callback that shows how far a measurement is."""

    def show(measure: str, done: int, total: int) -> None:
        view.show(Measuring(f"{what}: {measure}", done, total))

    return show


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
