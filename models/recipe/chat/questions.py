"""Makes questions out of sentences, because real questions about arbitrary text are scarce in any open corpus."""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Final

from lorag.prompts.language import Language, language_of

WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’.-]*[A-Za-z]|[가-힣]+|[A-Za-z]|\d[\d,.:/-]*\d|\d")
_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:에서는|으로는|에게서|이라는|에서|으로|에게|까지|부터|처럼|보다|라는|이나|은|는|이|가|을|를|의|에|도|만|로|와|과|나)$"
)
_ENDING = re.compile(
    r"(?:합니다|입니다|됩니다|습니다|였습니다|했습니다|하였다|되었다|이었다|였다|한다|된다|이다|있다|했다|됐다|하세요|해요|돼요|예요|이에요)[.]?$"
)
_COMMON: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "and",
        "or",
        "but",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "as",
        "by",
        "with",
        "from",
        "you",
        "your",
        "we",
        "our",
        "they",
        "their",
        "he",
        "she",
        "his",
        "her",
        "i",
        "not",
        "no",
        "can",
        "may",
        "will",
        "would",
        "should",
        "have",
        "has",
        "had",
        "do",
        "does",
        "did",
        "if",
        "when",
        "which",
        "who",
        "what",
        "how",
        "there",
        "than",
        "then",
        "so",
        "such",
        "also",
        "more",
        "most",
        "other",
        "some",
        "any",
        "all",
        "into",
        "over",
        "about",
        "up",
        "out",
        "수",
        "것",
        "및",
        "등",
        "또는",
        "그리고",
        "이",
        "그",
        "저",
        "때",
        "더",
        "이러한",
        "그러나",
        "하지만",
        "또한",
        "있는",
        "하는",
        "있습니다",
        "합니다",
        "입니다",
        "됩니다",
    ]
)
_NEW_PARTICLES: Final = ("은", "는", "이", "가", "을", "를", "의", "에", "에서", "", "", "")

_ABOUT: Final[Mapping[Language, Sequence[str]]] = {
    "en": (
        "What about {}?", "Tell me about {}.", "What do the documents say about {}?", "{}?", "{}", "What is said about {}?",
        "Is there anything about {}?", "Where can I read about {}?", "I need to know about {}.", "How does {} work?",
        "What is {}?", "Explain {}.", "Do you know anything about {}?", "What happens with {}?", "Please find {}.",
    ),
    "ko": (
        "{}에 대해 알려 주세요.", "{}에 대해 알려줘", "{}은 무엇인가요?", "{}?", "{}", "{}이 뭐야?", "{} 관련 내용이 있나요?",
        "{}에 대한 설명을 찾아 주세요.", "{}는 어떻게 되나요?", "{} 어떻게 해?", "{}에 관해 뭐라고 적혀 있나요?", "{}가 궁금해요.",
        "{} 설명해 줘", "{}란 무엇입니까?",
    ),
}  # fmt: skip
_WH: Final[Mapping[Language, Mapping[str, Sequence[str]]]] = {
    "en": {
        "year": ("When", "In what year", "In which year"),
        "number": ("How many", "How much", "What number of", "How long"),
        "name": ("Who", "Which", "What", "Where", "What is the name of what"),
        "word": ("What", "Which", "How", "Why", "Where"),
    },
    "ko": {
        "year": ("언제", "몇 년에", "어느 해에"),
        "number": ("몇", "얼마나", "얼마", "몇 개"),
        "name": ("누가", "어떤", "무엇이", "어디에서", "어느"),
        "word": ("무엇을", "어떻게", "왜", "어떤", "무엇이"),
    },
}
_KOREAN_ENDS: Final = ("나요?", "는가?", "습니까?", "어?", "지?", "나?", "죠?", "", "인가요?", "니?")


def content_words(text: str) -> list[str]:
    """Return the words of ``text`` that carry meaning, Korean particles stripped, in order."""
    words = (_PARTICLE.sub("", word) for word in WORD.findall(text))
    return [word for word in words if word.lower() not in _COMMON]


def made_question(sentence: str, language: Language, rarity: Mapping[str, float], rng: random.Random) -> str:
    """Return a question that ``sentence`` answers: a cloze with a question word, keywords, or a template about them."""
    kind = rng.random()
    question = ""
    if kind < 0.5:
        question = _cloze(sentence, language, rng)
    elif kind < 0.65:
        question = _keywords(sentence, rarity, rng)
    if question:
        return question
    template = rng.choice(_ABOUT[language])
    return template.format(_phrase(sentence, language, rarity, rng))


