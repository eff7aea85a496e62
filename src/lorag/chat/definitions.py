"""Questions for what something is, and sentences that begin with just that and go on to say it."""

import re
from typing import Final

_MOST_WORDS: Final = 6
"""More are no name of anything."""
_ASKED: Final = (
    re.compile(
        r"(?:(?:please|quick\s+question:)\s+)*(?:what(?:'s|\s+(?:is(?:\s+\(are\))?|are|was|were))|define|explain(?:\s+what)?|describe|tell\s+me\s+about)\s+"
        r"(?:(?:an?|the)\s+)?(?P<term>.+?)(?:\s+(?:is|are|was|were|means?))?[\s?.!]*",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<term>.+?)(?:이란|란|은|는|이|가)?\s*"
        r"(?:무엇|뭐|뭔가|뭔지|어떤\s+(?:것|건가|거)|무슨\s+(?:뜻|의미)|에\s+대해)[^\s]*(?:\s+(?:알려|설명|말해|궁금)\S*(?:\s+\S+)?)?[\s?.!]*"
    ),
)
_MARKS: Final = "`'\"“”‘’*_ "
_LEADING: Final = r"[\W_]*(?:(?:an?|the)\s+)?[\W_]*"
_SAYING: Final = r"[\W_]*(?:\([^()]{1,80}\))?\s*(?:[:=–—]|-\s|(?:is|are|was|were|refers?|means?|describes?|consists?|occurs?)\b|이란|란|은\s|는\s)"


def asked_term(question: str) -> str:
    """Return what a question asks the meaning of, nothing where it asks for something else."""
    for pattern in _ASKED:
        if found := pattern.fullmatch(question.strip()):
            term = found["term"].strip(_MARKS)
            return term if term and len(term.split()) <= _MOST_WORDS else ""
    return ""


def defines(sentence: str, term: str) -> bool:
    """Tell whether a sentence begins with a term and goes on to say what it is."""
    return re.match(_LEADING + re.escape(term) + _SAYING, sentence, re.IGNORECASE) is not None
