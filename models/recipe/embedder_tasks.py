"""Retrieval tasks made from the dev splits: queries, the passages to search, and which of them are right."""

import itertools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from chat.asked import asked_collections
from chat.facts import filled, read_facts
from embedder_corpus import LANGUAGES, Split

from lorag.prompts.language import Language, language_of


@dataclass(frozen=True, slots=True)
class Task:
    """Queries, the passages to search, and which of them are right."""

    name: str
    cross: bool
    """Question and passage are in different languages."""
    queries: list[str]
    passages: list[str]
    relevant: list[set[int]]
    sentences: bool = False
    """The passages are single sentences of documents."""


def dev_tasks(split: Split) -> list[Task]:
    """Build the retrieval tasks of the dev split."""
    pairs = list(split.rows("pairs"))
    parallel = list(split.rows("parallel"))
    qa = {language: list(split.rows(f"qa.{language}")) for language in ("en", "ko")}
    pools = {
        language: [row["passage"] for row in pairs if row["lang"].endswith(language)]
        + [row["passage"] for row in qa[language]]
        + [row[language] for row in parallel]
        for language in ("en", "ko")
    }
    tasks = []
    for name in ("en", "ko", "en-ko", "ko-en"):
        chosen = [(row["query"], row["passage"]) for row in pairs if row["lang"] == name]
        tasks.append(make_task(f"pairs {name}", chosen, pools[name[-2:]]))
    for language in ("en", "ko"):
        chosen = [(row["question"], row["passage"]) for row in qa[language]]
        tasks.append(make_task(f"qa {language}", chosen, pools[language]))
    for source, target in (("en", "ko"), ("ko", "en")):
        chosen = [(row[source], row[target]) for row in parallel]
        tasks.append(make_task(f"parallel {source}-{target}", chosen, [passage for _, passage in chosen]))
    tasks += [_fact_task(split, asked, told) for asked, told in itertools.product(LANGUAGES, LANGUAGES)]
    tasks += [_asked_task(split, asked, told) for asked, told in itertools.product(LANGUAGES, LANGUAGES)]
    return [task for task in tasks if task.queries]


def _fact_task(split: Split, asked: Language, told: Language) -> Task:
    """Ask for each fact in other words than its sentence; the sentences of all documents are searched."""
    rng = random.Random(0)
    facts = [fact for document in read_facts(split.name, split.facts) for fact in document.facts]
    passages = [filled(fact.says[told][0], told, rng) for fact in facts]
    questions = [(filled(ask, asked, rng), index) for index, fact in enumerate(facts) for ask in fact.asks[asked]]
    name = told if asked == told else f"{asked}-{told}"
    right = [{index} for _, index in questions]
    return Task(f"facts {name}", asked != told, [ask for ask, _ in questions], passages, right, sentences=True)


def _asked_task(split: Split, asked: Language, told: Language) -> Task:
    """Ask as people ask of small collections; the sentences of one language of all of them are searched."""
    collections = asked_collections(split.name, split.collections)
    sentences = [sentence for one in collections for passage in one.passages for sentence in passage.sentences]
    chosen = [
        (ask, sentence)
        for one in collections
        for questions in one.asked
        for _, sentence in one.answering(questions)
        for ask in questions.asks
        if language_of(ask) == asked and language_of(sentence) == told
    ]
    name = told if asked == told else f"{asked}-{told}"
    task = make_task(f"asked {name}", chosen, [one for one in sentences if language_of(one) == told])
    return replace(task, sentences=True)


def make_task(name: str, pairs: Sequence[tuple[str, str]], pool: Sequence[str]) -> Task:
    """Count as right every passage given for the same query, and every passage that contains one."""
    passages = sorted(set(pool))
    queries = sorted({query for query, _ in pairs})
    golds: dict[str, set[str]] = {query: set() for query in queries}
    for query, passage in pairs:
        golds[query].add(passage)
    everything = "\x00".join(passages)
    starts = np.cumsum([0] + [len(passage) + 1 for passage in passages])
    found = {
        gold: {
            int(np.searchsorted(starts, hit.start(), side="right")) - 1
            for hit in re.finditer(re.escape(gold), everything)
        }
        for gold in {passage for _, passage in pairs}
    }
    relevant = [set().union(*(found[gold] for gold in golds[query])) for query in queries]
    return Task(name, "-" in name, queries, passages, relevant)
