"""What a calibration found and did, for people and for programs."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.commands.eval_show import terminal_width
from lorag.commands.terminal import harmless_line
from lorag.evaluation.calibration import Calibration, Rates
from lorag.evaluation.table import Cell, Column, merged
from lorag.prompts.language import Language

_MOST_DRAFTED: Final = 0.5
"""Share of the answerable questions that may stand as they were drafted: drafts score higher than real questions."""
_TEXTS: Final[dict[Language, Mapping[str, str]]] = {
    "en": {
        "before": "now",
        "after": "calibrated",
        "unseen": "on unseen questions",
        "threshold": "threshold",
        "refused": "false refusals",
        "answered": "false answers",
        "drafts": (
            "Nothing was changed: these are drafts, which repeat the documents' words, so a threshold set from them would "
            "refuse real questions. Rewrite at least half of a set made by lorag eval make --out FILE and calibrate with it."
        ),
        "kept": (
            "False refusals: {refused_before} → {refused_after}. False answers: {answered_before} → {answered_after}. "
            "The library keeps this threshold in {library}, not in the settings: lorag config goes on showing those. "
            "To go back: lorag eval calibrate --reset"
        ),
        "own": (
            "Nothing was changed: {best:.3f} would fit these questions best, but thresholds chosen so make no fewer mistakes "
            "on questions they were not chosen from (last row). More questions of both kinds would tell more."
        ),
        "best": "Nothing was changed: the present threshold makes the fewest mistakes.",
        "dry": "Nothing was changed (--dry-run).",
        "overridden": (
            "A threshold of your own in the settings (LORAG_THRESHOLD, .env or config.toml) wins over the library's: "
            "remove it to use a calibrated one."
        ),
        "reset": "The library follows the settings again: threshold {threshold:.3f}.",
    },
    "ko": {
        "before": "지금",
        "after": "보정 후",
        "unseen": "처음 보는 질문에서",
        "threshold": "기준값",
        "refused": "그른 거절",
        "answered": "그른 답",
        "drafts": (
            "바꾼 것이 없습니다. 초안 질문은 문서의 말을 그대로 써서, 그것으로 정한 기준값은 실제 질문을 거절하게 됩니다. "
            "lorag eval make --out 파일 로 만든 질문을 절반 넘게 고쳐 쓴 다음 그 파일로 보정하세요."
        ),
        "kept": (
            "그른 거절: {refused_before} → {refused_after}. 그른 답: {answered_before} → {answered_after}. "
            "이 값은 설정이 아니라 문서함({library})에 저장되므로 lorag config 에는 설정값이 그대로 보입니다. "
            "되돌리기: lorag eval calibrate --reset"
        ),
        "own": (
            "바꾼 것이 없습니다. 이 질문들에는 {best:.3f}이 가장 잘 맞지만, 그렇게 정한 값은 처음 보는 질문에서 나아지지 않았습니다 "
            "(마지막 줄). 두 종류의 질문이 더 있어야 합니다."
        ),
        "best": "바꾼 것이 없습니다. 지금 기준값이 가장 덜 틀립니다.",
        "dry": "바꾼 것이 없습니다 (--dry-run).",
        "overridden": (
            "설정에 직접 정한 기준값(LORAG_THRESHOLD, .env, config.toml)이 문서함의 값보다 앞섭니다. "
            "보정한 값을 쓰려면 그 설정을 지우세요."
        ),
        "reset": "문서함이 다시 설정값을 따릅니다: 기준값 {threshold:.3f}.",
    },
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, and what became of it."""

    calibration: Calibration
    drafted: int
    """How many answerable questions stand as they were drafted."""
    dry_run: bool
    overridden: bool
    """Whether a threshold in the settings wins over the library's own."""
    library: Path

    @property
    def is_of_drafts(self) -> bool:
        """Whether it rests on drafts, and so must not be kept: real questions would be refused."""
        return self.drafted > _MOST_DRAFTED * self.calibration.before.answerable

    @property
    def is_kept(self) -> bool:
        """Whether the library has a new threshold."""
        changed = self.calibration.threshold != self.calibration.present
        return changed and not self.dry_run and not self.is_of_drafts

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            **dataclasses.asdict(self.calibration),
            "kept": self.is_kept,
            "drafts": self.is_of_drafts,
            "overridden": self.overridden,
            "library": str(self.library),
        }


def print_reset(threshold: float, language: Language) -> None:
    """Say that the library's own threshold is gone."""
    print(_TEXTS[language]["reset"].format(threshold=threshold))


def print_calibration(done: Calibrated, language: Language) -> None:
    """Print the mistakes of each threshold, and what was done."""
    texts = _TEXTS[language]
    columns = [
        Column("row", ""),
        Column("threshold", texts["threshold"], 3),
        Column("refused", texts["refused"], 0),
        Column("answered", texts["answered"], 0),
    ]
    print(merged(list(_rows(done.calibration, texts)), columns).as_text(terminal_width()))
    print(f"\n{texts[_what_happened(done)].format(**_figures(done))}")
    if done.overridden:
        print(texts["overridden"])


def _what_happened(done: Calibrated) -> str:
    if done.is_of_drafts:
        return "drafts"
    if done.calibration.fits_only_its_own:
        return "own"
    if done.calibration.threshold == done.calibration.present:
        return "best"
    return "dry" if done.dry_run else "kept"


def _figures(done: Calibrated) -> dict[str, object]:
    before, after = _cells(done.calibration.before), _cells(done.calibration.after)
    return {
        "best": done.calibration.best,
        "library": harmless_line(str(done.library)),
        "refused_before": before["refused"],
        "refused_after": after["refused"],
        "answered_before": before["answered"],
        "answered_after": after["answered"],
    }


def _rows(calibration: Calibration, texts: Mapping[str, str]) -> Iterator[dict[str, Cell]]:
    yield {"row": texts["before"], "threshold": calibration.present, **_cells(calibration.before)}
    if calibration.threshold != calibration.present:
        yield {"row": texts["after"], "threshold": calibration.threshold, **_cells(calibration.after)}
    yield {"row": texts["unseen"], **_cells(calibration.unseen)}


def _cells(counted: Rates) -> dict[str, Cell]:
    return {
        "refused": _share(counted.false_refusals, counted.answerable),
        "answered": _share(counted.false_answers, counted.unanswerable),
    }


def _share(count: int, of: int) -> str:
    return f"{count / of * 100:.0f} % ({count}/{of})"
