"""The tables of an evaluation: legs of the search, rows of answers, and differences between rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from lorag.evaluation.outcomes import METRICS
from lorag.evaluation.retrieved import CUTS, RankingScores
from lorag.evaluation.significance import Interval, bootstrap
from lorag.evaluation.summary import Comparison, EvaluatedRow
from lorag.evaluation.table import Cell, Column, Table, merged
from lorag.prompts.language import Language

_SIGNIFICANT: Final = 0.05
_SMALLEST: Final = 0.001
"""Below it the drawn samples say no more."""

TITLES: Final[dict[str, dict[Language, str]]] = {
    "row": {"en": "row", "ko": "조합"},
    "contains": {"en": "holds answer", "ko": "정답 포함"},
    "exact": {"en": "exact", "ko": "완전 일치"},
    "token_f1": {"en": "word F1", "ko": "단어 F1"},
    "character_f1": {"en": "char F1", "ko": "글자 F1"},
    "found": {"en": "found", "ko": "찾음"},
    "citation_precision": {"en": "cites right", "ko": "인용 정확"},
    "citation_recall": {"en": "cites all", "ko": "인용 재현"},
    "verified": {"en": "verified", "ko": "원문 확인"},
    "right_refusal": {"en": "refuses rightly", "ko": "옳은 거절"},
    "wrong_refusal": {"en": "refuses wrongly", "ko": "그른 거절"},
    "language": {"en": "language kept", "ko": "언어 유지"},
    "seconds": {"en": "s/question", "ko": "초/질문"},
    "prompt_tokens": {"en": "prompt tok", "ko": "입력 토큰"},
    "answer_tokens": {"en": "answer tok", "ko": "답 토큰"},
    "leg": {"en": "leg", "ko": "방식"},
    "mrr": {"en": "MRR", "ko": "MRR"},
    "ndcg": {"en": "nDCG@10", "ko": "nDCG@10"},
    "questions": {"en": "questions", "ko": "질문 수"},
    "metric": {"en": "measure", "ko": "지표"},
    "first": {"en": "from", "ko": "기준"},
    "second": {"en": "to", "ko": "비교"},
    "difference": {"en": "difference", "ko": "차이"},
    "interval": {"en": "95 % interval", "ko": "95 % 구간"},
    "p_value": {"en": "p", "ko": "p"},
    "says": {"en": "", "ko": ""},
    "words": {"en": "words", "ko": "단어"},
    "vectors": {"en": "meaning", "ko": "의미"},
    "fused": {"en": "both fused", "ko": "둘을 합침"},
    "real": {"en": "more than luck", "ko": "우연 이상"},
    "luck": {"en": "may be luck", "ko": "우연일 수 있음"},
    "few": {"en": "too few questions", "ko": "질문이 너무 적음"},
    "note": {
        "en": "With {questions} questions no difference can be told from luck: p could be {smallest:.3f} at the least.",
        "ko": "질문 {questions}개로는 어떤 차이도 우연과 구별할 수 없습니다: p가 가장 작아도 {smallest:.3f}입니다.",
    },
}
_FIGURES: Final = {"seconds": 2, "prompt_tokens": 0, "answer_tokens": 0}


@dataclass(frozen=True, slots=True)
class LegScores:
    """One leg of the search judged on every question."""

    leg: str
    """``words``, ``vectors`` or ``fused``."""
    scores: tuple[RankingScores | None, ...]
    """In the order of the questions; None where the right place is not known."""

    def figures(self) -> dict[str, float]:
        """Return the means by name; empty when no question could be judged."""
        judged = [score for score in self.scores if score is not None]
        if not judged:
            return {}
        recall = {f"recall@{cut}": fmean(score.recall[at] for score in judged) for at, cut in enumerate(CUTS)}
        return {
            **recall,
            "mrr": fmean(score.reciprocal_rank for score in judged),
            "ndcg": fmean(score.ndcg for score in judged),
            "questions": float(len(judged)),
        }

    def shown_ndcg(self) -> str:
        """Return nDCG with its 95 % interval, for people."""
        interval = bootstrap([score.ndcg for score in self.scores if score is not None])
        return f"{interval.mean:.3f} ({interval.low:.2f}–{interval.high:.2f})"


def retrieval_table(legs: Sequence[LegScores], language: Language) -> Table:
    """Return one row a leg."""
    columns = [
        Column("leg", TITLES["leg"][language]),
        *(Column(f"recall@{cut}", f"R@{cut}", 0, percent=True) for cut in CUTS),
        Column("mrr", "MRR", 3),
        Column("ndcg", "nDCG@10", 3),
        Column("questions", TITLES["questions"][language], 0),
    ]
    rows: list[Mapping[str, Cell]] = [
        {"leg": TITLES[leg.leg][language], **figures, "ndcg": leg.shown_ndcg()}
        for leg in legs
        if (figures := leg.figures())
    ]
    return merged(rows, columns)


def answer_table(rows: Sequence[EvaluatedRow], language: Language) -> Table:
    """Return one row a combination: means, and behind the compared ones their 95 % intervals."""
    columns = [Column("row", TITLES["row"][language])]
    columns += [
        Column(name, TITLES[name][language], _FIGURES.get(name, 0), percent=name not in _FIGURES) for name in METRICS
    ]
    return merged([_cells(row) for row in rows], columns)


def _cells(row: EvaluatedRow) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"row": row.spec.name}
    for name, interval in row.summary().items():
        cells[name] = _with_interval(interval) if name in {"contains", "character_f1"} else interval.mean
    return cells


def _with_interval(interval: Interval) -> str:
    return f"{interval.mean * 100:.0f} % ({interval.low * 100:.0f}–{interval.high * 100:.0f})"


def comparison_table(comparisons: Sequence[Comparison], language: Language) -> Table:
    """Return one row for every two combinations and measure."""
    columns = [
        Column("metric", TITLES["metric"][language]),
        Column("first", TITLES["first"][language]),
        Column("second", TITLES["second"][language]),
        Column("difference", TITLES["difference"][language], 0),
        Column("interval", TITLES["interval"][language], 0),
        Column("p_value", TITLES["p_value"][language], 3),
        Column("says", TITLES["says"][language]),
    ]
    rows: list[Mapping[str, Cell]] = [
        {
            "metric": TITLES[comparison.metric][language],
            "first": comparison.first,
            "second": comparison.second,
            "difference": f"{comparison.difference * 100:+.0f}",
            "interval": f"{comparison.low * 100:+.0f} … {comparison.high * 100:+.0f}",
            "p_value": "< 0.001" if comparison.p_value < _SMALLEST else comparison.p_value,
            "says": TITLES[_says(comparison)][language],
        }
        for comparison in comparisons
    ]
    return replace(merged(rows, columns), notes=tuple(_notes(comparisons, language)))


def _says(comparison: Comparison) -> str:
    if comparison.smallest_p_value >= _SIGNIFICANT:
        return "few"
    return "real" if comparison.p_value < _SIGNIFICANT else "luck"


def _notes(comparisons: Sequence[Comparison], language: Language) -> list[str]:
    """Say where no difference could be more than luck, so that a p-value of 1 is not taken for a finding."""
    few = [comparison for comparison in comparisons if _says(comparison) == "few"]
    if not few:
        return []
    least = min(few, key=lambda comparison: comparison.smallest_p_value)
    return [TITLES["note"][language].format(questions=least.questions, smallest=least.smallest_p_value)]
