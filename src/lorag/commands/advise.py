"""``lorag advise``: RAG, fine-tuning, both, or a prompt, with the reasons."""

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from lorag.commands.advise_ask import ask, told_from
from lorag.commands.advise_look import look
from lorag.commands.eval_show import terminal_width
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless, harmless_json, never_fail_on_encoding
from lorag.commands.words import locale_language
from lorag.errors import UsageError
from lorag.evaluation.advice import Recommendation, recommend, weigh
from lorag.evaluation.advice_facts import Criterion
from lorag.evaluation.advice_rules import criteria
from lorag.evaluation.advice_words import NEXT_STEPS, RECOMMENDATIONS, SIDES
from lorag.evaluation.table import Column, Table, merged
from lorag.prompts.language import Language
from lorag.settings import Settings

_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "criterion": "criterion",
        "evidence": "evidence",
        "side": "speaks for",
        "weight": "weight",
        "totals": "Weights: RAG {rag}, tuning {tuning}, prompting {prompting}.",
        "next": "Next:",
        "experiment": "By the numbers of a short training (adapter {name}; a full one may do better):",
        "measure": "To decide by numbers on your own examples: lorag advise --data EXAMPLES --measure",
    },
    "ko": {
        "criterion": "기준",
        "evidence": "근거",
        "side": "말하는 쪽",
        "weight": "무게",
        "totals": "무게 합: RAG {rag}, 파인튜닝 {tuning}, 프롬프트 {prompting}.",
        "next": "다음:",
        "experiment": "짧게 학습해 재어 본 결과 (어댑터 {name}, 제대로 학습하면 더 나을 수 있음):",
        "measure": "내 예시로 재어서 정하기: lorag advise --data 예시 --measure",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Look, ask, and say what follows; with ``--measure``, train a little and say what the numbers say."""
    never_fail_on_encoding()
    settings = settings_from(arguments)
    language: Language = arguments.lang or locale_language()
    paths = [Path(path).expanduser() for path in arguments.data]
    if arguments.measure and not paths:
        raise UsageError("--measure needs examples to measure with: lorag advise --data EXAMPLES --measure")
    told = told_from(arguments)
    if sys.stdin.isatty() and sys.stdout.isatty() and not arguments.json and not arguments.measure:
        told = ask(told, language)
    known = look(settings, told, paths, use_library=arguments.library is not False)
    found = criteria(known)
    advised = recommend(known, found)
    if arguments.measure:
        return _measured(settings, paths, found, arguments, language)
    if arguments.json:
        print(harmless_json(_record(found, advised, arguments.data, language), sys.stdout))
    else:
        _print(found, advised, arguments.data, language)
        print(f"\n{_TEXTS[language]['measure']}")
    return 0


def _measured(
    settings: Settings,
    paths: Sequence[Path],
    found: Sequence[Criterion],
    arguments: argparse.Namespace,
    language: Language,
) -> int:
    from lorag.commands.advise_measure import measure  # noqa: PLC0415 - starts a training, which few ask for

    if not arguments.json:
        print(harmless(reasons_table(found, language).as_text(terminal_width())), flush=True)
    experiment = measure(settings, paths)
    if arguments.json:
        record = _record(found, experiment.recommendation, arguments.data, language)
        print(harmless_json({**record, "experiment": experiment.report}, sys.stdout))
        return 0
    print(f"\n{_TEXTS[language]['experiment'].format(name=experiment.name)}")
    print(harmless(experiment.words))
    _print_recommendation(experiment.recommendation, arguments.data, language)
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


def next_steps(advised: Recommendation, data: Sequence[str]) -> list[str]:
    """Return the commands to run, with the examples that were given."""
    examples = " ".join(map(shlex.quote, data)) or "EXAMPLES"
    return [step.replace("EXAMPLES", examples) for step in NEXT_STEPS[advised]]


def _print(found: Sequence[Criterion], advised: Recommendation, data: Sequence[str], language: Language) -> None:
    texts = _TEXTS[language]
    print(harmless(reasons_table(found, language).as_text(terminal_width())))
    print(f"\n{texts['totals'].format(**weigh(found))}")
    _print_recommendation(advised, data, language)


def _print_recommendation(advised: Recommendation, data: Sequence[str], language: Language) -> None:
    print(RECOMMENDATIONS[advised][language])
    print(f"\n{_TEXTS[language]['next']}")
    for step in next_steps(advised, data):
        print(f"  {harmless(step)}")


def _record(
    found: Sequence[Criterion], advised: Recommendation, data: Sequence[str], language: Language
) -> dict[str, Any]:
    return {
        "recommendation": advised,
        "words": RECOMMENDATIONS[advised][language],
        "weights": weigh(found),
        "criteria": [
            {
                **dataclasses.asdict(criterion),
                "name": criterion.name(language),
                "evidence": criterion.evidence(language),
            }
            for criterion in found
        ],
        "next": next_steps(advised, data),
    }
