"""What lorag cannot see: taken from flags, asked at a terminal."""

import argparse
import dataclasses
from collections.abc import Mapping
from typing import Final

from lorag.evaluation.advice_facts import Told
from lorag.prompts.language import Language

_YES: Final = frozenset({"y", "yes", "예", "네", "응", "ㅇ"})
_NO: Final = frozenset({"n", "no", "아니요", "아니오", "아뇨", "ㄴ"})
_QUESTIONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "goal": {"en": "What is missing in the answers?", "ko": "답에 무엇이 부족한가요?"},
    "prompting": {"en": "Have you tried a good prompt?", "ko": "좋은 프롬프트를 써 보셨나요?"},
    "changes": {"en": "How often does the knowledge change?", "ko": "지식이 얼마나 자주 바뀌나요?"},
    "sources": {"en": "Must answers show their sources?", "ko": "답에 출처를 꼭 보여야 하나요?"},
    "terms": {
        "en": "Are there terms of the trade that the model lacks?",
        "ko": "모델이 모르는 전문 용어가 있나요?",
    },
    "fast": {"en": "Is every second of an answer's time critical?", "ko": "답하는 시간이 1초라도 중요한가요?"},
    "short": {
        "en": "Must prompts be short, because tokens are dear?",
        "ko": "토큰 값 때문에 프롬프트가 짧아야 하나요?",
    },
    "standalone": {
        "en": "Must it run as one model, with no library beside it?",
        "ko": "문서함 없이 모델 하나로 돌아가야 하나요?",
    },
    "broad": {
        "en": "Must the model also go on doing everything else it can?",
        "ko": "모델이 다른 일도 지금처럼 해야 하나요?",
    },
    "secret": {
        "en": "Is there content that must be erasable later?",
        "ko": "나중에 지울 수 있어야 하는 내용이 있나요?",
    },
    "private": {
        "en": "Must sensitive documents not be kept where the model runs?",
        "ko": "모델을 쓰는 곳에 민감한 문서를 두면 안 되나요?",
    },
    "hurry": {"en": "Do you need something that works today?", "ko": "오늘 당장 쓸 것이 필요한가요?"},
    "upkeep": {
        "en": "Is there someone to train again when things change?",
        "ko": "바뀔 때마다 다시 학습할 사람이 있나요?",
    },
}
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "goal": {"facts": "지식", "style": "말투, 형식", "both": "둘 다", "skill": "특수한 작업"},
    "prompting": {"untried": "안 해 봄", "enough": "충분", "failed": "부족"},
    "changes": {
        "never": "안 바뀜",
        "yearly": "해마다",
        "monthly": "달마다",
        "weekly": "주마다",
        "daily": "날마다",
    },
}
"""The choices of a question, and what they are called in Korean."""
_YES_OR_NO: Final[Mapping[Language, str]] = {"en": "y / n", "ko": "예 / 아니오"}
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
            answers[name] = _answer(name, language)
        except EOFError:
            print()
            break
    return dataclasses.replace(told, **answers)  # type: ignore[arg-type]  # each answer was checked against its choices


def _answer(name: str, language: Language) -> object:
    question = f"{_QUESTIONS[name][language]} {_shown(name, language)}: "
    while True:
        said = input(question).strip()
        if not said:
            return None
        understood = understand(name, said)
        if understood is not None:
            return understood


def _shown(name: str, language: Language) -> str:
    if name not in _CHOICES:
        return _YES_OR_NO[language]
    choices = _CHOICES[name].items()
    return " / ".join(f"{choice}({korean})" if language == "ko" else choice for choice, korean in choices)


def understand(name: str, said: str) -> str | bool | None:
    """Return what an answer means: a choice by its name, its Korean name, or the beginning of one; None for neither."""
    said = "".join(said.lower().split())
    if name not in _CHOICES:
        return True if said in _YES else False if said in _NO else None
    fitting = {
        choice
        for choice, korean in _CHOICES[name].items()
        for word in (choice, korean, f"{choice}({korean})", *korean.split(","))
        if said and "".join(word.split()).startswith(said)
    }
    return fitting.pop() if len(fitting) == 1 else None
