"""What lorag can see for itself: the examples, the documents, and what either way would cost here."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from lorag.commands.advise_cost import cost_facts
from lorag.commands.indexing import limits_from
from lorag.commands.searching import LibrarySearch
from lorag.errors import DatasetError, LibraryError
from lorag.evaluation.advice_facts import Known, LibraryFacts, Told
from lorag.evaluation.plain_text import plain
from lorag.evaluation.stands import stands_in
from lorag.evaluation.style import facts_in, specific_words, style_facts
from lorag.library.database import Database
from lorag.library.documents import list_documents
from lorag.settings import Settings
from lorag.tuning.cleaning import clean
from lorag.tuning.examples import Example
from lorag.tuning.personal import personal_data
from lorag.tuning.read import ReadOptions, read_examples

_DAY: Final = 86_400
_LATELY_DAYS: Final = 90
_MOST_SEARCHED: Final = 40
_ENOUGH_WORDS: Final = 0.6
"""Share of the words that belong to an answer alone which must stand in the passages."""


def read_conversations(settings: Settings, data: Sequence[Path]) -> tuple[Example, ...]:
    """Return the example conversations of some files; none without files.

    Raises:
        DatasetError: A file cannot be read, or there is no question with an answer in any of them.
    """
    if not data:
        return ()
    read = read_examples(data, ReadOptions(), limits_from(settings))
    cleaned = clean(read.examples)
    spoken = tuple(example for example in cleaned.examples if example.messages)
    if not spoken:
        names = ", ".join(map(str, data))
        dropped = [finding for finding in (*read.findings, *cleaned.findings) if finding.effect == "dropped"]
        why = f"{dropped[0].origin.place}: {dropped[0].reason}" if dropped else "there is no row in it"
        raise DatasetError(f"{names} holds no example of a question with its answer ({why}); see: lorag data check")
    return spoken


def look(settings: Settings, told: Told, examples: Sequence[Example], *, use_library: bool) -> Known:
    """Sum up the examples, search the library for their facts, and measure how fast this machine computes."""
    style = style_facts([example.answer for example in examples]) if examples else None
    personal = sum(any(personal_data(f"{example.question}\n{example.answer}")) for example in examples)
    library = _library(settings, examples) if use_library else None
    return Known(told, style, personal, library, cost_facts(settings, examples))


def _library(settings: Settings, examples: Sequence[Example]) -> LibraryFacts | None:
    if not settings.paths.library.is_file():
        return None
    lately = (time.time() - _LATELY_DAYS * _DAY) * 1e9
    with Database.open(settings.paths.library, read_only=True) as database:
        documents = list(list_documents(database))
    if not documents:
        return None
    found, by_search = _answers_found(settings, examples) if examples else (None, None)
    return LibraryFacts(
        documents=len(documents),
        bytes=sum(document.size for document in documents),
        changed_lately=fmean(float(document.mtime_ns >= lately) for document in documents),
        answers_found=found,
        found_by_search=by_search,
    )


def _answers_found(settings: Settings, examples: Sequence[Example]) -> tuple[float, float | None]:
    """Return the share of answers that stand in the documents, and the share of those that their question finds."""
    own = specific_words([example.answer for example in examples], [example.question for example in examples])
    search = LibrarySearch(settings)
    step = max(1, len(examples) // _MOST_SEARCHED)
    by_answer: list[bool] = []
    by_question: list[bool] = []
    try:
        for example, words in list(zip(examples, own, strict=True))[::step][:_MOST_SEARCHED]:
            asked = search.search(example.question).passages
            told = search.search(example.answer).passages
            texts = [passage.text for passage in asked]
            by_question.append(_stands(example.answer, words, texts))
            by_answer.append(by_question[-1] or _stands(example.answer, words, [passage.text for passage in told]))
    except LibraryError:
        return 0.0, None
    finally:
        search.close()
    stand = sum(by_answer)
    return stand / len(by_answer), sum(by_question) / stand if stand else None


def _stands(answer: str, words: frozenset[str], passages: Sequence[str]) -> bool:
    """Tell whether most figures and names of an answer, or most words that only it has, stand in passages."""
    text = "\n".join(passages)
    facts = facts_in(answer)
    if facts and sum(stands_in(text, fact) for fact in facts) * 2 < len(facts):
        return False
    # Figures alone may stand there for another reason; the words around them must not be missing altogether.
    needed = _ENOUGH_WORDS / 2 if facts else _ENOUGH_WORDS
    known = plain(text)
    return bool(facts or words) and sum(_stem(word) in known for word in words) >= needed * len(words)


def _stem(word: str) -> str:
    """Return a Korean word without the letter that may be its particle; other words as they are."""
    return word[:-1] if len(word) > 2 and "가" <= word[-1] <= "힣" else word
