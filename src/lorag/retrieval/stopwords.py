"""What carries grammar, not content: words, as terms in the form that splitters give them, and Korean endings."""

import re
from collections.abc import Sequence
from typing import Final

_ENGLISH = (
    "a about after all also an and ani anyon are as at be been befor but by can could did do doe doesn't don't dure each "
    "explain for from get had has have he her here him his how i i'm if in into is isn't it it it's just know let like "
    "many mani may me mean might more much must my no not of on or our out pleas s say she should so some somebodi t tell "
    "than that the their them then there these they thing this those to too up us was we were what what's when where "
    "whether which while who whom whose whi will with would you your"
)
_KOREAN_BIGRAMS = (
    "무엇 엇인 엇이 엇을 엇일 인가 는가 가요 나요 까요 을까 할까 될까 일까 니까 세요 하세 주세 려줘 해줘 알려 어떻 떻게 "
    "어떤 어떠 떠한 떤가 하는 하나 하고 하려 려면 하면 하며 하여 해서 해야 했다 한다 하다 하지 하기 하게 한가 합니 습니 "
    "니다 입니 됩니 되는 되나 되고 되어 된다 있다 있는 있나 있을 있습 없는 없나 대해 대한 위해 위한 에서 에게 에는 에도 "
    "으로 이란 이라 라고 라는 다고 다는 것은 것이 것인 것을 건가 인지 는지 은지 까지 부터 보다 이나 거나 이며 이고 는데 "
    "지만 도록 면서 어야 여야 뭐예 예요 에요 뭔가 뭐가 이에 러한 이러 그러 그런 이런 언제 얼마 어디 누가 누구 왜 뭐 및 등 "
    "수 것 때 더 좀 를 을 은 는 이 가 에 의 도 와 과 로"
)
_KOREAN_MORPHEMES = (
    "하 되 있 없 이 것 수 등 때 무엇 어떻 어떻게 어떤 어떠하 언제 어디 누구 왜 얼마 알리 주 대하 위하 및 더 좀"
)
_KOREAN_ENDINGS = (
    "은 는 이 가 을 를 의 에 도 와 과 로 만 나 란 인 일 적 들 한 할 된 될 에서 에게 으로 에는 에도 까지 부터 보다 이나 라고 이란 "
    "처럼 마다 께서 하는 하고 하여 해서 하면 하려면 하기 하게 했을 합니다 하나요 하는지 되는 되나요 되면 인가요 인지 이며 이고 들의 들은 "
    "들이 들을 에서는 으로는 에서의 로서 로써 적인 예요 이에요 이야 이죠 입니까 일까요 나요 까요 어요 아요 해요 네요 세요 습니까"
)
_KOREAN_ASKING: Final = re.compile(r"(?:얼마|어디|언제|누구|무엇|무슨|뭐|뭘|며칠|몇|어느|어떤|어떻)[가-힣]*")
"""A word that asks, with whatever ending: of "얼마예요" the bigram "마예" is found nowhere."""
_SHORTEST_STEM = 2

STOPWORDS: Final = frozenset(f"{_ENGLISH} {_KOREAN_BIGRAMS} {_KOREAN_MORPHEMES}".split())

_LONGEST_ENDING_FIRST: Final = tuple(sorted(_KOREAN_ENDINGS.split(), key=len, reverse=True))


def without_ending(run: str) -> str:
    """Return a run of Hangul without the particle or ending it has; at least two syllables stay, none of what only asks."""
    if _KOREAN_ASKING.fullmatch(run):
        return ""
    for ending in _LONGEST_ENDING_FIRST:
        if run.endswith(ending) and len(run) - len(ending) >= _SHORTEST_STEM:
            return run.removesuffix(ending)
    return run


def content_terms(terms: Sequence[str]) -> list[str]:
    """Return the distinct terms that carry content, or all of them when none does."""
    distinct = list(dict.fromkeys(terms))
    return [term for term in distinct if term not in STOPWORDS] or distinct
