"""Several questions asked in one: "What does E02 mean, and how long is the warranty?", "보증은 며칠이고, 환불은 언제까지 되나요?"."""

import re
from typing import Final

from lorag.retrieval.followup import is_follow_up

MOST_PARTS: Final = 3
_FEWEST_LETTERS: Final = 4
_MARKS: Final = re.compile(r"(?<=[?？.!])\s+")
_ASKING: Final = (
    r"(?:(?:from|to|in|on|at|by|for|with|of|until|since|under|within|during|after|before|about)\s+"
    r"(?:what|which|whom|whose|how|when|where)"
    r"|what|who|whom|whose|when|where|which|how|why|is|are|was|were|do|does|did|can|could|may|must|should|will|would)"
)
_ENGLISH_JOINT: Final = re.compile(rf",?\s+and\s+(?:also\s+)?(?={_ASKING}\b)", re.IGNORECASE)
_ENGLISH_QUESTION: Final = re.compile(rf"{_ASKING}\b", re.IGNORECASE)
_ENGLISH_WITHOUT_MARK: Final = re.compile(rf"(?!(?:when|where|which|whom)\b){_ASKING}\b.*[^.!]", re.IGNORECASE)
"""Not what may begin a clause of its own: "When I press the button nothing happens"."""
_REQUEST: Final = re.compile(
    r"(?:please,?\s+)?(?:tell|explain|describe|define|list|show|find|give)\b.*|i\s+(?:need|want)\s+to\s+know\b.*"
    r"|.*궁금(?:해|합)\S*|.*(?:알려|설명해|찾아|보여|말해|가르쳐)\s?(?:줘|주세요|주십시오|줄래|다오)\S*",
    re.IGNORECASE,
)
_KOREAN_JOINT: Final = re.compile(r"(?<=[가-힣]고),?\s+|(?<=[가-힣]며),?\s+")
_KOREAN_AND: Final = re.compile(r",?\s+(?:그리고|또한?)\s+")
_KOREAN_ENDING: Final = re.compile(r"(?:요|까|가|야|지|죠|냐|니|해|돼|어|아)$")
"""What a question ends with when nothing marks it."""
_KOREAN_QUESTION: Final = re.compile(r"얼마|며칠|언제|누가|누구|어디|어느|어떤|어떻게|무엇|무슨|뭐|뭘|몇|왜")
_POINTING: Final = re.compile(
    r"\b(?:it(?!\s+(?:possible|ok|okay|allowed|necessary|required)\b)|its|they|them|their|theirs|he|him|his|she|her|hers)\b",
    re.IGNORECASE,
)
"""Stricter than what makes a follow-up: a question that stays whole is only searched as before."""
_TELLING: Final = re.compile(
    r"^(?:i|we|my|our|you|your|he|she|it|the|this|that|there)\b|[.!]$|(?:다|요|음|함)$", re.IGNORECASE
)
_LEADING: Final = re.compile(
    r"^(?:and|also|then|plus|(?:그리고|또한?|그럼|그러면)(?=[\s,]))[\s,]+(?:also[\s,]+)?", re.IGNORECASE
)


def question_parts(question: str) -> tuple[str, ...]:
    """Return the questions that ``question`` asks one after the other; mostly that is the question itself.

    It stays whole where a part could not be searched alone: when one leans on another ("Who wrote it, and when?"), when
    something is told beside what is asked, or when there are more parts than anyone asks at once.
    """
    question = " ".join(question.split())
    parts = _split(question)
    if 1 < len(parts) <= MOST_PARTS and all(map(_stands_alone, parts)):
        return parts
    return (question,)


def _fragment(part: str) -> bool:
    """Tell whether a part that "and" leads on to may be what else is asked about: it tells nothing."""
    return _TELLING.search(part) is None


def _stands_alone(part: str) -> bool:
    return len(part) >= _FEWEST_LETTERS and not is_follow_up(part) and not _POINTING.search(part)


def _asks(part: str) -> bool:
    if part.endswith(("?", "？")) or _REQUEST.fullmatch(part) or _ENGLISH_WITHOUT_MARK.fullmatch(part):
        return True
    asked = _KOREAN_QUESTION.search(part)
    return asked is not None and _KOREAN_ENDING.search(part, asked.end()) is not None


def _split(question: str) -> tuple[str, ...]:
    marked = _MARKS.split(question)
    if len(marked) > 1:
        parts = tuple(_LEADING.sub("", part) for part in marked)
        led = [part != whole for part, whole in zip(parts, marked, strict=True)]
        asking = all(_asks(part) or (lead and _fragment(part)) for part, lead in zip(parts, led, strict=True))
        return parts if asking else (question,)
    joined = _ENGLISH_JOINT.split(question)
    if len(joined) > 1 and all(_ENGLISH_QUESTION.match(part) and " " in part for part in joined):
        return tuple(joined)
    joined = _KOREAN_AND.split(question)
    if len(joined) > 1 and all(map(_asks, joined)):
        return tuple(joined)
    joined = _KOREAN_JOINT.split(question)
    if len(joined) > 1 and all(_KOREAN_QUESTION.search(part) for part in joined):
        return tuple(joined)
    return (question,)
