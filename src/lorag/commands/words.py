"""What lorag says around an answer, in both languages."""

from typing import Final

from lorag.prompts.language import Language

TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "welcome": "lorag: ask about your documents. /help lists the commands, Ctrl-D leaves.",
        "empty_library": "The library is empty, so the answer comes without documents. Add files with: lorag add PATH",
        "loading": "loading {model} {percent}%",
        "searching": "searching the documents",
        "reading": "reading {done}/{total}",
        "writing": "writing",
        "trimmed_messages": "Left out to fit the model's context: earlier messages ({count}).",
        "trimmed_passages": "Left out to fit the model's context: passages ({count}).",
        "stopped": "(stopped)",
        "cut": "(cut at the longest answer; --max-tokens allows more)",
        "line": "line {first}",
        "lines": "lines {first}-{last}",
        "page": "page {page}",
        "unverified": "not word for word",
        "searched": "searched: {query}",
        "leave_again": "Press Ctrl-C again to leave.",
        "no_sources": "The last answer has no sources.",
        "rag_on": "Answers come from the documents.",
        "rag_off": "Plain chat: the documents are not searched.",
        "new_chat": "A new chat.",
        "model_in_use": "Model: {model}",
        "adapter_in_use": "Adapters: {adapters}",
        "no_adapter": "No adapter is in use.",
        "choices": "There are: {names}",
        "unknown_command": "There is no {command}; did you mean {nearest}? /help lists the commands.",
        "unknown_argument": "{command} takes {choices}.",
        "help_rag": "/rag [on|off]      answer from the documents, or as plain chat",
        "help_sources": "/sources           show the passages behind the last answer",
        "help_adapter": "/adapter [NAME[=STRENGTH]|off]   show, apply or take off LoRA adapters",
        "help_model": "/model [NAME]      show or change the model",
        "help_new": "/new               begin a new chat",
        "help_help": "/help              this list",
        "help_quit": "/quit              leave (also Ctrl-D)",
    },
    "ko": {
        "welcome": "lorag: 문서에 대해 물어보세요. /help 는 명령 목록, Ctrl-D 는 종료입니다.",
        "empty_library": "문서함이 비어 있어 문서 없이 답합니다. 파일 추가: lorag add 경로",
        "loading": "{model} 불러오는 중 {percent}%",
        "searching": "문서에서 찾는 중",
        "reading": "읽는 중 {done}/{total}",
        "writing": "쓰는 중",
        "trimmed_messages": "모델이 한 번에 읽을 수 있는 길이에 맞추려고 앞선 메시지 {count}개를 뺐습니다.",
        "trimmed_passages": "모델이 한 번에 읽을 수 있는 길이에 맞추려고 문단 {count}개를 뺐습니다.",
        "stopped": "(멈춤)",
        "cut": "(답의 최대 길이에서 끊김. --max-tokens 로 늘릴 수 있습니다)",
        "line": "{first}행",
        "lines": "{first}-{last}행",
        "page": "{page}쪽",
        "unverified": "원문 그대로가 아님",
        "searched": "찾은 말: {query}",
        "leave_again": "한 번 더 Ctrl-C 를 누르면 끝냅니다.",
        "no_sources": "마지막 답에는 출처가 없습니다.",
        "rag_on": "문서를 근거로 답합니다.",
        "rag_off": "일반 대화: 문서를 찾지 않습니다.",
        "new_chat": "새 대화입니다.",
        "model_in_use": "모델: {model}",
        "adapter_in_use": "어댑터: {adapters}",
        "no_adapter": "사용 중인 어댑터가 없습니다.",
        "choices": "고를 수 있는 것: {names}",
        "unknown_command": "{command} 명령은 없습니다. {nearest} 을(를) 찾으셨나요? 목록은 /help 입니다.",
        "unknown_argument": "{command} 에는 {choices} 을(를) 쓸 수 있습니다.",
        "help_rag": "/rag [on|off]      문서를 근거로 답하기 / 일반 대화",
        "help_sources": "/sources           마지막 답의 근거 문단 보기",
        "help_adapter": "/adapter [이름[=세기]|off]   LoRA 어댑터 보기, 적용, 해제",
        "help_model": "/model [이름]      모델 보기, 바꾸기",
        "help_new": "/new               새 대화 시작",
        "help_help": "/help              이 목록",
        "help_quit": "/quit              끝내기 (Ctrl-D 도 같음)",
    },
}
"""Every text of the line-based commands, by language and key."""


class Words:
    """The texts of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def say(self, key: str, **values: object) -> str:
        """Return a text with its blanks filled in."""
        return TEXTS[self.language][key].format(**values)
