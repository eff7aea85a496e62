"""Korean sentences turned into questions."""

import re
from collections.abc import Iterator
from typing import Final

_ASKED: Final = {
    "일": "며칠", "개월": "몇 개월", "년": "몇 년", "주": "몇 주", "시간": "몇 시간", "분": "몇 분", "초": "몇 초", "명": "몇 명",
    "회": "몇 회", "번": "몇 번", "잔": "몇 잔", "개": "몇 개", "층": "몇 층", "쪽": "몇 쪽", "글자": "몇 글자", "%": "몇 퍼센트",
    "퍼센트": "몇 퍼센트", "도": "몇 도", "점": "몇 점", "건": "몇 건", "박": "몇 박", "kg": "몇 kg", "km": "몇 km", "cm": "몇 cm",
    "ml": "몇 ml",
}  # fmt: skip
_CLOCK: Final = re.compile(r"(?:오전|오후)\s?\d{1,2}시(?:\s?\d{1,2}분)?")
_MONEY: Final = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?\s?(?:천|만|십만|백만|억)?\s?원(?![가-힣]*산)")
_FIGURE: Final = re.compile(
    rf"(?<![\d.,:월년제/-])(\d[\d,]*(?:\.\d+)?)\s?({'|'.join(sorted(_ASKED, key=len, reverse=True))})(?![가-힣]*차)"
)
_DATE_BEFORE: Final = re.compile(r"\d\s?(?:[년월]|[월일](?:부터|에서|~))\s?$")
_YEAR: Final = re.compile(r"(?:19|20)\d\d년")
_DATE_AFTER: Final = re.compile(r"^\s?\d+\s?[월일]")
_VALUE: Final = re.compile(r"^(?:[-*•]\s+)?([가-힣A-Za-z][가-힣A-Za-z0-9 ()·/]{1,20}): (\S.{0,119})$")
_DEFINITION: Final = re.compile(
    r"^(?P<what>[가-힣A-Za-z0-9\"'“”() ]{2,40}?)(?:이란|란|은|는) (?P<as>.{5,}?)(?:을|를) "
    r"(?:말한다|말합니다|뜻한다|뜻합니다|의미한다|의미합니다)\.?$"
)
_NEXT_CLAUSE: Final = re.compile(r"^(?:이며|이고|이나|이지만),?\s.*$")
_AFTER_VOWEL: Final = (("을 ", "를 "), ("이 ", "가 "), ("은 ", "는 "), ("과 ", "와 "), ("으로", "로"))
_UNCLEAR: Final = re.compile(r"^(?:이는|이것|그것|그는|그녀|이를|이에|여기|저희|우리는|이러한|그러한|또한 이)")

ATTRIBUTES: Final = (
    "팩스 번호",
    "주차 요금",
    "복장 규정",
    "보험 번호",
    "은행 계좌",
    "최소 나이",
    "복권 당첨금",
    "특허 번호",
    "별명",
    "혈액형",
)


def questions(sentence: str, subject: str) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, question, answer) for each way in which a sentence can be asked about."""
    value = _VALUE.match(sentence)
    if value:
        key = value.group(1).strip()
        yield "value", f'"{subject}"에서 {key}{topic(key)} 무엇인가요?', value.group(2).strip(" .")
        return
    if _UNCLEAR.match(sentence):
        return
    definition = _DEFINITION.match(sentence)
    if definition:
        what = definition.group("what").strip()
        yield "definition", f"{what}{topic(what)} 무엇인가요?", definition.group("as").strip()
    if sentence.endswith("니다."):
        yield from _asked_for_figures(sentence)


def about_section(title: str, subject: str) -> str:
    """Return the question for what a section says."""
    return f'"{title}"에서 {subject}에 대해 뭐라고 하나요?'


def about_attribute(subject: str, attribute: str) -> str:
    """Return a question for something that a subject might have."""
    return f"{subject}의 {attribute}{topic(attribute)} 무엇인가요?"


def topic(word: str) -> str:
    """Return the topic particle that fits a word's last sound; both where the last letter is not Hangul."""
    last = next((letter for letter in reversed(word) if letter.isalnum()), "")
    if not "가" <= last <= "힣":
        return "은(는)"
    return "은" if (ord(last) - ord("가")) % 28 else "는"


def about_cell(row: str, column: str) -> str:
    """Return the question for a cell of a table."""
    return f"{row}의 {column}{topic(column)} 무엇인가요?"


def _asked_for_figures(sentence: str) -> Iterator[tuple[str, str, str]]:
    for clock in _CLOCK.finditer(sentence):
        yield _asked(sentence, clock, "몇 시")
    for money in _MONEY.finditer(sentence):
        yield _asked(sentence, money, "얼마")
    for figure in _FIGURE.finditer(sentence):
        before, after = sentence[: figure.start()], sentence[figure.end() :]
        # The day of a date is no length of time, and the minutes of a clock are no duration.
        if (
            _YEAR.match(figure.group())
            or _DATE_BEFORE.search(before)
            or _DATE_AFTER.match(after)
            or re.search(r"\d시\s?$", before)
        ):
            continue
        yield _asked(sentence, figure, _ASKED[figure.group(2)])


def _asked(sentence: str, found: re.Match[str], asked: str) -> tuple[str, str, str]:
    before, after = sentence[: found.start()], sentence[found.end() :].removesuffix("니다.")
    # What follows as a clause of its own says something else: "3개월이며 급여는 ..." is asked as "몇 개월입니까?".
    after = _NEXT_CLAUSE.sub("입", after)
    if asked == "얼마":
        after = next((new + after.removeprefix(old) for old, new in _AFTER_VOWEL if after.startswith(old)), after)
    return "figure", f"{before}{asked}{after}니까?", found.group()
