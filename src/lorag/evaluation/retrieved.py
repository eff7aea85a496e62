"""How well each leg of a search ranks what holds the answer."""

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lorag.evaluation.plain_text import normalised
from lorag.evaluation.questions import Question
from lorag.evaluation.ranking import ndcg_at, recall_at, reciprocal_rank
from lorag.evaluation.stands import stands_in

CUTS: Final = (1, 3, 5, 10)
"""Where recall is measured."""
_OVERLAP: Final = 0.5
"""Share of the words of the shorter text that two stretches must have in common to be the same passage."""

_FEWEST_COMMON: Final = 2
"""Pairs of neighbouring words: one alone ("refund policy") is no passage."""
_SHORT: Final = 80
"""Letters of a passage that may end in the middle of a Korean word, before its particle."""


class Ranked(Protocol):
    """What is needed of a chunk to judge it."""

    @property
    def path(self) -> str:
        """Its document."""
        ...

    @property
    def text(self) -> str:
        """Its words."""
        ...


def judged_by(question: Question) -> str:
    """Return what a ranking can be judged by: ``passage``, ``document`` or nothing."""
    if not question.answerable:
        return ""
    return "passage" if question.passages else "document" if question.sources else ""


@dataclass(frozen=True, slots=True)
class RankingScores:
    """One ranking judged."""

    recall: tuple[float, ...]
    """At each of ``CUTS``."""
    reciprocal_rank: float
    ndcg: float
    """At 10."""


def judge(question: Question, ranking: Sequence[Ranked]) -> RankingScores | None:
    """Return how well a ranking finds the passages of a question, or its documents; None when neither is known.

    A document stands where its first chunk stands.
    """
    kind = judged_by(question)
    if not kind:
        return None
    relevant = question.passages if kind == "passage" else question.sources
    names = _passage_names(question, ranking) if kind == "passage" else _document_names(question, ranking)
    ids = [f"right-{index}" for index in range(len(relevant))]
    return RankingScores(
        recall=tuple(recall_at(names, ids, cut) for cut in CUTS),
        reciprocal_rank=reciprocal_rank(names, ids),
        ndcg=ndcg_at(names, ids, 10),
    )


def holds_right(question: Question, shown: Sequence[Ranked]) -> float | None:
    """Return the share of the right passages or documents that are among what is put before the model."""
    scores = judge(question, shown)
    if scores is None:
        return None
    relevant = question.passages or question.sources
    names = _passage_names(question, shown) if question.passages else _document_names(question, shown)
    return recall_at(names, [f"right-{index}" for index in range(len(relevant))], len(names))


def is_source(path: str, source: str) -> bool:
    """Tell whether a source names a document: its path, the end of it, or the file's name without its suffix."""
    path, source = unicodedata.normalize("NFC", path), unicodedata.normalize("NFC", source).removeprefix("./")
    name = path.rpartition("/")[2]
    return path == source or path.endswith(f"/{source}") or name.rpartition(".")[0] == source


def _document_names(question: Question, ranking: Sequence[Ranked]) -> list[str]:
    names: list[str] = []
    for path in dict.fromkeys(chunk.path for chunk in ranking):
        found = next((index for index, source in enumerate(question.sources) if is_source(path, source)), None)
        names.append(path if found is None else f"right-{found}")
    return names


def _passage_names(question: Question, ranking: Sequence[Ranked]) -> list[str]:
    """Name each chunk by the passage it holds; a chunk that repeats a passage found before does not count again.

    Where the documents are named too, the same words in another document are not the passage.
    """
    names: list[str] = []
    for place, chunk in enumerate(ranking):
        text = chunk.text if _may_hold(question, chunk.path) else ""
        found = next((index for index, passage in enumerate(question.passages) if _is_same(passage, text)), None)
        names.append(f"other-{place}" if found is None else f"right-{found}")
    return names


def _may_hold(question: Question, path: str) -> bool:
    return not question.sources or any(is_source(path, source) for source in question.sources)


def _is_same(passage: str, chunk: str) -> bool:
    """Tell whether one text holds the other word for word, or they have most of the shorter one's words in common."""
    wanted, words = normalised(passage), normalised(chunk)
    if not wanted or not words:
        return False
    if f" {wanted} " in f" {words} " or f" {words} " in f" {wanted} ":
        return True
    if len(passage) <= _SHORT and stands_in(chunk, passage):
        return True
    pairs, others = _pairs(wanted), _pairs(words)
    return len(pairs & others) >= max(_FEWEST_COMMON, _OVERLAP * min(len(pairs), len(others)))


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(itertools.pairwise(text.split()))
