"""What a tune may not break: each measure against the base, with a limit and the reason for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lorag.evaluation.significance import bootstrap, bootstrap_ratio
from lorag.evaluation.suite import Measurement
from lorag.prompts.language import Language

GateVerdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class GateResult:
    """One measure before and after."""

    name: str
    base: float
    tuned: float
    change: float
    """As the limit counts it: a difference, or a ratio minus one for perplexity."""
    limit: float
    """Where ``change`` begins to fail."""
    verdict: GateVerdict

    def reason(self, language: Language) -> str:
        """Return why there is this limit."""
        return REASONS[self.name.partition(":")[0]][language]


REASONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "task": {
        "en": "The loss on held-out answers must fall, or nothing was learned.",
        "ko": "따로 둔 답에 대한 손실이 줄지 않으면 배운 것이 없습니다.",
    },
    "perplexity": {
        "en": "Everyday text must stay as predictable: 5 % worse is a sign of forgetting, 15 % is forgetting.",
        "ko": "일상적인 글을 예측하는 힘이 유지되어야 합니다. 5% 나빠지면 잊고 있다는 신호, 15%면 잊은 것입니다.",
    },
    "divergence": {
        "en": "Far from the base, models forget in proportion; beyond 0.1 nats a token look at the other measures closely.",
        "ko": "기반 모델에서 멀어질수록 더 잊습니다. 토큰당 0.1 nat을 넘으면 다른 수치를 자세히 보세요.",
    },
    "probes": {
        "en": "No group of small abilities may drop by more than 5 points beyond chance.",
        "ko": "작은 능력의 어느 묶음도 우연을 넘어 5점보다 많이 떨어지면 안 됩니다.",
    },
    "stopping": {
        "en": "Answers must still end: a model that does not stop was trained without its end-of-turn token.",
        "ko": "답이 끝나야 합니다. 멈추지 않는 모델은 끝 표시를 배우지 못한 것입니다.",
    },
    "repetition": {
        "en": "Answers must not begin to repeat themselves.",
        "ko": "답이 같은 말을 되풀이하면 안 됩니다.",
    },
    "follows": {
        "en": "Shown a passage that says otherwise, the model must go on believing the passage; else retrieval is in vain.",
        "ko": "문단이 다르게 말하면 문단을 따라야 합니다. 그러지 않으면 검색이 소용없습니다.",
    },
    "abstains": {
        "en": "With no passage that answers, the model must still say so instead of what it was taught.",
        "ko": "답이 있는 문단이 없으면 배운 것을 말하지 말고 없다고 해야 합니다.",
    },
    "supportive": {
        "en": "Given the right passage, the model must still answer from it.",
        "ko": "맞는 문단이 주어지면 거기서 답해야 합니다.",
    },
    "position": {
        "en": "The right passage must be found wherever it stands among others.",
        "ko": "맞는 문단은 다른 문단 사이 어디에 있든 찾아야 합니다.",
    },
}

_FAIL_PERPLEXITY: Final = 0.15
_WARN_PERPLEXITY: Final = 0.05
_WARN_DIVERGENCE: Final = 0.1
_MOST_DROP: Final = {"probes": 0.05, "stopping": 0.05, "follows": 0.10, "abstains": 0.25, "supportive": 0.10,
                     "position": 0.15}  # fmt: skip
_WARN_SHARE: Final = 0.5
"""Half of a limit is enough for a warning."""
_TOLERANCE: Final = 1e-9


def check_gates(base: Measurement, tuned: Measurement) -> list[GateResult]:
    """Compare a tuned model with its base; what one of them did not measure is left out."""
    return [*_learning(base, tuned), *_forgetting(base, tuned), *_context(base, tuned)]


def passes(results: Sequence[GateResult]) -> bool:
    """Tell whether no gate failed."""
    return all(result.verdict != "fail" for result in results)


def _learning(base: Measurement, tuned: Measurement) -> Iterator[GateResult]:
    if base.loss is not None and tuned.loss is not None:
        change = tuned.loss - base.loss
        yield GateResult("task", base.loss, tuned.loss, change, 0.0, "fail" if change >= 0 else "ok")


def _forgetting(base: Measurement, tuned: Measurement) -> Iterator[GateResult]:
    yield _perplexity(base, tuned)
    if tuned.divergence is not None:
        moved = tuned.divergence.nats_per_token
        yield GateResult(
            "divergence", 0.0, moved, moved, _WARN_DIVERGENCE, "warn" if moved > _WARN_DIVERGENCE else "ok"
        )
    for group in base.probes.groups:
        yield _probe_group(group, base, tuned)
    if base.stopping is not None and tuned.stopping is not None:
        yield _drop("stopping", base.stopping.stop_rate, tuned.stopping.stop_rate)
        change = tuned.stopping.repetition - base.stopping.repetition
        verdict: GateVerdict = "fail" if change > 0.2 else "warn" if change > 0.1 else "ok"
        yield GateResult("repetition", base.stopping.repetition, tuned.stopping.repetition, change, 0.2, verdict)


def _context(base: Measurement, tuned: Measurement) -> Iterator[GateResult]:
    yield _drop("follows", base.follow_rate, tuned.follow_rate)
    before, after = base.reliance, tuned.reliance
    if before is not None and after is not None:
        yield _drop("abstains", _mean(before.abstains), _mean(after.abstains))
        yield _drop("supportive", _mean(before.supportive), _mean(after.supportive))
        yield _drop("position", before.worst_position, after.worst_position)


def _perplexity(base: Measurement, tuned: Measurement) -> GateResult:
    before, after = base.perplexity, tuned.perplexity
    change = after.all / before.all - 1
    nats = [new.nats - old.nats for old, new in zip(before.texts, after.texts, strict=True)]
    beyond_chance = bootstrap_ratio(nats, [float(text.tokens) for text in before.texts]).low > 0
    verdict: GateVerdict = "ok"
    if beyond_chance and change > _WARN_PERPLEXITY:
        verdict = "fail" if change > _FAIL_PERPLEXITY else "warn"
    return GateResult("perplexity", before.all, after.all, change, _FAIL_PERPLEXITY, verdict)


def _probe_group(group: str, base: Measurement, tuned: Measurement) -> GateResult:
    before, after = base.probes.groups[group], tuned.probes.groups[group]
    confidence = [
        new.confidence - old.confidence
        for old, new in zip(base.probes.outcomes, tuned.probes.outcomes, strict=True)
        if old.group == group
    ]
    # Ten choices move in steps of a tenth; the confidence behind them tells a drop from a toss-up.
    result = _drop("probes", before, after)
    verdict = result.verdict if bootstrap(confidence).high < 0 else "ok"
    return GateResult(f"probes:{group}", before, after, result.change, result.limit, verdict)


def _drop(name: str, before: float, after: float) -> GateResult:
    limit = _MOST_DROP[name]
    drop = before - after
    verdict: GateVerdict = "ok"
    if drop > limit + _TOLERANCE:
        verdict = "fail"
    elif drop > limit * _WARN_SHARE + _TOLERANCE:
        verdict = "warn"
    return GateResult(name, before, after, after - before, -limit, verdict)


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)
