"""Small talk that lorag may make without documents: written by hand, one TOML file per language."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.prompts.language import Language

FOLDER: Final = Path(__file__).parent / "intents"
_STEEPNESS: Final = 1.7
"""One draws all intents alike; at 1.7 the first ten of 300 are 14 % of all."""


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
            turns += [("user", _typed(rng.choice(intent.says), rng)), ("assistant", rng.choice(intent.replies))]
        return tuple(turns), language

    def intents(self, language: Language) -> tuple[Intent, ...]:
        """Return every written intent of a language."""
        return tuple(self._intents[language])

    def no_documents(self, language: Language, rng: random.Random) -> str:
        """Return an honest reply to a question about facts when no passage is given."""
        return rng.choice(self._no_documents[language])


def _drawn(intents: list[Intent], rng: random.Random) -> Intent:
    """Return one intent: those at the head of a file, which people say most, come up several times as often."""
    return intents[int(len(intents) * rng.random() ** _STEEPNESS)]


def _read(path: Path) -> list[Intent]:
    entries = tomllib.loads(path.read_text("utf-8"))["intent"]
    return [Intent(tuple(entry["says"]), tuple(entry["replies"])) for entry in entries]


def _typed(text: str, rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.15:
        return text.lower()
    return text.rstrip("?.! ") if roll < 0.35 else text
