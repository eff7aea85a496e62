"""What lorag cannot see: taken from flags, asked at a terminal."""

import argparse
import dataclasses
from collections.abc import Mapping
from typing import Final

from lorag.evaluation.advice_facts import Told
from lorag.prompts.language import Language

_YES_NO: Final[Mapping[str, bool]] = {
    "y": True,
    "yes": True,
    "n": False,
    "no": False,
    "예": True,
    "네": True,
    "아니요": False,
}
_QUESTIONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "goal": {
        "en": "What is missing in the answers? facts / style / both / skill",
        "ko": "답에 무엇이 부족한가요? facts(지식) / style(말투, 형식) / both(둘 다) / skill(특수한 작업)",
    },
    "prompting": {
        "en": "Have you tried a good prompt? untried / enough / failed",
        "ko": "좋은 프롬프트를 써 보셨나요? untried(안 해 봄) / enough(충분) / failed(부족)",
    },
    "changes": {
        "en": "How often does the knowledge change? never / yearly / monthly / weekly / daily",
        "ko": "지식이 얼마나 자주 바뀌나요? never(안 바뀜) / yearly(해마다) / monthly(달마다) / weekly(주마다) / daily(날마다)",
    },
    "sources": {"en": "Must answers show their sources? y / n", "ko": "답에 출처를 꼭 보여야 하나요? y / n"},
    "fast": {
        "en": "Is every second of an answer's time critical? y / n",
        "ko": "답하는 시간이 1초라도 중요한가요? y / n",
    },
    "broad": {
        "en": "Must the model also go on doing everything else it can? y / n",
        "ko": "모델이 다른 일도 지금처럼 해야 하나요? y / n",
    },
    "secret": {
        "en": "Is there content that must be erasable later? y / n",
        "ko": "나중에 지울 수 있어야 하는 내용이 있나요? y / n",
    },
    "hurry": {"en": "Do you need something that works today? y / n", "ko": "오늘 당장 쓸 것이 필요한가요? y / n"},
}
_CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "goal": frozenset({"facts", "style", "both", "skill"}),
    "prompting": frozenset({"untried", "enough", "failed"}),
    "changes": frozenset({"never", "yearly", "monthly", "weekly", "daily"}),
}
_SKIP: Final[Mapping[Language, str]] = {"en": "Enter skips a question.", "ko": "Enter 로 건너뜁니다."}


def told_from(arguments: argparse.Namespace) -> Told:
    """Return what the flags say."""
    return Told(**{field.name: getattr(arguments, field.name) for field in dataclasses.fields(Told)})


def ask(told: Told, language: Language) -> Told:
    """Ask for what was not told; an empty answer leaves it open, one that is not understood is asked for again."""
    open_questions = [name for name in _QUESTIONS if getattr(told, name) is None]
    if not open_questions:
        return told
    print(_SKIP[language])
    answers: dict[str, object] = {}
    for name in open_questions:
        try:
            answers[name] = _answer(name, _QUESTIONS[name][language])
        except EOFError:
            print()
            break
    return dataclasses.replace(told, **answers)  # type: ignore[arg-type]  # each answer was checked against its choices


def _answer(name: str, question: str) -> object:
    while True:
        said = input(f"{question}: ").strip().lower()
        if not said:
            return None
        if name in _CHOICES:
            fitting = [choice for choice in _CHOICES[name] if choice.startswith(said)]
            if len(fitting) == 1:
                return fitting[0]
        elif said in _YES_NO:
            return _YES_NO[said]
