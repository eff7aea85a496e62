"""How well an answer matches a reference, and how well its citations hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lorag.evaluation.plain_text import normalised, without_citations
from lorag.evaluation.stands import stands_in
from lorag.prompts.language import language_of


def exact_match(answer: str, references: Sequence[str]) -> float:
    """Return 1 when the answer is one of the references after normalisation (Rajpurkar et al. 2016), else 0."""
    return float(any(normalised(answer) == normalised(reference) for reference in references))


def contains_answer(answer: str, references: Sequence[str]) -> float:
    """Return 1 when a reference stands in the answer, whole and whatever the Korean spacing."""
    return float(any(stands_in(answer, reference) for reference in references))


def token_f1(answer: str, references: Sequence[str]) -> float:
    """Return the best F1 of words over the references (Rajpurkar et al. 2016)."""
    return max(
        (_f1(normalised(answer).split(), normalised(reference).split()) for reference in references), default=0.0
    )


def character_f1(answer: str, references: Sequence[str]) -> float:
    """Return the best F1 of characters over the references, as KorQuAD does for Korean (Lim et al. 2019)."""
    said = list(normalised(answer).replace(" ", ""))
    return max((_f1(said, list(normalised(reference).replace(" ", ""))) for reference in references), default=0.0)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    common = sum((Counter(said) & Counter(wanted)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


@dataclass(frozen=True, slots=True)
class CitationScore:
    """How the cited passages compare with the right ones."""

    precision: float
    """Share of the cited that is right; 1 when nothing is cited."""
    recall: float
    """Share of the right that is cited; 1 when nothing is right."""


def citation_score(cited: Sequence[str], right: Sequence[str]) -> CitationScore:
    """Compare the sources an answer cites with the sources that hold the answer."""
    cited_set, right_set = set(cited), set(right)
    common = len(cited_set & right_set)
    return CitationScore(
        precision=common / len(cited_set) if cited_set else 1.0, recall=common / len(right_set) if right_set else 1.0
    )


def keeps_language(question: str, answer: str) -> float:
    """Return 1 when the answer is in the question's language."""
    return float(language_of(question) == language_of(without_citations(answer)))
