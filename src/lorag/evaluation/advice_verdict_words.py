"""The texts of what is recommended, of what stands in the way, and of what to do next."""

from collections.abc import Mapping
from typing import Final, Literal

from lorag.prompts.language import Language

Recommendation = Literal["prompting", "rag", "tuning", "both", "prepare"]
Text = Mapping[Language, str]

SIDES: Final[Mapping[str, Text]] = {
    "rag": {"en": "RAG", "ko": "RAG"},
    "tuning": {"en": "tuning", "ko": "파인튜닝"},
    "both": {"en": "both", "ko": "둘 다"},
    "prompting": {"en": "prompting", "ko": "프롬프트"},
    "neither": {"en": "–", "ko": "–"},
}

RECOMMENDATIONS: Final[Mapping[Recommendation, Text]] = {
    "prompting": {
        "en": "Begin with a prompt: it costs nothing. Write the rules, and a few examples, into --system and try it.",
        "ko": "프롬프트부터 하세요: 돈이 들지 않습니다. 규칙과 예시 몇 개를 --system 에 적어 보세요.",
    },
    "rag": {
        "en": "Use RAG: the answers are knowledge, and it has to stay right, fresh or traceable.",
        "ko": "RAG를 쓰세요: 답이 지식이고 맞고 새롭고 출처가 있어야 합니다.",
    },
    "tuning": {
        "en": "Fine-tune: there is a pattern to learn and enough examples of it. A LoRA adapter learns it and forgets least.",
        "ko": "파인튜닝하세요: 익힐 패턴이 있고 예시도 충분합니다. LoRA 어댑터가 가장 적게 잊으면서 익힙니다.",
    },
    "both": {
        "en": "Use both: RAG for the knowledge, a light LoRA adapter for the pattern, trained with --rag-aware and --replay.",
        "ko": "둘 다 쓰세요: 지식은 RAG로, 패턴은 가벼운 LoRA 어댑터로. --rag-aware 와 --replay 로 학습하세요.",
    },
    "prepare": {
        "en": "Prepare a fine-tuning: it weighs most, and something stands in its way that can be removed.",
        "ko": "파인튜닝을 준비하세요: 무게가 가장 크지만 먼저 해결할 것이 있습니다.",
    },
}

VETOES: Final[Mapping[str, Text]] = {
    "few_examples": {
        "en": "there are {count} examples; collect {missing} more at least: 10 can be learned from, 50 to 100 make a clear difference",
        "ko": "예시가 {count}개뿐입니다. 적어도 {missing}개를 더 모으세요: 10개면 학습할 수 있고 50~100개면 차이가 뚜렷합니다",
    },
    "memory": {
        "en": "a training needs {memory} GB of memory and {free} GB are free; take a smaller base (lorag models), or another machine",
        "ko": "학습에 메모리 {memory} GB가 필요한데 {free} GB 남았습니다. 더 작은 모델(lorag models)이나 다른 컴퓨터를 쓰세요",
    },
    "no_pattern": {
        "en": "the examples follow no one pattern (consistency {consistency} %); rewrite them in one style, or say --goal style if it is there",
        "ko": "예시가 하나의 패턴을 따르지 않습니다 (일관성 {consistency}%). 한 가지 문체로 고치거나, 패턴이 있다면 --goal style 로 알려 주세요",
    },
    "prompt_enough": {
        "en": "a good prompt does it already, and nothing was asked for that a prompt cannot give",
        "ko": "좋은 프롬프트로 이미 되고, 프롬프트로 안 되는 것이 요구되지 않았습니다",
    },
    "prompt_failed": {"en": "it was tried, and not enough", "ko": "해 봤지만 부족했습니다"},
}

NEXT_STEPS: Final[Mapping[Recommendation, tuple[str, ...]]] = {
    "prompting": ('lorag ask --system "…" "…"',),
    "rag": ("lorag add PATH", "lorag eval make --out questions.jsonl", "lorag eval questions.jsonl"),
    "tuning": ("lorag data check EXAMPLES", "lorag train EXAMPLES --name NAME"),
    "both": (
        "lorag add PATH",
        "lorag train EXAMPLES --name NAME --rag-aware --replay 0.1",
        "lorag eval questions.jsonl --adapter NAME",
    ),
    "prepare": ("lorag data check EXAMPLES", "lorag advise --data EXAMPLES"),
}