def _rare(words: Sequence[str], rarity: Mapping[str, float], count: int, rng: random.Random) -> list[str]:
    """Return ``count`` of ``words``, rare ones sooner, in their order of appearance."""
    unique = list(dict.fromkeys(words))
    scored = sorted(unique, key=lambda word: -(rarity.get(word.lower(), 12.0) * rng.uniform(0.4, 1.0)))
    kept = set(scored[:count])
    return [word for word in unique if word in kept]


def _keywords(sentence: str, rarity: Mapping[str, float], rng: random.Random) -> str:
    words = _rare(content_words(sentence), rarity, rng.randint(2, 4), rng)
    if rng.random() < 0.3:
        rng.shuffle(words)
    return " ".join(words)


def _phrase(sentence: str, language: Language, rarity: Mapping[str, float], rng: random.Random) -> str:
    """Return a short run of words around a rare one, or a few rare words."""
    words = sentence.split()
    if len(words) < 3 or rng.random() < 0.3:
        chosen = _rare(content_words(sentence), rarity, rng.randint(1, 3), rng)
        return " ".join(chosen) or sentence
    start = rng.randrange(max(1, len(words) - 2))
    run = words[start : start + rng.randint(2, 5)]
    while len(run) > 1 and run[0].lower() in _COMMON:
        run = run[1:]
    while len(run) > 1 and run[-1].lower().strip(".,;:") in _COMMON:
        run = run[:-1]
    phrase = " ".join(run).strip(" .,;:!?\"'()")
    return _PARTICLE.sub("", phrase) if language == "ko" else phrase


def _span_kind(word: str) -> str:
    if re.search(r"(?:1[5-9]|20)\d\d", word):
        return "year"
    if re.search(r"\d", word):
        return "number"
    return "name" if word[:1].isupper() else "word"


def _cloze(sentence: str, language: Language, rng: random.Random) -> str:
    """Return the words around a taken-out span behind a question word: what a reader would ask whose answer is the span."""
    words = sentence.rstrip(" .!?").split()
    if len(words) < 4:
        return ""
    special = [i for i, word in enumerate(words) if i and _span_kind(word) != "word"]
    hole = rng.choice(special) if special and rng.random() < 0.7 else rng.randrange(len(words))
    wh = rng.choice(_WH[language][_span_kind(words[hole])])
    width = rng.randint(3, 11)
    start = max(0, min(hole - rng.randint(0, width), len(words) - width))
    before = words[start:hole]
    after = words[hole + 1 : start + width]
    keep = rng.choice((1.0, 1.0, 0.85, 0.7))
    before, after = ([word for word in part if rng.random() < keep] for part in (before, after))
    if not content_words(" ".join(before + after)):
        return ""
    return _korean(before, after, wh, rng) if language == "ko" else _english(before, after, wh, rng)


def _english(before: list[str], after: list[str], wh: str, rng: random.Random) -> str:
    if before and before[0] in ("The", "A", "An", "In", "It", "This", "These"):
        before[0] = before[0].lower()
    helper = rng.choice(("did", "does", "is", "was", "", "", "are", "do"))
    ordered = [wh, helper, *before, *after] if rng.random() < 0.8 else [*before, wh.lower(), *after]
    if rng.random() < 0.15:
        ordered = [wh, helper, *after, *before]
    question = " ".join(word for word in ordered if word).strip(" .,;:")
    return question + rng.choice(("?", "?", "?", ""))


def _korean(before: list[str], after: list[str], wh: str, rng: random.Random) -> str:
    words = [*before, wh, *after] if rng.random() < 0.7 else [*after, *before, wh]
    words = [
        _PARTICLE.sub("", word) + rng.choice(_NEW_PARTICLES) if rng.random() < 0.25 and word != wh else word
        for word in words
    ]
    words[-1] = _ENDING.sub("", words[-1]) or words[-1]
    return " ".join(words).strip(" .,;:") + rng.choice(_KOREAN_ENDS)


def varied(question: str, rng: random.Random) -> str:
    """Return ``question`` as other people would type it: shouting case, no mark, a polite frame."""
    roll = rng.random()
    if roll < 0.08:
        return question.lower()
    if roll < 0.16:
        return question.rstrip("?. ")
    if roll < 0.22 and len(question) > 3:
        if language_of(question) == "ko":
            return rng.choice(("혹시 {}", "질문이요. {}", "저기요, {}", "{} 알려줘", "{} 궁금합니다")).format(question)
        lowered = question[0].lower() + question[1:]
        return rng.choice(("Hi, {}", "Please tell me: {}", "Quick question: {}", "I wonder, {}")).format(lowered)
    return question
