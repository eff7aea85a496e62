"""Questions that cannot be searched alone: "and for part-timers?", "그럼 그건 언제까지야?"."""

import re
from collections.abc import Sequence

_LONGEST_FOLLOW_UP_WORDS = 8
_LONGEST_LEADING_WORDS = 14
_ENGLISH_POINTING = re.compile(
    r"\b(?:it|its|it's|they|them|their|theirs|he|him|his|she|her|hers|that|those|these|this|the same|such|one|ones|"
    r"the (?:first|second|third|last|latter|former|other) one)\b"
)
_EXISTENTIAL = re.compile(r"\b(?:is|are|was|were) (?:there|it)\b|\bone (?:of|day|time|year|month)\b")
_ENGLISH_LEADING = re.compile(
    r"^(?:and|but|or|so|then|also|otherwise|else|what about|how about|what if|same for|in that case|"
    r"(?:for|with|without|in|on|at|to|by|from|after|before|except)\b(?!.*\b(?:what|who|when|where|which|how|why)\b))\b",
    re.IGNORECASE,
)
_ENGLISH_BARE = re.compile(
    r"^(?:why|when|where|who|which|what|how(?: (?:much|many|long|often|far|so|come))?|why not|what else|who else|"
    r"anything else|more|more details?|tell me more|go on|continue|explain|please explain|give (?:me )?an example|"
    r"for example|really|are you sure|elaborate|can you elaborate|examples?)\W*$",
    re.IGNORECASE,
)
_KOREAN_POINTING = re.compile(
    r"(?:^|\s)(?:그|이|저)(?:거|건|것|게|걸|곳|때|분|들|쪽|중|날|사람|경우|문서|파일|내용|규정|조건|기간|금액|제품|방법)"
    r"|(?:^|\s)(?:그|그런|그러한|이런|이러한|해당|같은|위의|앞의|위에서|앞에서|방금|아까|거기|여기|저기|거긴|여긴|걔|얘|둘|나머지)(?=\s|$|서|에|의|은|는|도|가|를)"
)
_KOREAN_LEADING = re.compile(
    r"^(?:그럼|그러면|그렇다면|그래도|그런데|근데|그리고|그래서|하지만|또한?|아니면|혹은|만약|만일|반대로|다른|더)(?=[\s,?]|$)"
)
_KOREAN_BARE = re.compile(
    r"^(?:왜|언제|어디서?|누가|누구|얼마나?|어떻게|몇\s?\S{1,2}|뭐|무엇)?\s*(?:요|죠|지|야|인가요|이야|예요|에요|까지|부터|때문|그래|그런가요|해|하나요|더)*\W*$"
    r"|^(?:더\s)?(?:자세히|구체적으로|자세하게|쉽게|짧게|계속|예를 들|예시)\S*(?:\s(?:설명|말|알려|들어)\S*)*(?:\s\S*(?:줘|주세요|봐))?\W*$"
)
_KOREAN_TOPIC_ONLY = re.compile(
    # "계약직은?", "서울 사무실은요?", "서울 사무실도?"; but "환불 기간은?" is how one asks about the refund period.
    r"^(?:\S+(?:은|는)(?:\?|요)|(?:\S+\s){0,2}\S+(?:(?:은|는)요|(?:도|이라면|라면|이면)(?:\?|요)))\W*$"
)
_HANGUL = re.compile(r"[가-힣]")


def is_follow_up(question: str) -> bool:
    """Tell whether a question leans on what was said before it."""
    question = " ".join(question.split())
    if _HANGUL.search(question):
        return _leans_in_korean(question)
    words = question.split()
    plain = _EXISTENTIAL.sub(" ", _lower_but_acronyms(question))
    if _ENGLISH_BARE.match(question):
        return True
    if len(words) <= _LONGEST_LEADING_WORDS and _ENGLISH_LEADING.match(question):
        return True
    return len(words) <= _LONGEST_FOLLOW_UP_WORDS and bool(_ENGLISH_POINTING.search(plain))


def searched_query(question: str, history: Sequence[str]) -> str:
    """Return what to search for: the question, led by the question it follows up on when it leans on one.

    Args:
        question: What is asked now.
        history: Earlier questions of the same person, newest last.
    """
    question = " ".join(question.split())
    if not history or not is_follow_up(question):
        return question
    base = next((earlier for earlier in reversed(history) if not is_follow_up(earlier)), history[0])
    return f"{' '.join(base.split())} {question}"


def _leans_in_korean(question: str) -> bool:
    if _KOREAN_BARE.match(question) or _KOREAN_LEADING.match(question) or _KOREAN_TOPIC_ONLY.match(question):
        return True
    return len(question.split()) <= _LONGEST_FOLLOW_UP_WORDS and bool(_KOREAN_POINTING.search(question))


def _lower_but_acronyms(question: str) -> str:
    """Return the question in lower case, with ``IT`` left as it is."""
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in question.split())
