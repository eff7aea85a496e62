"""The result of a tune in four rows: base, base + RAG, tuned, tuned + RAG."""

from typing import Final

from lorag.evaluation.suite import Measurement
from lorag.evaluation.table import Cell, Column, Table, merged
from lorag.evaluation.task import TaskResult
from lorag.prompts.language import Language

_TITLES: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("", "loss", "exact", "holds it", "word F1", "char F1", "follows", "abstains", "perplexity", "KL", "stops", "tok/s"),
    "ko": ("", "손실", "일치", "포함", "단어 F1", "글자 F1", "문맥 따름", "모름 인정", "당혹도", "KL", "멈춤", "토큰/초"),
}  # fmt: skip
_NAMES: Final[dict[Language, tuple[str, str, str, str]]] = {
    "en": ("base", "base + RAG", "tuned", "tuned + RAG"),
    "ko": ("기반", "기반 + RAG", "학습", "학습 + RAG"),
}
_KEYS: Final = ("row", "loss", "exact", "contains", "token_f1", "character_f1", "follows", "abstains", "perplexity",
                "divergence", "stops", "tokens_per_second")  # fmt: skip
_DIGITS: Final = (None, 2, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0)
_PERCENT: Final = frozenset({"exact", "contains", "token_f1", "character_f1", "follows", "abstains", "stops"})


def four_rows(base: Measurement, tuned: Measurement, language: Language = "en") -> Table:
    """Return the table; rows and columns that were not measured are left out.

    What concerns passages stands in the rows with RAG, what concerns the model alone in the others.
    """
    names = _NAMES[language]
    rows: list[dict[str, Cell]] = []
    for measurement, plain, grounded in ((base, names[0], names[1]), (tuned, names[2], names[3])):
        rows.append({"row": plain, **_task(measurement.task), **_model(measurement)})
        rows.append({"row": grounded, **_task(measurement.grounded), **_context(measurement)})
    return merged(rows, _columns(language))


def _columns(language: Language) -> list[Column]:
    return [
        Column(key, title, digits, key in _PERCENT)
        for key, title, digits in zip(_KEYS, _TITLES[language], _DIGITS, strict=True)
    ]


def _task(task: TaskResult | None) -> dict[str, Cell]:
    if task is None:
        return {}
    return {
        "loss": task.loss,
        "exact": task.exact_match,
        "contains": task.contains,
        "token_f1": task.token_f1,
        "character_f1": task.character_f1,
        "tokens_per_second": task.tokens_per_second,
    }


def _model(measurement: Measurement) -> dict[str, Cell]:
    return {
        **({"loss": measurement.loss} if measurement.task is None else {}),
        "perplexity": measurement.perplexity.all,
        "divergence": measurement.divergence.nats_per_token if measurement.divergence else None,
        "stops": measurement.stopping.stop_rate if measurement.stopping else None,
    }


def _context(measurement: Measurement) -> dict[str, Cell]:
    abstains = measurement.reliance.abstains if measurement.reliance else None
    return {"follows": measurement.follow_rate, "abstains": sum(abstains) / len(abstains) if abstains else None}
