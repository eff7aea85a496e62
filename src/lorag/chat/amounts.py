"""Questions that ask how much or when, and sentences that cannot tell: without a number or a time they are no answer.

The type of an answer as a hint at the sentence that holds it (Li and Roth 2002), for the two types that show in its letters.
"""

import re
from typing import Final, Literal

Asked = Literal["amount", "time"]

_MEASURED: Final = r"many|much|long|far|often|old|big|large|small|tall|high|wide|deep|fast|heavy|hot|warm|cold|thick|expensive|frequently"
_AMOUNTS: Final = (
    r"price|cost|fee|percentage|number|amount|age|temperature|size|weight|height|length|width|distance|population|rate|speed"
    r"|limit|capacity"
)
_AMOUNT_ASKED: Final = re.compile(
    rf"\bhow\s+(?:{_MEASURED})\b|\bwhat\s+(?:is|are|was|were)\s+the\s+(?:\w+\s+){{0,2}}(?:{_AMOUNTS})\b|몇|얼마|며칠|전화번호",
    re.IGNORECASE,
)
_TIME_ASKED: Final = re.compile(
    r"\bhow\s+(?:soon|late|early|quickly)\b|\b(?:which|what)\s+(?:time|day|date|month|year|hour|century)\b"
    r"|\bwhen\s+(?:did|does|do|is|was|are|were|will|can|could|must|should)\b|언제",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?<![a-z\d])\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?|half|halves|quarter|third"
    r"|once|twice|double|triple|single|several|few|both|all|none|no|every|each|many|most|average|couple|free"
    r"|hourly|daily|nightly|weekly|monthly|yearly|annual\w*|unlimited)\b"
    r"|하루|이틀|사흘|나흘|닷새|열흘|보름|매일|매주|매월|매달|매년|날마다|해마다|무료|무상|공짜|전액|무제한|절반|여러|전부|모두"
    r"|하나|둘|셋|넷|(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|스무|서른|마흔|쉰|수십|수백|수천|수만)\s?[가-힣]"
    r"|[일이삼사오육칠팔구십백천만억]+\s?(?:원|일|월|년|명|개|층|점|도|배|회|분|초|주|세|살|차|위|호|퍼센트)",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|(?:in|of|until|by|from|since)\s+may|june|july"
    r"|august|september|october|november|december|spring|summer|autumn|winter|years?|months?|weeks?|weekends?|weekdays?|days?"
    r"|hours?|minutes?|seconds?|centur(?:y|ies)|decades?|noon|midnight|dawn|dusk|morning|afternoon|evening|night|today|tomorrow"
    r"|yesterday|after|before|until|till|during|when|whenever|while|since|as\s+soon|within|immediately|straight\s+away|always|never"
    r"|(?:end|beginning|start)\s+of)\b"
    r"|요일|오전|오후|정오|자정|아침|점심|저녁|밤|새벽|때|동안|후|뒤|전|까지|부터|만에|이내|즉시|바로|올해|내년|작년|오늘|내일|어제|지난|다음|항상|늘"
    r"|봄|여름|가을|겨울|년|월|시간|주일|주말|평일|명절|설|추석|세기",
    re.IGNORECASE,
)


def asked_for(question: str) -> Asked | None:
    """Return whether a question asks for an amount or for a time; None for all other questions."""
    if _TIME_ASKED.search(question):
        return "time"
    return "amount" if _AMOUNT_ASKED.search(question) else None


def may_tell(sentence: str, asked: Asked) -> bool:
    """Tell whether a sentence may hold what is asked for; in doubt it may ("after the test" can answer "when")."""
    return _NUMBER.search(sentence) is not None or (asked == "time" and _TIME.search(sentence) is not None)
