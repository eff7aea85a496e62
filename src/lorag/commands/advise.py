"""``lorag advise``: RAG, fine-tuning, both, or a prompt, with the reasons."""

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorag.commands.advise_ask import ask, told_from
from lorag.commands.advise_look import look, read_conversations
from lorag.commands.eval_show import terminal_width
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless, harmless_json, never_fail_on_encoding
from lorag.errors import UsageError
from lorag.evaluation.advice import Advice, needs_documents, recommend, weigh
from lorag.evaluation.advice_facts import Criterion, Known
from lorag.evaluation.advice_rules import criteria
from lorag.evaluation.advice_verdict_words import NEXT_STEPS, RECOMMENDATIONS, SIDES, Recommendation
from lorag.evaluation.table import Column, Table, merged
from lorag.paths import typed_path
from lorag.prompts.language import Language
from lorag.settings import Settings
from lorag.translation.locale import locale_language

_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "criterion": "criterion",
        "evidence": "evidence",
        "side": "speaks for",
        "weight": "weight",
        "totals": "Weights: RAG {rag}, tuning {tuning}, prompting {prompting}.",
        "held": "Held back: {way} (weight {weight}): {reason}.",
        "until": "Until then: {words}",
        "next": "Next:",
        "experiment": "By the numbers of a short training (a full one may do better):",
        "adapter": "The adapter of the experiment is {name}: lorag chat --adapter {name}; to delete it: lorag adapters delete {name}",
        "measure": "To decide by numbers on your own examples: lorag advise --data EXAMPLES --measure",
    },
    "ko": {
        "criterion": "기준",
        "evidence": "근거",
        "side": "말하는 쪽",
        "weight": "무게",
        "totals": "무게 합: RAG {rag}, 파인튜닝 {tuning}, 프롬프트 {prompting}.",
        "held": "보류: {way} (무게 {weight}): {reason}.",
        "until": "그때까지: {words}",
        "next": "다음:",
        "experiment": "짧게 학습해 재어 본 결과 (제대로 학습하면 더 나을 수 있음):",
        "adapter": "시험 삼아 만든 어댑터는 {name}입니다: lorag chat --adapter {name}, 지우기: lorag adapters delete {name}",
        "measure": "내 예시로 재어서 정하기: lorag advise --data 예시 --measure",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Look, ask, and say what follows; with ``--measure``, train a little and say what the numbers say."""
    never_fail_on_encoding()
    settings = settings_from(arguments)
    language: Language = arguments.lang or locale_language()
    paths = [typed_path(path) for path in arguments.data]
    if arguments.measure and not paths:
        raise UsageError("--measure needs examples to measure with: lorag advise --data EXAMPLES --measure")
    examples = read_conversations(settings, paths)
    told = told_from(arguments)
    if sys.stdin.isatty() and sys.stdout.isatty() and not arguments.json:
        told = ask(told, language)
    known = look(settings, told, examples, use_library=arguments.library is not False)
    found = criteria(known)
    shown = _Shown(known, found, arguments.data, language)
    if arguments.measure:
        return _measured(settings, paths, shown, as_json=arguments.json)
    advised = recommend(known, found)
    if arguments.json:
        print(harmless_json({**shown.record(advised.recommendation), **_held_record(advised, language)}, sys.stdout))
    else:
        _print(shown, advised)
        print(f"\n{_TEXTS[language]['measure']}")
    return 0


@dataclass(frozen=True, slots=True)
class _Shown:
    """What every form of the advice shows."""

    known: Known
    found: Sequence[Criterion]
    data: Sequence[str]
    language: Language

    def steps(self, recommendation: Recommendation) -> list[str]:
        has_documents = self.known.library is not None and self.known.library.documents > 0
        return next_steps(recommendation, self.data, has_documents=has_documents)

    def record(self, recommendation: Recommendation) -> dict[str, Any]:
        return {
            "recommendation": recommendation,
            "words": RECOMMENDATIONS[recommendation][self.language],
            "weights": weigh(self.found),
            "criteria": [
                {
                    **dataclasses.asdict(criterion),
                    "name": criterion.name(self.language),
                    "evidence": criterion.evidence(self.language),
                }
                for criterion in self.found
            ],
            "next": self.steps(recommendation),
        }


def _measured(settings: Settings, paths: Sequence[Path], shown: _Shown, *, as_json: bool) -> int:
    from lorag.commands.advise_measure import measure  # noqa: PLC0415 - starts a training, which few ask for

    if not as_json:
        print(harmless(reasons_table(shown.found, shown.language).as_text(terminal_width())), flush=True)
    experiment = measure(settings, paths, documents_needed=needs_documents(shown.found))
    if as_json:
        record = shown.record(experiment.recommendation)
        measured = {"adapter": experiment.name, "experiment": experiment.report}
        print(harmless_json({**record, **measured}, sys.stdout))
        return 0
    texts = _TEXTS[shown.language]
    print(f"\n{texts['experiment']}")
    print(harmless(experiment.words))
    print(RECOMMENDATIONS[experiment.recommendation][shown.language])
    _print_steps(shown, experiment.recommendation)
    if experiment.name is not None:
        print(f"\n{texts['adapter'].format(name=experiment.name)}")
    return 0


def reasons_table(found: Sequence[Criterion], language: Language) -> Table:
    """Return the table of criterion, evidence, and what it speaks for."""
    texts = _TEXTS[language]
    columns = [
        Column("criterion", texts["criterion"]),
        Column("side", texts["side"]),
        Column("weight", texts["weight"], 0),
        Column("evidence", texts["evidence"]),
    ]
    return merged(
        [
            {
                "criterion": criterion.name(language),
                "side": SIDES[criterion.side][language],
                "weight": criterion.weight or None,
                "evidence": criterion.evidence(language),
            }
            for criterion in found
        ],
        columns,
    )


def next_steps(recommendation: Recommendation, data: Sequence[str], *, has_documents: bool) -> list[str]:
    """Return the commands to run, with the examples that were given; a filled library needs no first document."""
    examples = " ".join(map(shlex.quote, data)) or "EXAMPLES"
    steps = [step for step in NEXT_STEPS[recommendation] if not (has_documents and step.startswith("lorag add "))]
    return [step.replace("EXAMPLES", examples) for step in steps]


def _print(shown: _Shown, advised: Advice) -> None:
    texts = _TEXTS[shown.language]
    print(harmless(reasons_table(shown.found, shown.language).as_text(terminal_width())))
    totals = {str(way): weight for way, weight in advised.weights.items()}
    print(f"\n{texts['totals'].format(**totals)}")
    print(RECOMMENDATIONS[advised.recommendation][shown.language])
    for veto in advised.vetoes:
        way = SIDES[veto.way][shown.language]
        reason = veto.reason(shown.language)
        print(texts["held"].format(way=way, weight=advised.weights[veto.way], reason=reason))
    if advised.until is not None:
        print(texts["until"].format(words=RECOMMENDATIONS[advised.until][shown.language]))
    _print_steps(shown, advised.recommendation)


def _print_steps(shown: _Shown, recommendation: Recommendation) -> None:
    print(f"\n{_TEXTS[shown.language]['next']}")
    for step in shown.steps(recommendation):
        print(f"  {harmless(step)}")


def _held_record(advised: Advice, language: Language) -> dict[str, Any]:
    return {
        "held_back": [{"way": veto.way, "key": veto.key, "reason": veto.reason(language)} for veto in advised.vetoes],
        "until": advised.until,
    }
