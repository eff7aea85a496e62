"""Draws lists of phrases about like things and asks for one in other words: only what words mean tells which."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chat.pools import Gold
from chat.thesaurus import Entry, read_thesaurus
from lorag.prompts.language import Language

SOURCE: Final = "phrases"
"""Where such questions come from, in place of a corpus."""
_LISTED: Final = (2, 7)
"""Fewest and most phrases beside the one that is asked for."""


class Phrases:
    """Draws from the thesaurus; entries of one of its files are about like things."""

    def __init__(self, entries: Sequence[Entry] | None = None) -> None:
        self._entries = read_thesaurus() if entries is None else entries
        self._by_file: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._entries:
            self._by_file[entry.file].append(entry)

    def drawn(self, shown: Language, asked: Language, rng: random.Random) -> Gold:
        """Return a list of phrases in one language, and as its question another phrase for one of them."""
        meant = rng.choice(self._entries)
        told = rng.choice(meant.phrases[shown])
        question = rng.choice([phrase for phrase in meant.phrases[asked] if phrase != told] or [told])
        gold = Gold(question, "", (told,), (0,), SOURCE, f"{SOURCE} {meant.file}")
        others = self.others(gold, shown, rng).sentences
        target = rng.randint(0, len(others))
        return replace(gold, sentences=(*others[:target], told, *others[target:]), targets=(target,))

    def others(self, gold: Gold, shown: Language, rng: random.Random) -> Gold:
        """Return a list from the file that ``gold`` is from, without the entries that hold what it asks for or tells."""
        apart = {gold.question, *(gold.sentences[target] for target in gold.targets)}
        entries = self._by_file[gold.doc.removeprefix(f"{SOURCE} ")]
        chosen = rng.sample(entries, min(len(entries), rng.randint(*_LISTED)))
        phrases = tuple(rng.choice(entry.phrases[shown]) for entry in chosen if not apart & _all(entry))
        return Gold("", "", phrases, (), SOURCE, gold.doc)


def _all(entry: Entry) -> set[str]:
    return {phrase for phrases in entry.phrases.values() for phrase in phrases}
