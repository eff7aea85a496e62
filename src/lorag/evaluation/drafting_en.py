"""English sentences turned into questions."""

import re
from collections.abc import Iterator
from typing import Final

_UNITS: Final = (
    "business days|working days|calendar days|days|day|weeks|week|months|month|years|year|hours|hour|minutes|minute|"
    "seconds|second|people|persons|employees|members|pages|characters|cups|copies|times|percent|won|dollars|euros|pounds|"
    "km|kilometres|metres|meters|cm|mm|kg|kilograms|grams|litres|liters|ml|watts|volts|degrees|points|questions|rows|bags"
)
_NUMBER: Final = r"(?<![\w.,$€£/~–-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_FIGURE: Final = re.compile(rf"{_NUMBER}\s(?P<unit>{_UNITS})\b|{_NUMBER}\s?%")
_RANGE_BEFORE: Final = re.compile(r"(?:\d|day|week|month|year|hour|minute)s?\s?(?:to|and|or|–|-|~)\s$")
_RANGE_AFTER: Final = re.compile(r"^\s(?:to|–|-|~)\s\d")
_NAME: Final = re.compile(r"\b[Tt]he ((?:(?!the )[a-z]+ ){0,3}[a-z]+), ([A-Z][\w'-]+(?: [A-Z][\w'-]+){1,2})(?=[,.;)])")
_VALUE: Final = re.compile(r"^(?:[-*•]\s+)?([A-Z][\w /&()-]{2,40}): (\S.{0,119})$")
_DEFINITION: Final = re.compile(
    r"^((?:An?|The) )?(?P<what>[\w\"'“”’() -]{2,50}?) (?P<verb>is|are|means|refers to) (?P<as>(?:an?|the|any|all|every) .{10,})$"
)
_LETTER_HEADS: Final = frozenset({"from", "to", "cc", "bcc", "date", "sent", "subject", "note", "warning", "tip"})
_ORDERS: Final = frozenset({"Never", "Always", "Do", "Only", "Please", "Not", "Important", "If", "When"})
_CLAUSE: Final = re.compile(
    r"\b(?:it|we|you|they|i|he|she|this|that|is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|must|"
    r"should|may|might|not|nothing|nobody|everything|everyone|what|how|why|who|which|where|when)\b",
    re.IGNORECASE,
)
"""Words of a clause: what stands before its colon is no name of a value."""
_ARTICLE: Final = re.compile(r"^(?:The|An?) ")
_CODE: Final = re.compile(r"^[A-Z]{1,4}-?\d+[A-Za-z]?$")
_HANGING: Final = re.compile(r"\b(?:for|of|like|with|by|to|from|at|in|on|per|as|until|since)$", re.IGNORECASE)
_MOST_KEY_WORDS: Final = 5
_UNCLEAR: Final = re.compile(r"^(?:It|This|That|These|Those|They|He|She|There|Here|We|You|I|Such|Both|Each)\b")
_FEWEST_WORDS: Final = 5
_MOST_WORDS: Final = 35

ATTRIBUTES: Final = (
    "fax number",
    "parking fee",
    "dress code",
    "insurance number",
    "bank account",
    "minimum age",
    "wheelchair access",
    "lottery prize",
    "patent number",
    "nickname",
)


def questions(sentence: str, subject: str) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, question, answer) for each way in which a sentence can be asked about."""
    value = _VALUE.match(sentence)
    if value:
        yield from _asked_for_value(value.group(1).strip(), value.group(2).strip(" ."), subject)
        return
    if _UNCLEAR.match(sentence) or not _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS:
        return
    for name in _NAME.finditer(sentence):
        yield "name", f"Who is the {name.group(1)}?", name.group(2)
    if sentence[0].isupper() and sentence.endswith((".", "!")):
        yield from _asked_for_figures(sentence)
        definition = _DEFINITION.match(sentence.rstrip(".!"))
        if definition:
            yield "definition", _asked_what(definition), definition.group("as")


def about_section(title: str, subject: str) -> str:
    """Return the question for what a section says."""
    return f'What does "{title}" say about {subject.rstrip("?")}?'


def about_attribute(subject: str, attribute: str) -> str:
    """Return a question for something that a subject might have."""
    return f"What is the {attribute} for {subject}?"


def about_cell(row: str, column: str) -> str:
    """Return the question for a cell of a table."""
    if _HANGING.search(column) or _CLAUSE.search(column):
        return f'What stands under "{column}" for {row}?'
    return f"What is the {_uncapitalised(column)} of {row}?"


def _asked_for_value(key: str, value: str, subject: str) -> Iterator[tuple[str, str, str]]:
    key = _uncapitalised(_ARTICLE.sub("", key)) if _ARTICLE.match(key) else key
    words = key.split()
    if key.lower() in _LETTER_HEADS or value in subject or len(words) > _MOST_KEY_WORDS or words[0] in _ORDERS:
        return
    if not value or _CLAUSE.search(key):
        return
    asked = f"what does {key} mean" if _CODE.match(key) else f"what {_is(key)} the {_uncapitalised(key)}"
    yield "value", f'In "{subject}", {asked}?', value


def _is(key: str) -> str:
    return "are" if key.endswith("s") and not key.endswith(("ss", "us", "is")) else "is"


def _uncapitalised(name: str) -> str:
    """Return a name as it stands inside a sentence; codes and abbreviations keep their capitals."""
    return name[0].lower() + name[1:] if name[1:] == name[1:].lower() and not any(map(str.isdigit, name)) else name


def _asked_for_figures(sentence: str) -> Iterator[tuple[str, str, str]]:
    for figure in _FIGURE.finditer(sentence):
        before, after = sentence[: figure.start()], sentence[figure.end() :].partition(";")[0]
        if _RANGE_BEFORE.search(before) or _RANGE_AFTER.match(after):
            continue
        unit = figure.group("unit")
        asked = f"how many {_plural(unit)}" if unit else "what percentage"
        question = before.rpartition("; ")[2] + asked + after.rstrip(".! ") + "?"
        question = question[0].upper() + question[1:]
        if not _UNCLEAR.match(question):
            yield "figure", question, figure.group()


def _plural(unit: str) -> str:
    return (
        "people"
        if unit == "person"
        else unit + "s"
        if unit in {"day", "week", "month", "year", "hour", "minute", "second"}
        else unit
    )


def _asked_what(definition: re.Match[str]) -> str:
    verb = "are" if definition.group("verb") == "are" else "is"
    article = (definition.group(1) or "").lower()
    what = definition.group("what")
    return f"What {verb} {article}{what if not article else what.strip()}?"
