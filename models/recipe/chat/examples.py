"""Builds training examples: a conversation whose last answer quotes numbered sentences, refuses, or is small talk."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chat.intents import SmallTalk
from chat.pools import Document, Gold, Pools, language_of_sentences
from chat.questions import made_question
from chat.random_text import random_gold
from lorag.documents.sentences import split_sentences
from lorag.prompts.grounded import (
    REFUSALS,
    PromptPassage,
    grounded_question,
    numbered_sentences,
    quoted_answer,
    shown_sentence,
)
from lorag.prompts.language import Language, language_of

_JOINTS: Final[Mapping[Language, Sequence[str]]] = {"en": (" And ", " Also, ", " "), "ko": (" 그리고 ", " 또 ", " ")}
_SEPARATORS: Final = (" › ", " › ", ", ")


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the prompts of a stage are."""

    passages: tuple[int, ...]
    """Numbers of passages to choose from, each as likely as it is often in here."""
    sentences: tuple[int, int]
    """Fewest and most sentences a passage shows."""
    refusal: float
    """Share of examples whose passages do not hold the answer."""
    hard: float
    """Share of misleading passages that share words or a source with the question."""


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation to learn from."""

    kind: str
    messages: tuple[tuple[str, str], ...]
    """Role and text, alternating; the last one is the assistant's."""
    sentences: tuple[str, ...] = ()
    """The numbered sentences of the last user turn, as shown."""
    targets: tuple[int, ...] = ()
    """Numbers (from 1) of the answering sentences; empty for refusals and small talk."""
    passages: int = 0
    language: Language = "en"
    """The language of the question."""


