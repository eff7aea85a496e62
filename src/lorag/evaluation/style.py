"""What a set of example answers is like: a pattern to learn, or facts to look up."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_FACT: Final = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\d+(?:[.,:/-]\d+)*(?:\s?(?:개월|시간|퍼센트|[일년주월시분초명회번개층쪽원만천억%](?![가-힣]*[하되])))?"
    r"|(?<=[a-z,] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*"
    r"|[가-힣]{2,4}(?=\s?(?:팀장|부장|과장|차장|대리|사원|대표|이사|교수|박사|씨)(?![증적회앗름]))"
)
_MARKED: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)]|#{1,4}|\[[^\]]{1,20}\]|[^\s:：]{1,20}[:：])", re.MULTILINE)
_COMMON: Final = 3
"""How many openings and closings count as the usual ones."""
_PHRASE: Final = 3
"""Words of a phrase."""
_EVERYDAY: Final = "다요까죠음임함됨"
"""Last letters of Korean sentences of any polite or plain text: they tell a level of politeness, and no pattern."""
_SPECIFIC_SHARE: Final = 0.1
"""Share of the answers in which a word may stand that still belongs to one answer and not to the pattern."""


@dataclass(frozen=True, slots=True)
class StyleFacts:
    """Example answers summed up; shares are from 0 to 1."""

    examples: int
    openings: float
    """Share that begins with one of the three most common openings."""
    endings: float
    """Share that ends with one of the three most common closing phrases, or with the same unusual ending."""
    phrases: float
    """Mean share of an answer's phrases of three words that stand in other answers too."""
    formatted: float
    """Share that is JSON, a list, or lines with labels."""
    length_spread: float
    """Distance of the quartiles of the lengths over the median; below 1 is even."""
    facts: float
    """Share that states a figure, an address or a name."""

    @property
    def consistency(self) -> float:
        """How much the answers follow one pattern, from 0 to 1: the mean of all signs, and of the format where it is fixed."""
        evenness = max(0.0, 1 - self.length_spread)
        signs = [self.openings, self.endings, self.phrases, evenness]
        return fmean([*signs, self.formatted] if self.formatted >= 0.5 else signs)


def style_facts(answers: Sequence[str]) -> StyleFacts:
    """Sum up example answers.

    Raises:
        ValueError: There are none.
    """
    if not answers:
        raise ValueError("no answers to look at")
    words = [_WORD.findall(answer.lower()) for answer in answers]
    return StyleFacts(
        examples=len(answers),
        openings=_share_of_common([tuple(found[:2]) for found in words]),
        endings=max(
            _share_of_common([tuple(found[-2:]) for found in words]),
            _share_of_common([_ending(found) for found in words]),
        ),
        phrases=_shared_phrases(words),
        formatted=fmean(float(_is_formatted(answer)) for answer in answers),
        length_spread=_spread([len(answer) for answer in answers]),
        facts=fmean(float(bool(_FACT.search(answer))) for answer in answers),
    )


def _ending(words: Sequence[str]) -> str | None:
    """Return the last two letters of a Korean answer, None where they are such as end any sentence."""
    last = words[-1] if words else ""
    return last[-2:] if "가" <= last[-1:] <= "힣" and last[-1] not in _EVERYDAY else None


def facts_in(answer: str) -> list[str]:
    """Return the figures, addresses and names of an answer."""
    return _FACT.findall(answer)


def specific_words(answers: Sequence[str], questions: Sequence[str]) -> list[frozenset[str]]:
    """Return the words that belong to each answer alone: in few other answers, and not taken from its question.

    What a pattern repeats is left out, and what remains are names, terms and facts, in any script.
    """
    of_answers = [frozenset(word for word in _WORD.findall(answer.lower()) if len(word) > 1) for answer in answers]
    counts = Counter(word for words in of_answers for word in words)
    most = max(1, round(_SPECIFIC_SHARE * len(answers)))
    return [
        frozenset(word for word in words if counts[word] <= most and word not in question.lower())
        for words, question in zip(of_answers, questions, strict=True)
    ]


def _share_of_common(values: Sequence[object]) -> float:
    """Return the share of the commonest values that come more than once: with few answers, all are common."""
    counts = Counter(value for value in values if value).most_common(_COMMON)
    return sum(count for _, count in counts if count > 1) / len(values)


def _shared_phrases(words: Sequence[Sequence[str]]) -> float:
    # An answer shorter than a phrase is one phrase: labels that come again are a pattern too.
    of_answers = [
        {tuple(found[at : at + _PHRASE]) for at in range(max(1, len(found) - _PHRASE + 1))} for found in words
    ]
    counts = Counter(phrase for phrases in of_answers for phrase in phrases)
    shares = [fmean(float(counts[phrase] > 1) for phrase in phrases) for phrases in of_answers if phrases]
    return fmean(shares) if shares else 0.0


def _is_formatted(answer: str) -> bool:
    if answer.lstrip()[:1] in {"{", "["}:
        try:
            json.loads(answer)
        except ValueError:
            return bool(_MARKED.search(answer))
        return True
    return len(_MARKED.findall(answer)) > 1


def _spread(lengths: Sequence[int]) -> float:
    if len(lengths) < 2:
        return 0.0
    low, middle, high = quantiles(lengths, n=4)
    return (high - low) / middle if middle else 0.0
