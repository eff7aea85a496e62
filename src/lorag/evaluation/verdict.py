"""What to do with a tuned model, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lorag.evaluation.gates import GateResult
from lorag.evaluation.significance import paired_p_value
from lorag.evaluation.suite import Measurement
from lorag.evaluation.task import TaskResult
from lorag.prompts.language import Language

VerdictCode = Literal["keep", "keep_with_rag", "keep_without_rag", "rag_only", "no_gain", "do_not_use"]

_FORGETTING: Final = frozenset({"perplexity", "probes", "stopping", "repetition"})
_SIGNIFICANT: Final = 0.05

_TEXTS: Final[dict[VerdictCode, dict[Language, str]]] = {
    "keep": {
        "en": "Keep it: it does the task better than the base and forgot nothing that was measured.",
        "ko": "쓰세요: 기반 모델보다 일을 잘하고, 재어 본 것 가운데 잊은 것이 없습니다.",
    },
    "keep_with_rag": {
        "en": "Keep it, with the documents: the tuned model over the passages answers best.",
        "ko": "문서와 함께 쓰세요: 학습한 모델이 문단을 보고 답할 때 가장 잘합니다.",
    },
    "keep_without_rag": {
        "en": "Use it without the documents only: it no longer follows the passages as the base does.",
        "ko": "문서 없이만 쓰세요: 기반 모델만큼 문단을 따르지 않게 되었습니다.",
    },
    "rag_only": {
        "en": "Use the base with the documents: that answers better than the tuned model, with or without them.",
        "ko": "기반 모델을 문서와 함께 쓰세요: 학습한 모델보다 낫습니다.",
    },
    "no_gain": {
        "en": "Do not use it: it does the task no better than the base.",
        "ko": "쓰지 마세요: 기반 모델보다 나아진 것이 없습니다.",
    },
    "do_not_use": {
        "en": "Do not use it: it forgot.",
        "ko": "쓰지 마세요: 전에 하던 것을 잊었습니다.",
    },
}
_BECAUSE: Final[dict[Language, str]] = {"en": "Because", "ko": "근거"}
_GATE_NAMES: Final[dict[str, dict[Language, str]]] = {
    "task": {"en": "loss", "ko": "손실"},
    "perplexity": {"en": "perplexity of everyday text", "ko": "일상 글의 당혹도"},
    "divergence": {"en": "distance from the base", "ko": "기반과의 거리"},
    "probes": {"en": "small abilities", "ko": "작은 능력"},
    "stopping": {"en": "answers that end", "ko": "끝나는 답"},
    "repetition": {"en": "repetition", "ko": "되풀이"},
    "follows": {"en": "passages believed", "ko": "따른 문단"},
    "abstains": {"en": "refusals where nothing answers", "ko": "답이 없을 때 모름 인정"},
    "supportive": {"en": "right answers from the right passage", "ko": "맞는 문단에서 맞은 답"},
    "position": {"en": "right answers wherever the passage stands", "ko": "문단이 어디에 있든 맞은 답"},
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and the gates that decided it."""

    code: VerdictCode
    because: tuple[GateResult, ...]

    def text(self, language: Language) -> str:
        """Return the verdict in words, with the figures behind it."""
        said = _TEXTS[self.code][language]
        reasons = "; ".join(_shown(gate, language) for gate in self.because)
        return f"{said} {_BECAUSE[language]}: {reasons}." if reasons else said


def decide(base: Measurement, tuned: Measurement, gates: Sequence[GateResult]) -> Verdict:
    """Weigh what was gained against what was lost."""
    failed = [gate for gate in gates if gate.verdict == "fail"]
    forgot = tuple(gate for gate in failed if gate.name.partition(":")[0] in _FORGETTING)
    if forgot:
        return Verdict("do_not_use", forgot)
    unlearned = tuple(gate for gate in failed if gate.name == "task")
    if unlearned:
        return Verdict("no_gain", unlearned)
    if failed:
        return Verdict("keep_without_rag", tuple(failed))
    return Verdict(_by_answers(base, tuned), tuple(gate for gate in gates if gate.verdict == "warn"))


def _by_answers(base: Measurement, tuned: Measurement) -> VerdictCode:
    """Compare the answers themselves; a difference counts only beyond chance."""
    if tuned.grounded is None or base.grounded is None or tuned.task is None:
        return "keep"
    if _better(base.grounded, tuned.grounded) and _better(base.grounded, tuned.task):
        return "rag_only"
    return "keep" if _better(tuned.task, tuned.grounded) else "keep_with_rag"


def _better(first: TaskResult, second: TaskResult) -> bool:
    one, other = _scores(first), _scores(second)
    return sum(one) > sum(other) and paired_p_value(one, other) < _SIGNIFICANT


def _scores(task: TaskResult) -> list[float]:
    # Characters, not words: fair to Korean particles.
    return [row.character_f1 for row in task.rows]


def _shown(gate: GateResult, language: Language) -> str:
    group = gate.name.partition(":")[2]
    name = _GATE_NAMES[gate.name.partition(":")[0]][language] + (f" ({group})" if group else "")
    return f"{name} {gate.base:.2f} → {gate.tuned:.2f}"
