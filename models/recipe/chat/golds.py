"""Draws questions with the passages that answer them: real ones from the pools, and ones made from sentences."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chat.altered import altered
from chat.facts import Facts
from chat.phrases import Phrases
from chat.pools import Document, Gold, Pools
from chat.questions import made_question, varied
from chat.random_text import random_gold
from chat.tables import Tables
from lorag.documents.sentences import split_sentences
from lorag.prompts.language import Language

_ALTERED: Final = 0.25
"""Share of running text whose words are partly exchanged, so that copying does not lean on what usually follows."""


class Golds:
    """Draws questions of the kinds that a stage's mix names."""

    def __init__(self, pools: Pools) -> None:
        self.pools = pools
        self.tables = Tables()
        self.facts = Facts(pools.split)
        self.phrases = Phrases()
        self._golds: dict[str, Callable[[random.Random], Gold]] = {
            "qa.en": lambda rng: rng.choice(pools.answers["en"]),
            "qa.ko": lambda rng: rng.choice(pools.answers["ko"]),
            "pairs.en": lambda rng: rng.choice(pools.pairs["en"]),
            "pairs.ko": lambda rng: rng.choice(pools.pairs["ko"]),
            "headings.en": lambda rng: rng.choice(pools.headings["en"]),
            "headings.ko": lambda rng: rng.choice(pools.headings["ko"]),
            "cross": lambda rng: rng.choice(pools.pairs["cross"]),
            "parallel": self._parallel_gold,
            "text.en": lambda rng: self.text("en", rng, altered_share=_ALTERED),
            "text.ko": lambda rng: self.text("ko", rng, altered_share=_ALTERED),
            "table.en": lambda rng: self.tables.drawn("en", rng),
            "table.ko": lambda rng: self.tables.drawn("ko", rng),
            "fact.en": lambda rng: self.facts.drawn("en", "en", rng),
            "fact.ko": lambda rng: self.facts.drawn("ko", "ko", rng),
            "fact.cross": self._fact_across,
            "page.en": lambda rng: self.facts.page("en", "en", rng),
            "page.ko": lambda rng: self.facts.page("ko", "ko", rng),
            "page.cross": self._page_across,
            "phrase.en": lambda rng: self.phrases.drawn("en", "en", rng),
            "phrase.ko": lambda rng: self.phrases.drawn("ko", "ko", rng),
            "phrase.cross": self._phrase_across,
            "random": random_gold,
        }

    def drawn(self, kind: str, rng: random.Random) -> Gold:
        """Return a question with its answering passage; some headings and pairs keep only made-up questions."""
        gold = self._golds[kind](rng)
        if gold.source == "dstc9" and ":" in gold.sentences[0] and ":" not in gold.question:
            # The same question is asked of every hotel there: alone it has many answers.
            entity = gold.sentences[0].split(":")[0]
            if len(entity) < 60:
                form = rng.choice(("{0}: {1}", "{1} ({0})", "{1} I mean {0}.", "About {0}: {1}"))
                gold = replace(gold, question=form.format(entity, gold.question))
        return replace(gold, question=varied(gold.question, rng))

    def text(self, language: Language, rng: random.Random, altered_share: float = 0.0) -> Gold:
        """Return a sentence of running text, in a share of all cases altered, with a question made from it."""
        document, heading, sentences, usable = self._running_text(language, 1, rng)
        target = rng.choice(usable)
        if altered_share and rng.random() < altered_share:
            strangers = self._strangers(language, rng)
            sentences = [altered(sentence, strangers, rng) for sentence in sentences]
        question = made_question(sentences[target], language, self.pools.rarity, rng)
        header = _joined_header(document, heading, rng)
        return Gold(question, header, tuple(sentences), (target,), "text", document.title)

    def text_asked_twice(self, language: Language, rng: random.Random) -> tuple[Gold, Gold]:
        """Return two questions made from different sentences of the same running text."""
        document, heading, sentences, usable = self._running_text(language, 2, rng)
        header = _joined_header(document, heading, rng)
        first, second = (
            Gold(
                varied(made_question(sentences[target], language, self.pools.rarity, rng), rng),
                header,
                tuple(sentences),
                (target,),
                "text",
                document.title,
            )
            for target in rng.sample(usable, 2)
        )
        return first, second

    def _running_text(
        self, language: Language, fewest: int, rng: random.Random
    ) -> tuple[Document, str, list[str], list[int]]:
        """Return a document, a heading, sentences that stand under it, and which of them can be asked about."""
        while True:
            document = rng.choice(self.pools.texts[language])
            heading, paragraphs = rng.choice(document.sections)
            start = rng.randrange(len(paragraphs)) if paragraphs else 0
            sentences = split_sentences("\n".join(paragraphs[start : start + 4])[:1800])
            usable = [i for i, sentence in enumerate(sentences) if 25 <= len(sentence) <= 300]
            if len(usable) >= fewest:
                return document, heading, sentences, usable

    def _strangers(self, language: Language, rng: random.Random) -> list[str]:
        """Return words of other texts."""
        while True:
            _, paragraphs = rng.choice(rng.choice(self.pools.texts[language]).sections)
            words = " ".join(paragraphs)[:1800].split()
            if words:
                return words

    def _fact_across(self, rng: random.Random) -> Gold:
        shown, asked = rng.sample(("en", "ko"), 2)
        return self.facts.drawn(shown, asked, rng)

    def _page_across(self, rng: random.Random) -> Gold:
        shown, asked = rng.sample(("en", "ko"), 2)
        return self.facts.page(shown, asked, rng)

    def _phrase_across(self, rng: random.Random) -> Gold:
        shown, asked = rng.sample(("en", "ko"), 2)
        return self.phrases.drawn(shown, asked, rng)

    def _parallel_gold(self, rng: random.Random) -> Gold:
        """Return sentences in one language, and a question in the other made from one sentence's translation."""
        # Neighbours in the file come from the same project: close enough in topic to mislead.
        start = rng.randrange(len(self.pools.parallel) - 12)
        rows = rng.sample(self.pools.parallel[start : start + 12], rng.randint(2, 5))
        asked, shown = rng.choice(((0, 1), (1, 0)))
        target = rng.randrange(len(rows))
        translation = rows[target][asked]
        language: Language = "en" if asked == 0 else "ko"
        question = translation
        if rng.random() < 0.75:
            question = made_question(translation, language, self.pools.rarity, rng)
        return Gold(question, "", tuple(row[shown] for row in rows), (target,), "parallel", str(start))


def _joined_header(document: Document, heading: str, rng: random.Random) -> str:
    if heading and rng.random() < 0.7:
        return f"{document.title} › {heading}"
    return document.title or heading
