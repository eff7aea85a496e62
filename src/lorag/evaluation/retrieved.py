"""How well each leg of a search ranks what holds the answer."""

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lorag.evaluation.questions import Question
from lorag.evaluation.ranking import ndcg_at, recall_at, reciprocal_rank

CUTS: Final = (1, 3, 5, 10)
"""Where recall is measured."""
_OVERLAP: Final = 0.5
"""Share of the words of the shorter text that two stretches must have in common to be the same passage."""


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
    """Name each chunk by the passage it holds; a chunk that repeats a passage found before does not count again."""
    wanted = [_words(passage) for passage in question.passages]
    names: list[str] = []
    for place, chunk in enumerate(ranking):
        words = _words(chunk.text)
        found = next((index for index, passage in enumerate(wanted) if _is_same(passage, words)), None)
        names.append(f"other-{place}" if found is None else f"right-{found}")
    return names


def _is_same(passage: str, chunk: str) -> bool:
    if passage in chunk or chunk in passage:
        return bool(passage and chunk)
    pairs, others = _pairs(passage), _pairs(chunk)
    return len(pairs & others) >= _OVERLAP * min(len(pairs), len(others)) > 0


def _words(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFC", text).lower()).split())


def _pairs(text: str) -> set[tuple[str, str]]:
    words = text.split()
    return set(itertools.pairwise(words))