class ExampleBuilder:
    """Draws examples of the kinds that a stage's mix names."""

    def __init__(self, pools: Pools, talk: SmallTalk) -> None:
        self.pools = pools
        self.talk = talk
        self._golds: dict[str, Callable[[random.Random], Gold]] = {
            "qa.en": lambda rng: rng.choice(pools.answers["en"]),
            "qa.ko": lambda rng: rng.choice(pools.answers["ko"]),
            "pairs.en": lambda rng: rng.choice(pools.pairs["en"]),
            "pairs.ko": lambda rng: rng.choice(pools.pairs["ko"]),
            "headings.en": lambda rng: rng.choice(pools.headings["en"]),
            "headings.ko": lambda rng: rng.choice(pools.headings["ko"]),
            "cross": lambda rng: rng.choice(pools.pairs["cross"]),
            "parallel": self._parallel_gold,
            "text.en": lambda rng: self._text_gold("en", rng),
            "text.ko": lambda rng: self._text_gold("ko", rng),
            "random": random_gold,
        }

    def build(self, kind: str, shape: Shape, rng: random.Random) -> Example:
        """Return one example of ``kind``."""
        if kind == "talk":
            return self._small_talk(rng)
        if kind == "both":
            return self._two_questions(shape, rng)
        if kind == "conversation":
            return self._conversation(shape, rng)
        return self._grounded(kind, self.gold(kind, rng), shape, rng)

    def gold(self, kind: str, rng: random.Random) -> Gold:
        """Return a question with its answering passage; some headings and pairs keep only made-up questions."""
        gold = self._golds[kind](rng)
        if gold.source == "dstc9" and ":" in gold.sentences[0] and ":" not in gold.question:
            # The same question is asked of every hotel there: alone it has many answers.
            entity = gold.sentences[0].split(":")[0]
            if len(entity) < 60:
                form = rng.choice(("{0}: {1}", "{1} ({0})", "{1} I mean {0}.", "About {0}: {1}"))
                gold = replace(gold, question=form.format(entity, gold.question))
        return replace(gold, question=_varied(gold.question, rng))

    def _grounded(self, kind: str, gold: Gold, shape: Shape, rng: random.Random) -> Example:
        passages, targets = self._laid_out([gold], shape, rng)
        language = language_of(gold.question)
        if rng.random() < shape.refusal:
            return self._refusal(kind, gold, passages, targets, rng)
        sentences = numbered_sentences(passages)
        turn = grounded_question(gold.question, passages)
        answer = quoted_answer(targets, sentences)
        messages = (("user", turn), ("assistant", answer))
        return Example(kind, messages, tuple(sentences), tuple(targets), len(passages), language)

    def _refusal(
        self, kind: str, gold: Gold, passages: list[PromptPassage], targets: Sequence[int], rng: random.Random
    ) -> Example:
        """Return the same prompt without the passage that answers, or with a question that it does not answer."""
        holder = _passage_of(passages, targets[0])
        question = gold.question
        if len(passages) > 1 and rng.random() < 0.75:
            passages = passages[:holder] + passages[holder + 1 :]
        else:
            question = self._foreign_question(gold, rng)
        language = language_of(question)
        turn = grounded_question(question, passages)
        messages = (("user", turn), ("assistant", REFUSALS[language]))
        return Example(kind, messages, tuple(numbered_sentences(passages)), (), len(passages), language)

    def _foreign_question(self, gold: Gold, rng: random.Random) -> str:
        language = language_of(gold.question)
        if rng.random() < 0.4:
            return _varied(rng.choice(self.pools.unanswerable[language]), rng)
        while True:
            kind = rng.choice(("qa", "qa", "pairs", "text"))
            other = self.gold(f"{kind}.{language}", rng)
            if other.doc != gold.doc:
                return other.question

    def _laid_out(
        self, golds: Sequence[Gold], shape: Shape, rng: random.Random
    ) -> tuple[list[PromptPassage], list[int]]:
        """Return the answering passages shuffled among misleading ones, and the numbers of the answering sentences."""
        wanted = {shown_sentence(gold.sentences[i]) for gold in golds for i in gold.targets}
        cut = [_window(gold, shape, rng) for gold in golds]
        blocks = [(PromptPassage(self._header(gold, rng), gold.sentences), gold.targets) for gold in cut]
        count = max(len(golds), rng.choice(shape.passages))
        while len(blocks) < count:
            other = self._misleading(golds[0], shape, rng)
            sentences = tuple(s for s in other.sentences if shown_sentence(s) not in wanted)
            if sentences:
                blocks.append((PromptPassage(self._header(other, rng), sentences), ()))
        rng.shuffle(blocks)
        numbers, first = [], 1
        for passage, targets in blocks:
            numbers += [first + target for target in targets]
            first += len(passage.sentences)
        return [passage for passage, _ in blocks], numbers

    def _misleading(self, gold: Gold, shape: Shape, rng: random.Random) -> Gold:
        if gold.source == "random":
            return _window(random_gold(rng), shape, rng)
        other = None
        if rng.random() < shape.hard:
            other = self.pools.related(gold.question + " " + gold.sentences[gold.targets[0]][:60], rng)
        if other is None or other.question == gold.question or other.sentences == gold.sentences:
            language = language_of_sentences(gold.sentences)
            other = self._text_gold(language, rng) if rng.random() < 0.5 else self.gold(f"qa.{language}", rng)
        return _window(other, shape, rng)

    def _text_gold(self, language: Language, rng: random.Random) -> Gold:
        """Return a sentence of running text with a question made from it."""
        while True:
            document = rng.choice(self.pools.texts[language])
            heading, paragraphs = rng.choice(document.sections)
            start = rng.randrange(len(paragraphs)) if paragraphs else 0
            sentences = split_sentences("\n".join(paragraphs[start : start + 4])[:1800])
            usable = [i for i, sentence in enumerate(sentences) if 25 <= len(sentence) <= 300]
            if usable:
                break
        target = rng.choice(usable)
        question = made_question(sentences[target], language, self.pools.rarity, rng)
        header = _joined_header(document, heading, rng)
        return Gold(question, header, tuple(sentences), (target,), "text", document.title)

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

    def _header(self, gold: Gold, rng: random.Random) -> str:
        header = gold.header
        if not header:
            parts = gold.doc.split("#")[0].rsplit("/", 2)
            name = parts[-1].rsplit(".", 1)[0].replace("_", " ").replace("-", " ")
            header = f"{gold.source}{rng.choice(_SEPARATORS)}{name}" if rng.random() < 0.4 else name
        if rng.random() < 0.15:
            header += f", p. {rng.randint(1, 300)}"
        return shown_sentence(header)[:80]

    def _small_talk(self, rng: random.Random) -> Example:
        if rng.random() < 0.35:
            language: Language = rng.choice(("en", "ko"))
            question = self._foreign_question(self.gold(f"qa.{language}", rng), rng)
            messages = (("user", question), ("assistant", self.talk.no_documents(language, rng)))
            return Example("talk", messages, language=language)
        turns, spoken = self.talk.conversation(rng)
        return Example("talk", turns, language=spoken)

    def _two_questions(self, shape: Shape, rng: random.Random) -> Example:
        language: Language = rng.choice(("en", "ko"))
        first, second = (self.gold(f"{rng.choice(('qa', 'pairs', 'text'))}.{language}", rng) for _ in range(2))
        first, second = (replace(gold, targets=gold.targets[:1]) for gold in (first, second))
        passages, numbers = self._laid_out([first, second], shape, rng)
        sentences = numbered_sentences(passages)
        question = first.question + rng.choice(_JOINTS[language]) + second.question
        turn = grounded_question(question, passages)
        messages = (("user", turn), ("assistant", quoted_answer(numbers, sentences)))
        return Example("both", messages, tuple(sentences), tuple(numbers), len(passages), language)

    def _conversation(self, shape: Shape, rng: random.Random) -> Example:
        """Return a grounded example behind one or two earlier turns that must not be answered again."""
        language = rng.choice(("en", "ko"))
        example = self.build(f"{rng.choice(('qa', 'qa', 'pairs', 'text'))}.{language}", shape, rng)
        history: list[tuple[str, str]] = []
        for _ in range(rng.choice((1, 1, 2))):
            if rng.random() < 0.4:
                turns, _ = self.talk.conversation(rng)
                history += turns[:2]
                continue
            earlier = self.gold(f"{rng.choice(('qa', 'pairs', 'text'))}.{language}", rng)
            sentences = [shown_sentence(sentence) for sentence in earlier.sentences]
            quote = f"[{rng.randint(1, 20)}] {sentences[earlier.targets[0]]}"
            answer = REFUSALS[language_of(earlier.question)] if rng.random() < 0.2 else quote
            history += [("user", earlier.question), ("assistant", answer)]
        return replace(example, kind="conversation", messages=(*history, *example.messages))


def _passage_of(passages: Sequence[PromptPassage], number: int) -> int:
    """Return the index of the passage that shows the sentence with this number."""
    for index, passage in enumerate(passages):
        if number <= len(passage.sentences):
            return index
        number -= len(passage.sentences)
    raise ValueError(f"no passage shows sentence {number}")


def _window(gold: Gold, shape: Shape, rng: random.Random) -> Gold:
    """Return ``gold`` with a run of its sentences that holds the answering ones."""
    low, high = gold.targets[0], gold.targets[-1] + 1
    size = max(rng.randint(*shape.sentences), high - low)
    start = rng.randint(max(0, high - size), min(low, max(0, len(gold.sentences) - size)))
    kept = gold.sentences[start : start + size]
    return replace(gold, sentences=kept, targets=tuple(target - start for target in gold.targets))


def _joined_header(document: Document, heading: str, rng: random.Random) -> str:
    if heading and rng.random() < 0.7:
        return f"{document.title} › {heading}"
    return document.title or heading


def _varied(question: str, rng: random.Random) -> str:
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
