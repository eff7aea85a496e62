"""Korean for the errors of the engine."""

from collections.abc import Mapping
from typing import Final

TEMPLATES: Final[Mapping[str, str]] = {
    "the answer has no end": "답이 끝나지 않습니다",
    "the engine ended an answer without saying so": "엔진이 알리지 않고 답을 끝냈습니다",
    "the engine is already writing an answer; stop that one first": "엔진이 이미 답을 쓰고 있습니다. 먼저 그 답을 멈추세요",
    "the engine was closed": "엔진이 닫혔습니다",
    "no model is loaded": "불러온 모델이 없습니다",
    "{0} cannot have the strength {1}": "{0}: 쓸 수 없는 세기입니다({1})",
    "{0} cannot be run with a context of {1} tokens: {2}": "{0}: {1}토큰 문맥으로 실행할 수 없습니다({2!})",
    "there is not enough memory": "메모리가 모자랍니다",
    "the adapters cannot be switched on: {0}": "어댑터를 켤 수 없습니다({0!})",
    "llama.cpp gave no reason": "llama.cpp 가 이유를 알리지 않았습니다",
    "llama.cpp could not go on (code {0}): {1}": "llama.cpp 가 계속할 수 없습니다(코드 {0}): {1!}",
    "it gave no reason": "이유를 알리지 않았습니다",
    "{0} cannot be loaded: {1}": "{0}: 불러올 수 없습니다({1!})",
    "{0} is not a model that can write: it has no decoder of its own": "{0}: 글을 쓸 수 있는 모델이 아닙니다. 자체 디코더가 없습니다",
    "{0} cannot be used with {1}: {2}": "{0}: {1} 모델과 함께 쓸 수 없습니다({2!})",
    # --- its process
    "the engine process does not answer. Its log: {0}": "엔진 프로세스가 응답하지 않습니다. 로그: {0}",
    "the engine process ended ({0}: {1}). Its log: {2}": "엔진 프로세스가 끝났습니다({0!}: {1}). 로그: {2}",
    "the engine process ended ({0}). Its log: {1}": "엔진 프로세스가 끝났습니다({0!}). 로그: {1}",
    "exit code {0}": "종료 코드 {0}",
    "signal {0}": "시그널 {0}",
    "{0}, perhaps for want of memory": "{0!}, 메모리가 모자랐을 수 있음",
    # --- quantising and scoring
    "{0} is a model in {1} parts; join them first": "{0}: {1}개로 나뉜 모델입니다. 먼저 하나로 합치세요",
    "{0} cannot be quantised onto itself; name another target": "{0}: 양자화한 결과를 원본에 덮어쓸 수 없습니다. 다른 이름을 정하세요",
    "{0} is quantised already, and doing it again costs quality; start from the F16 or F32 file": "{0}: 이미 양자화된 파일이어서 다시 하면 품질이 떨어집니다. F16 이나 F32 파일에서 시작하세요",
    "{0} has {1} GB free, and {2} takes {3}": "{0}: {1} GB 가 남아 있는데 {2} 파일에는 {3} GB 가 필요합니다",
    "{0} cannot be quantised: {1}": "{0}: 양자화할 수 없습니다({1!})",
    "the grammar cannot be read: {0}": "문법을 읽을 수 없습니다({0!})",
    "it is not valid GBNF": "올바른 GBNF 가 아닙니다",
    "the first of {0} tokens to score cannot be number {1}": "점수를 매길 토큰은 {0}개인데 {1}번부터 시작할 수 없습니다",
    "{0} tokens do not fit the context of {1}": "{0}토큰은 {1}토큰 문맥에 들어가지 않습니다",
    "one of the tokens is none of the model's {0}": "모델의 토큰 {0}개에 없는 토큰이 있습니다",
    "the prompt is empty": "프롬프트가 비어 있습니다",
    "the prompt has {0} tokens and the context only {1}": "프롬프트는 {0}토큰인데 문맥은 {1}토큰뿐입니다",
    "scoring was stopped": "점수 매기기를 멈췄습니다",
}
