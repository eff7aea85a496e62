"""Small talk that lorag may make without documents: written by hand, one TOML file per language."""

import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.prompts.language import Language, language_of

FOLDER: Final = Path(__file__).parent / "intents"
_STEEPNESS: Final = 2.5
"""One draws all intents alike; at 2.5 the first ten of 300 are a quarter of all."""
_FIRST_REPLY: Final = 2.5
"""The same for the replies: the first of two three times in four, so that the likeliest words are words of one reply."""

_ORDER: Final = re.compile(
    r"(Add|Calculate|Change|Check|Close|Compare|Compute|Convert|Copy|Correct|Count|Create|Delete|Describe|Draft|Draw|Execute|Explain|"
    r"Find|Fix|Give|Guess|Help|Introduce|List|Make|Open|Pick|Play|Print|Prove|Pull|Put|Read|Recommend|Remove|Repeat|Restrict|Run|Save|"
    r"Search|Send|Show|Sing|Solve|Suggest|Summari[sz]e|Surprise|Switch|Teach|Tell|Translate|Turn|Use|Write) "
)
"""How English orders begin."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Wordings of one thing that people say, and what is answered."""

    says: tuple[str, ...]
    replies: tuple[str, ...]


class SmallTalk:
    """Draws conversations from the written intents."""

    def __init__(self, folder: Path) -> None:
        self._intents: dict[Language, list[Intent]] = {
            language: _read(folder / f"{language}.toml") for language in ("en", "ko")
        }
        self._no_documents: dict[Language, tuple[str, ...]] = {
            language: tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))["no_documents"]
            for language in ("en", "ko")
        }

    def conversation(self, rng: random.Random) -> tuple[tuple[tuple[str, str], ...], Language]:
        """Return one to three exchanges in one language."""
        language: Language = rng.choice(("en", "ko"))
        turns: list[tuple[str, str]] = []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            intent = _drawn(self._intents[language], rng)
            reply = intent.replies[int(len(intent.replies) * rng.random() ** _FIRST_REPLY)]
            turns += [("user", _typed(rng.choice(intent.says), rng)), ("assistant", reply)]
        return tuple(turns), language

    def intents(self, language: Language) -> tuple[Intent, ...]:
        """Return every written intent of a language."""
        return tuple(self._intents[language])

    def no_documents(self, language: Language, rng: random.Random) -> str:
        """Return an honest reply to a question about facts when no passage is given."""
        return rng.choice(self._no_documents[language])

    def all_no_documents(self) -> frozenset[str]:
        """Return every such reply, of both languages."""
        return frozenset(reply for replies in self._no_documents.values() for reply in replies)


def _drawn(intents: list[Intent], rng: random.Random) -> Intent:
    """Return one intent: those at the head of a file, which people say most, come up several times as often."""
    return intents[int(len(intents) * rng.random() ** _STEEPNESS)]


def _read(path: Path) -> list[Intent]:
    entries = tomllib.loads(path.read_text("utf-8"))["intent"]
    return [Intent(tuple(entry["says"]), tuple(entry["replies"])) for entry in entries]


def _typed(text: str, rng: random.Random) -> str:
    """Return ``text`` as other people would type it: as a polite question, in lower case, without its mark, with another one."""
    if rng.random() < 0.4:
        text = _asked(text, rng)
    if rng.random() < 0.3:
        text = text.lower()
    roll = rng.random()
    if roll < 0.2:
        return text.rstrip("?.! ")
    if roll < 0.45 and not text.endswith("?"):
        return text.rstrip(".! ") + rng.choice(
            ("!", "!", ".", "!!", "~", " :)", "ㅎㅎ" if language_of(text) == "ko" else "...")
        )
    return text


def _asked(text: str, rng: random.Random) -> str:
    """Return an order as a question or a request (``Write a poem``, ``시 써 줘``); anything else as it is."""
    if text.endswith("줘"):
        return text.removesuffix("줘") + rng.choice(
            ("줄래?", "줄 수 있어?", "주세요", "주실 수 있나요?", "줄 수 있나요?")
        )
    if text.endswith("?") or not _ORDER.match(text):
        return text
    before, after = rng.choice((("Can you ", "?"), ("Could you ", "?"), ("Can you please ", "?"), ("Please ", "")))
    return before + text[0].lower() + text[1:] + after
