"""Builds training examples: a conversation whose last answer quotes numbered sentences, refuses, or is small talk."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chat.altered import with_echoes, with_twins
from chat.facts import FactGold
from chat.golds import Golds
from chat.intents import SmallTalk
from chat.layout import Layout, Shape
from chat.pools import Gold, Pools
from chat.questions import varied
from chat.searched import Searched
from chat.tables import SOURCE
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
_QUOTE: Final[Mapping[Language, Sequence[str]]] = {
    "en": ("Quote {}.", "Repeat {} word for word.", "What do {} say?", "Read {} to me", "Sentences {}?"),
    "ko": (
        "{}을 그대로 인용해 주세요.",
        "{} 문장을 그대로 적어 줘",
        "{}에 뭐라고 써 있나요?",
        "{} 읽어 줘",
        "문장 {}?",
    ),
}
_TALK_BEHIND_QUOTES: Final = 0.3
_SAME_PASSAGE: Final = 0.25
_ANSWER_SHOWN: Final = 0.6
_TWINS: Final = 0.5
_ECHOES: Final = 0.5
_OTHER_ROW: Final = 0.7
_OTHER_FACT: Final = 0.7
_TAKEN_OUT: Final = 0.75
"""Share of the refusals whose answering passage is taken out; the others have another question."""
_PAGE_TAKEN_OUT: Final = 0.4
"""Of a page it is taken out less: its other sentences mislead most."""
_REFUSED_ALONE: Final = 0.6
"""A passage that stands alone is refused less: more often than not it is shown because it answers."""


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
        self.golds = Golds(pools)
        self.layout = Layout(self.golds)
        self.searched = Searched(pools.split)

    def build(self, kind: str, shape: Shape, rng: random.Random) -> Example:
        """Return one example of ``kind``."""
        if kind == "talk":
            return self._small_talk(rng)
        if kind == "both":
            return self._two_questions(shape, rng)
        if kind == "fact.both":
            return self._two_facts(shape, rng)
        if kind == "copies":
            return self._copies(shape, rng)
        if kind == "conversation":
            return self._conversation(shape, rng)
        if kind == "searched":
            return self._searched(shape, rng)
        return self._grounded(kind, self.golds.drawn(kind, rng), shape, rng)

    def _grounded(self, kind: str, gold: Gold, shape: Shape, rng: random.Random) -> Example:
        passages, targets = self.layout.laid_out([gold], shape, rng)
        language = language_of(gold.question)
        refused = shape.refusal if len(passages) > 1 or shape.refusal == 1 else shape.refusal * _REFUSED_ALONE
        if rng.random() < refused:
            return self._refusal(kind, gold, passages, targets, shape, rng)
        passages, targets = self.layout.narrowed(gold.question, passages, targets, shape, rng)
        return _quoting(kind, gold.question, passages, targets, language)

    def _refusal(
        self,
        kind: str,
        gold: Gold,
        passages: list[PromptPassage],
        targets: Sequence[int],
        shape: Shape,
        rng: random.Random,
    ) -> Example:
        """Return the same prompt without the passage that answers, or with a question that it does not answer."""
        holder = _passage_of(passages, targets[0])
        question = gold.question
        whole = isinstance(gold, FactGold) and gold.whole
        if len(passages) > 1 and rng.random() < (_PAGE_TAKEN_OUT if whole else _TAKEN_OUT):
            passages = passages[:holder] + passages[holder + 1 :]
        else:
            question = self._foreign_question(gold, rng)
        language = language_of(question)
        passages, _ = self.layout.narrowed(question, passages, (), shape, rng)
        turn = grounded_question(question, passages)
        messages = (("user", turn), ("assistant", REFUSALS[language]))
        return Example(kind, messages, tuple(numbered_sentences(passages)), (), len(passages), language)

    def _searched(self, shape: Shape, rng: random.Random) -> Example:
        """Return a question over one of the small collections with what its search brings."""
        question, passages, targets = self.searched.drawn(shape, rng)
        language = language_of(question)
        if targets:
            return _quoting("searched", question, passages, targets, language)
        messages = (("user", grounded_question(question, passages)), ("assistant", REFUSALS[language]))
        return Example("searched", messages, tuple(numbered_sentences(passages)), (), len(passages), language)

    def _foreign_question(self, gold: Gold, rng: random.Random) -> str:
        language = language_of(gold.question)
        if gold.source == SOURCE and rng.random() < _OTHER_ROW:
            return varied(self.golds.tables.unanswered(gold, rng), rng)
        if isinstance(gold, FactGold) and rng.random() < _OTHER_FACT:
            return varied(self.golds.facts.unanswered(gold, language, rng), rng)
        if rng.random() < 0.4:
            return varied(rng.choice(self.pools.unanswerable[language]), rng)
        while True:
            kind = rng.choice(("qa", "qa", "pairs", "text"))
            other = self.golds.drawn(f"{kind}.{language}", rng)
            if other.doc != gold.doc:
                return other.question

    def _small_talk(self, rng: random.Random) -> Example:
        if rng.random() < 0.35:
            language: Language = rng.choice(("en", "ko"))
            question = self._foreign_question(self.golds.drawn(f"qa.{language}", rng), rng)
            messages = (("user", question), ("assistant", self.talk.no_documents(language, rng)))
            return Example("talk", messages, language=language)
        turns, spoken = self.talk.conversation(rng)
        if rng.random() < _TALK_BEHIND_QUOTES:
            turns = (*self._earlier(spoken, rng), *turns)
        return Example("talk", turns, language=spoken)

    def _two_questions(self, shape: Shape, rng: random.Random) -> Example:
        language: Language = rng.choice(("en", "ko"))
        first, second, passages, numbers = self._two_answers(language, language, shape, rng)
        question = first.question + rng.choice(_JOINTS[language]) + second.question
        return _quoting("both", question, passages, sorted(numbers), language)

    def _two_facts(self, shape: Shape, rng: random.Random) -> Example:
        """Return two questions about one document, which one passage or two of them answer."""
        language: Language = rng.choice(("en", "ko"))
        first, second = self.golds.facts.asked_twice(language, rng)
        golds: Sequence[Gold] = (first, second)
        if first.sentences == second.sentences:
            golds = [replace(first, targets=tuple(sorted(first.targets + second.targets)))]
        passages, numbers = self.layout.laid_out(golds, shape, rng)
        question = first.question + rng.choice(_JOINTS[language]) + second.question
        return _quoting("both", question, passages, sorted(numbers), language)

    def _two_answers(
        self, language: Language, other: Language, shape: Shape, rng: random.Random
    ) -> tuple[Gold, Gold, list[PromptPassage], tuple[int, int]]:
        """Return two questions, passages that answer both, and the number of the sentence that answers each."""
        if language == other and rng.random() < _SAME_PASSAGE:
            first, second = self.golds.text_asked_twice(language, rng)
            targets = sorted(first.targets + second.targets)
            passages, numbers = self.layout.laid_out([replace(first, targets=tuple(targets))], shape, rng)
            ordered = (numbers[targets.index(first.targets[0])], numbers[targets.index(second.targets[0])])
            return first, second, passages, ordered
        first, second = self._one_answer(language, rng), self._one_answer(other, rng)
        while second.question == first.question or set(map(shown_sentence, second.sentences)) & set(
            map(shown_sentence, first.sentences)
        ):
            second = self._one_answer(other, rng)
        passages, _ = self.layout.laid_out([first, second], shape, rng)
        sentences = numbered_sentences(passages)
        answers = [shown_sentence(gold.sentences[gold.targets[0]]) for gold in (first, second)]
        return first, second, passages, (sentences.index(answers[0]) + 1, sentences.index(answers[1]) + 1)

    def _one_answer(self, language: Language, rng: random.Random) -> Gold:
        """Return a question that one sentence answers."""
        gold = self.golds.drawn(f"{rng.choice(('qa', 'qa', 'pairs', 'text'))}.{language}", rng)
        return replace(gold, targets=gold.targets[:1])

    def _conversation(self, shape: Shape, rng: random.Random) -> Example:
        """Return a grounded example behind one or two earlier turns that must not be answered again."""
        language: Language = rng.choice(("en", "ko"))
        if rng.random() < _ANSWER_SHOWN:
            return self._asked_before(language, shape, rng)
        example = self.build(f"{rng.choice(('qa', 'qa', 'pairs', 'text'))}.{language}", shape, rng)
        history: list[tuple[str, str]] = []
        for _ in range(rng.choice((1, 1, 2))):
            if rng.random() < 0.4:
                turns, _ = self.talk.conversation(rng)
                history += turns[:2]
                continue
            history += self._earlier(language, rng)
        return replace(example, kind="conversation", messages=(*history, *example.messages))

    def _asked_before(self, language: Language, shape: Shape, rng: random.Random) -> Example:
        """Return a question behind one whose answer is among the passages, too, and must not be quoted again."""
        other: Language = language if rng.random() < 0.7 else rng.choice(("en", "ko"))
        earlier, asked, passages, (quoted, number) = self._two_answers(other, language, shape, rng)
        sentences = numbered_sentences(passages)
        targets = [number]
        if rng.random() < shape.refusal / 2:
            asked, targets = replace(asked, question=self._foreign_question(asked, rng)), []
        spoken = language_of(asked.question)
        messages = (
            ("user", earlier.question),
            ("assistant", quoted_answer([quoted], sentences)),
            ("user", grounded_question(asked.question, passages)),
            ("assistant", quoted_answer(targets, sentences) or REFUSALS[spoken]),
        )
        return Example("conversation", messages, tuple(sentences), tuple(targets), len(passages), spoken)

    def _earlier(self, language: Language, rng: random.Random) -> tuple[tuple[str, str], ...]:
        """Return a question with the quote that answered it, as they stand in a conversation later: without passages."""
        earlier = self.golds.drawn(f"{rng.choice(('qa', 'pairs', 'text'))}.{language}", rng)
        sentences = [shown_sentence(sentence) for sentence in earlier.sentences]
        quote = f"[{rng.randint(1, 20)}] {sentences[earlier.targets[0]]}"
        answer = REFUSALS[language_of(earlier.question)] if rng.random() < 0.2 else quote
        return ("user", earlier.question), ("assistant", answer)

    def _copies(self, shape: Shape, rng: random.Random) -> Example:
        """Return sentences asked for by their numbers: ten times as many copied words as a question brings."""
        kind = rng.choice(("qa.en", "qa.ko", "pairs.en", "pairs.ko", "text.en", "text.ko", "random", "random"))
        passages, _ = self.layout.laid_out([self.golds.drawn(kind, rng)], shape, rng)
        if rng.random() < _TWINS:
            passages = with_twins(passages, rng)
        if rng.random() < _ECHOES:
            passages = with_echoes(passages, rng)
        sentences = numbered_sentences(passages)
        numbers = rng.sample(range(1, len(sentences) + 1), min(len(sentences), rng.randint(2, 8)))
        bracketed = rng.random() < 0.5
        asked = rng.choice((", ", " ", ",")).join(f"[{n}]" if bracketed else str(n) for n in numbers)
        language: Language = rng.choice(("en", "ko"))
        return _quoting("copies", rng.choice(_QUOTE[language]).format(asked), passages, numbers, language)


def _quoting(
    kind: str, question: str, passages: Sequence[PromptPassage], targets: Sequence[int], language: Language
) -> Example:
    """Return a question over passages and the answer that quotes the sentences with these numbers."""
    sentences = numbered_sentences(passages)
    turn = grounded_question(question, passages)
    messages = (("user", turn), ("assistant", quoted_answer(targets, sentences)))
    return Example(kind, messages, tuple(sentences), tuple(targets), len(passages), language)


def _passage_of(passages: Sequence[PromptPassage], number: int) -> int:
    """Return the index of the passage that shows the sentence with this number."""
    for index, passage in enumerate(passages):
        if number <= len(passage.sentences):
            return index
        number -= len(passage.sentences)
    raise ValueError(f"no passage shows sentence {number}")
