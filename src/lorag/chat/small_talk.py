"""Tells a greeting, thanks or a question about lorag itself from a question that documents could answer."""

import re
from typing import Final

_LONGEST: Final = 40
_ENGLISH: Final = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|night)|bye|goodbye|see you(?: later)?|"
    r"thanks?(?: you)?(?: (?:a lot|so much|very much))?|ok(?:ay)?|cool|great|nice|sorry|"
    r"how are you(?: doing)?|who are you|what are you|what can you do|what can i do here|help|can you help me|"
    r"what is your name|what's your name|are you there|nice to meet you)(?: (?:there|all|lorag|again|today))?"
)
_KOREAN: Final = (
    r"(?:안녕(?:하세요|하십니까|히 계세요|히 가세요)?|반가워요?|반갑습니다|고마워요?|고맙습니다|감사(?:해요|합니다)?|"
    r"잘 ?(?:자|지내|있어|가)요?|잘 지내세요|수고(?:하세요|했어요?)?|미안(?:해요|합니다)?|죄송(?:해요|합니다)?|"
    r"(?:너|넌|너는|당신은?) ?누구(?:야|예요|세요|니|입니까)?|누구세요|이름이 뭐(?:야|예요|니)|"
    r"뭐 ?할 수 있(?:어|니|나요|어요)|무엇을 할 수 있(?:나요|어요|습니까)|도와 ?(?:줘|주세요)|도움말|좋은 (?:아침|저녁)(?:이에요|입니다)?)"
)
_SMALL_TALK: Final = re.compile(rf"(?:{_ENGLISH}|{_KOREAN})(?:[\s,!?.~^]|ㅋ|ㅎ|ㅠ|:\)|🙂)*", re.IGNORECASE)


def is_small_talk(text: str) -> bool:
    """Tell whether the whole of ``text`` is small talk, in English or Korean; no passage could answer it."""
    text = text.strip()
    return len(text) <= _LONGEST and _SMALL_TALK.fullmatch(text) is not None
