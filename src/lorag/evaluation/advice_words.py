"""The texts of the advice, by criterion and case."""

from collections.abc import Mapping
from typing import Final

from lorag.prompts.language import Language

Text = Mapping[Language, str]

_UNKNOWN: Final[Text] = {"en": "not said", "ko": "알려 주지 않음"}
_NO_EXAMPLES: Final[Text] = {"en": "no examples given (--data)", "ko": "예시가 없음 (--data)"}

CRITERIA: Final[Mapping[str, Mapping[str, Text]]] = {
    "goal": {
        "name": {"en": "What is missing", "ko": "부족한 것"},
        "facts": {"en": "knowledge: the answer has to be looked up", "ko": "지식: 찾아봐야 답할 수 있음"},
        "style": {"en": "tone, style or format: a pattern to learn", "ko": "말투, 문체, 형식: 익힐 패턴"},
        "both": {"en": "knowledge and a pattern", "ko": "지식과 패턴 둘 다"},
        "skill": {"en": "a special task or way of reasoning (sorting, extracting)", "ko": "특수한 작업이나 추론 (분류, 추출 등)"},
        "unknown": _UNKNOWN,
    },
    "prompting": {
        "name": {"en": "Prompting", "ko": "프롬프트"},
        "untried": {"en": "not tried yet: begin with --system, it costs nothing", "ko": "아직 안 해 봄: 돈이 들지 않는 --system 부터"},
        "enough": {"en": "a good prompt does it already", "ko": "좋은 프롬프트로 이미 됨"},
        "failed": {"en": "tried, and not enough", "ko": "해 봤지만 부족함"},
        "unknown": {"en": "not said; trying one costs nothing", "ko": "알려 주지 않음. 써 보는 데에는 돈이 들지 않음"},
    },
    "facts": {
        "name": {"en": "Where answers come from", "ko": "답의 출처"},
        "found": {"en": "the facts, names and terms of {share} % of the answers stand in the documents", "ko": "답 {share}%의 사실, 이름, 용어가 문서에 있음"},
        "not_found": {"en": "only {share} % of the answers have their facts, names and terms in the documents: a pattern, or documents are missing", "ko": "답의 {share}%만 사실, 이름, 용어가 문서에 있음: 패턴이거나 문서가 빠졌음"},
        "stated": {"en": "{share} % of the answers state figures, names or addresses", "ko": "답 {share}%에 숫자, 이름, 주소가 들어 있음"},
        "few_stated": {"en": "only {share} % of the answers state figures or names", "ko": "답의 {share}%에만 숫자나 이름이 있음"},
        "none": _NO_EXAMPLES,
    },
    "changes": {
        "name": {"en": "How often knowledge changes", "ko": "지식이 바뀌는 때"},
        "daily": {"en": "daily: a tuned fact is old at once", "ko": "날마다: 학습한 사실은 곧 낡음"},
        "weekly": {"en": "weekly: each change would need a new training", "ko": "주마다: 바뀔 때마다 다시 학습해야 함"},
        "monthly": {"en": "monthly: documents are updated, weights are not", "ko": "달마다: 문서는 고치면 되지만 가중치는 아님"},
        "yearly": {"en": "yearly: either way can keep up", "ko": "해마다: 어느 쪽이든 따라갈 수 있음"},
        "never": {"en": "never: stable enough to be learned", "ko": "안 바뀜: 학습해도 될 만큼 안정적"},
        "moving": {"en": "{share} % of the documents changed in the last 90 days", "ko": "문서 {share}%가 최근 90일 안에 바뀜"},
        "still": {"en": "{share} % of the documents changed in the last 90 days", "ko": "문서 {share}%가 최근 90일 안에 바뀜"},
        "unknown": _UNKNOWN,
    },
    "sources": {
        "name": {"en": "Sources must be shown", "ko": "출처 제시"},
        "yes": {"en": "yes (law, medicine, contracts): only retrieved passages can be shown", "ko": "필요 (법률, 의료, 계약): 찾은 문단만 보여 줄 수 있음"},
        "no": {"en": "no", "ko": "필요 없음"},
        "unknown": _UNKNOWN,
    },
    "documents": {
        "name": {"en": "Documents", "ko": "문서"},
        "some": {"en": "{count} in the library, {size} MB", "ko": "문서함에 {count}개, {size} MB"},
        "none": {"en": "the library is empty (lorag add PATH)", "ko": "문서함이 비어 있음 (lorag add 경로)"},
    },
    "examples": {
        "name": {"en": "Examples", "ko": "예시 수"},
        "none": _NO_EXAMPLES,
        "too_few": {"en": "{count}: fewer than 10 cannot be learned from; put them into the prompt", "ko": "{count}개: 10개보다 적으면 학습할 수 없으니 프롬프트에 넣으세요"},
        "few": {"en": "{count}: enough to try; 50 to 100 make a clear difference", "ko": "{count}개: 해 볼 만함. 50~100개면 차이가 뚜렷함"},
        "enough": {"en": "{count}: enough to learn a pattern", "ko": "{count}개: 패턴을 익히기에 충분"},
    },
    "consistency": {
        "name": {"en": "Consistency of style", "ko": "문체의 일관성"},
        "none": _NO_EXAMPLES,
        "even": {"en": "{consistency} % (same openings {openings} %, endings {endings} %, phrases {phrases} %): one pattern", "ko": "{consistency}% (같은 시작 {openings}%, 끝 {endings}%, 구절 {phrases}%): 하나의 패턴"},
        "mixed": {"en": "{consistency} % (same openings {openings} %, endings {endings} %, phrases {phrases} %): no one pattern to learn", "ko": "{consistency}% (같은 시작 {openings}%, 끝 {endings}%, 구절 {phrases}%): 익힐 만한 하나의 패턴이 없음"},
    },
    "format": {
        "name": {"en": "Fixed output format", "ko": "정해진 출력 형식"},
        "none": _NO_EXAMPLES,
        "fixed": {"en": "{share} % of the answers are JSON, lists or labelled lines", "ko": "답 {share}%가 JSON, 목록, 항목 형식"},
        "free": {"en": "{share} % of the answers are formatted", "ko": "형식이 있는 답 {share}%"},
    },
    "terms": {
        "name": {"en": "Terms of the trade", "ko": "전문 용어"},
        "yes": {"en": "to be used as a matter of course: a tuned model takes them over", "ko": "자연스럽게 써야 함: 학습한 모델은 용어를 익힘"},
        "no": {"en": "none that the model lacks", "ko": "모델이 모르는 것은 없음"},
        "unknown": _UNKNOWN,
    },
    "fast": {
        "name": {"en": "Speed of answers", "ko": "답하는 속도"},
        "yes": {"en": "critical: RAG adds up to {tokens} tokens, about {seconds} s here", "ko": "중요: RAG는 토큰 {tokens}개까지, 여기서 약 {seconds}초를 더함"},
        "no": {"en": "not critical (RAG adds about {seconds} s here)", "ko": "중요하지 않음 (RAG는 여기서 약 {seconds}초를 더함)"},
        "unknown": {"en": "not said (RAG adds up to {tokens} tokens, about {seconds} s here)", "ko": "알려 주지 않음 (RAG는 토큰 {tokens}개까지, 약 {seconds}초를 더함)"},
    },
    "short": {
        "name": {"en": "Short, cheap prompts", "ko": "짧고 값싼 프롬프트"},
        "yes": {"en": "needed: what was learned need not stand in every prompt", "ko": "필요: 익힌 것은 프롬프트에 다시 적지 않아도 됨"},
        "no": {"en": "not needed", "ko": "필요 없음"},
        "unknown": _UNKNOWN,
    },
    "standalone": {
        "name": {"en": "Runs without a library", "ko": "문서함 없이 실행"},
        "yes": {"en": "needed: a tuned model is one file to deploy, with no store beside it that could fail", "ko": "필요: 학습한 모델은 파일 하나라서 배포가 쉽고, 고장 날 외부 저장소가 없음"},
        "no": {"en": "not needed", "ko": "필요 없음"},
        "unknown": _UNKNOWN,
    },
    "broad": {
        "name": {"en": "Must stay a generalist", "ko": "범용성 유지"},
        "yes": {"en": "yes: tuning can forget; RAG leaves the weights alone", "ko": "필요: 학습하면 잊을 수 있고 RAG는 가중치를 그대로 둠"},
        "no": {"en": "no: one task only", "ko": "필요 없음: 한 가지 일만 함"},
        "unknown": _UNKNOWN,
    },
    "secret": {
        "name": {"en": "Content that must stay erasable", "ko": "지울 수 있어야 하는 내용"},
        "yes": {"en": "yes: a document can be deleted, what weights learned cannot", "ko": "있음: 문서는 지울 수 있지만 학습한 것은 지울 수 없음"},
        "no": {"en": "no", "ko": "없음"},
        "personal": {"en": "{count} examples hold personal data, which a tuned model can repeat", "ko": "예시 {count}개에 개인정보가 있고, 학습한 모델은 그것을 말할 수 있음"},
        "unknown": _UNKNOWN,
    },
    "private": {
        "name": {"en": "No store of sensitive text", "ko": "민감한 글을 저장하지 않기"},
        "yes": {"en": "asked for: a tuned model needs no documents beside it (but may repeat what it learned)", "ko": "필요: 학습한 모델은 문서를 곁에 두지 않아도 됨 (단, 익힌 것을 말할 수 있음)"},
        "no": {"en": "documents may be kept here", "ko": "문서를 여기에 두어도 됨"},
        "unknown": _UNKNOWN,
    },
    "hurry": {
        "name": {"en": "Needed quickly", "ko": "빠른 시작"},
        "yes": {"en": "yes: a library is ready in minutes and needs no examples", "ko": "필요: 문서함은 몇 분이면 되고 예시가 없어도 됨"},
        "no": {"en": "no", "ko": "급하지 않음"},
        "unknown": _UNKNOWN,
    },
    "upkeep": {
        "name": {"en": "Someone can train again", "ko": "다시 학습할 사람"},
        "yes": {"en": "yes: examples, a training and an evaluation each time (lorag train does the steps)", "ko": "있음: 매번 예시, 학습, 평가가 필요함 (lorag train 이 순서를 대신함)"},
        "no": {"en": "no: a library only needs lorag sync after changes", "ko": "없음: 문서함은 바뀐 뒤 lorag sync 만 하면 됨"},
        "unknown": _UNKNOWN,
    },
    "cost": {
        "name": {"en": "Cost of training here", "ko": "여기서 학습하는 비용"},
        "none": {"en": "not known without examples and a model; {free} GB of memory are free", "ko": "예시와 모델이 있어야 알 수 있음. 남은 메모리 {free} GB"},
        "fits": {"en": "about {minutes} min to learn, and some more to measure (lorag train --dry-run tells); {memory} GB of the {free} GB free", "ko": "학습에 약 {minutes}분, 재는 데에 몇 분 더 (lorag train --dry-run 으로 확인). 남은 {free} GB 가운데 {memory} GB"},
        "long": {"en": "about {minutes} min: longer than half a working day", "ko": "약 {minutes}분: 반나절보다 김"},
        "too_large": {"en": "needs {memory} GB and {free} GB are free: take a smaller base", "ko": "{memory} GB가 필요한데 {free} GB 남음: 더 작은 모델을 쓰세요"},
    },
    "retrieval": {
        "name": {"en": "Quality of the search", "ko": "검색 품질"},
        "good": {"en": "the question alone finds the facts of {share} % of those answers; measure with: lorag eval", "ko": "질문만으로 그 답 {share}%의 사실을 찾음. 재어 보기: lorag eval"},
        "poor": {"en": "the question alone finds the facts of only {share} % of those answers: mend the search first (lorag eval)", "ko": "질문만으로는 그 답의 {share}%만 사실을 찾음: 검색부터 고치세요 (lorag eval)"},
        "unknown": {"en": "RAG is only as good as its search; measure with: lorag eval", "ko": "RAG는 검색만큼만 좋음. 재어 보기: lorag eval"},
    },
}  # fmt: skip
