"""What a set of example answers is like: a pattern to learn, or facts to look up."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_FACT: Final = re.compile(r"\d+(?:[.,:/-]\d+)*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<=[a-z,] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_MARKED: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)]|#{1,4}|\[[^\]]{1,20}\]|[^\s:：]{1,20}[:：])", re.MULTILINE)
_COMMON: Final = 3
"""How many openings and endings count as the usual ones."""
_PHRASE: Final = 3
"""Words of a phrase."""


@dataclass(frozen=True, slots=True)
class StyleFacts:
    """Example answers summed up; shares are from 0 to 1."""

    examples: int
    openings: float
    """Share that begins with one of the three most common openings."""
    endings: float
    """Share that ends with one of the three most common endings."""
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
        """How much the answers follow one pattern, from 0 to 1: the mean of its clearest signs."""
        evenness = max(0.0, 1 - self.length_spread / 2)
        signs = sorted((self.openings, self.endings, self.phrases, self.formatted, evenness), reverse=True)
        return fmean(signs[:3])


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
        endings=_share_of_common([found[-1][-2:] if found else "" for found in words]),
        phrases=_shared_phrases(words),
        formatted=fmean(float(_is_formatted(answer)) for answer in answers),
        length_spread=_spread([len(answer) for answer in answers]),
        facts=fmean(float(bool(_FACT.search(answer))) for answer in answers),
    )


def facts_in(answer: str) -> list[str]:
    """Return the figures, addresses and names of an answer."""
    return _FACT.findall(answer)


def _share_of_common(values: Sequence[object]) -> float:
    """Return the share of the commonest values that come more than once: with few answers, all are common."""
    counts = Counter(values).most_common(_COMMON)
    return sum(count for _, count in counts if count > 1) / len(values)


def _shared_phrases(words: Sequence[Sequence[str]]) -> float:
    of_answers = [{tuple(found[at : at + _PHRASE]) for at in range(len(found) - _PHRASE + 1)} for found in words]
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
