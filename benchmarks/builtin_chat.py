"""The built-in chat model through llama.cpp: which sentence it chooses, in whose words, and whether it ends its turn."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.recipe import Example, ExampleBuilder, Shape
from lorag.chat.numbering import PassageSentences, Sentence
from lorag.chat.prompt import Exchange
from lorag.chat.quoting import earlier_for_quoting, held_to_quotes, joined_quotes
from lorag.chat.statements import kind_of
from lorag.chat.turn import Documents
from lorag.chat.weighing import weighed_for_each
from lorag.engine.api import Engine, Finished, GenerateRequest, LoadedModel, Sampling, TextDelta, Usage
from lorag.prompts.grounded import REFUSALS, grounded_question, numbered_sentences
from lorag.prompts.messages import Message
from lorag.prompts.template import render
from lorag.retrieval.parts import question_parts
from lorag.retrieval.passages import Passage

KINDS: Final = {"English": ("qa.en",), "Korean": ("qa.ko",), "across languages": ("parallel", "cross")}
WRITTEN: Final = {
    "rows of tables": ("table.en", "table.ko"),
    "in other words, English": ("fact.en",),
    "in other words, Korean": ("fact.ko",),
    "in other words, across languages": ("fact.cross",),
}
"""Questions over documents that were written for the recipe; the facts of the last three were never trained on."""
PASSAGES: Final = (1, 3, 6)
_LINE: Final = re.compile(r"\[(\d+)\] (.*)")
_NUMBER: Final = re.compile(r"^\[(\d+)\]", re.MULTILINE)
_MOST_TOKENS: Final = 400
_RELEVANCE: Final = 0.2
"""What a search finds a passage to be on average; equal for all, it tells nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said."""

    text: str
    ended: bool
    """Whether it ended its turn by itself."""
    usage: Usage

    @property
    def numbers(self) -> list[int]:
        """The sentences that it names, in order."""
        return [int(match[1]) for match in map(_LINE.match, self.text.splitlines()) if match]

    def verbatim(self, sentences: Sequence[str]) -> bool:
        """Return whether every line is ``[n]`` and the words of sentence ``n``."""
        lines = [_LINE.fullmatch(line) for line in self.text.splitlines()]
        return bool(lines) and all(
            line is not None and 0 < int(line[1]) <= len(sentences) and sentences[int(line[1]) - 1] == line[2]
            for line in lines
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """One question and what came of it."""

    example: Example
    free: Reply
    """What the model says when nothing holds it."""
    alone: Reply
    """What it quotes under the grammar, by itself."""
    quoted: Reply
    """What lorag answers: under the grammar, and weighed with what the embedder knows of the sentences."""

    @property
    def refused(self) -> bool:
        """Whether the answer is the refusal."""
        return self.quoted.text.strip() == REFUSALS[self.example.language]

    @property
    def right(self) -> bool:
        """Whether a quoted sentence answers."""
        return any(number in self.example.targets for number in self.quoted.numbers)

    @property
    def right_alone(self) -> bool:
        """The same for the model by itself."""
        return any(number in self.example.targets for number in self.alone.numbers)

    @property
    def complete(self) -> bool:
        """Whether the quoted sentences are all that answer."""
        return set(self.example.targets) <= set(self.quoted.numbers)

    @property
    def complete_alone(self) -> bool:
        """Whether the model by itself quotes all that answer."""
        return set(self.example.targets) <= set(self.alone.numbers)

    @property
    def right_first(self) -> bool:
        """Whether the first number of the unconstrained answer is right."""
        return self.free.numbers[:1] != [] and self.free.numbers[0] in self.example.targets

    @property
    def place(self) -> float:
        """Where the right sentence stands among the sentences, from 0 to 1."""
        return (self.example.targets[0] - 1) / max(1, len(self.example.sentences) - 1)


async def reply(
    engine: Engine, model: LoadedModel, messages: Sequence[Message], held: Callable[[GenerateRequest], GenerateRequest]
) -> Reply:
    """Return the model's likeliest answer to the request that ``held`` makes of the plain one."""
    prompt = render(
        messages,
        template=model.chat_template,
        bos_token=model.bos_token,
        eos_token=model.eos_token,
        add_generation_prompt=True,
    )
    sampling = Sampling(temperature=0.0, repeat_penalty=1.0, seed=1)
    parts, finished = [], None
    async for event in engine.generate(held(GenerateRequest(prompt, sampling, max_tokens=_MOST_TOKENS))):
        if isinstance(event, TextDelta):
            parts.append(event.text)
        elif isinstance(event, Finished):
            finished = event
    if finished is None:
        raise RuntimeError("the engine ended without saying so")
    return Reply("".join(parts), finished.reason == "end", finished.usage)


def unheld(request: GenerateRequest) -> GenerateRequest:
    """Return the request as it is: the model may say anything."""
    return request


async def trials(engine: Engine, model: LoadedModel, examples: Sequence[Example], documents: Documents) -> list[Trial]:
    """Ask every example's question freely, held to quotes, and as lorag does with what ``documents`` know."""
    return [await _trial(engine, model, example, documents) for example in examples]


async def _trial(engine: Engine, model: LoadedModel, example: Example, documents: Documents) -> Trial:
    messages = [Message(role, text) for role, text in example.messages[:-1]]  # type: ignore[arg-type]
    question = messages[-1].content.split("\n\n", maxsplit=1)[0]
    sentences = example.sentences
    pairs = zip(messages[:-1:2], messages[1::2], strict=True)
    earlier = [Exchange(asked.content, answer.content) for asked, answer in pairs]
    shown = earlier_for_quoting(question, earlier, has_passages=True)
    return Trial(
        example,
        free=await reply(engine, model, messages, unheld),
        alone=await reply(engine, model, messages, lambda plain: held_to_quotes(plain, question, sentences)),
        quoted=await _as_in_chat(engine, model, messages if shown else messages[-1:], example, documents),
    )


async def _as_in_chat(
    engine: Engine, model: LoadedModel, messages: Sequence[Message], example: Example, documents: Documents
) -> Reply:
    """Return what lorag answers: most of the sentences are left out, and each of several questions is asked by itself."""
    question = example.messages[-2][1].split("\n\n", maxsplit=1)[0]
    parts, passages = question_parts(question), placed(example)
    shown = weighed_for_each(parts, passages, documents.similarities)
    replies = []
    for part, own in zip(parts, shown, strict=True):
        prompts = [item.prompt for item in own.passages]
        asked = Message("user", grounded_question(part, prompts))
        texts, nats = numbered_sentences(prompts), [one.nats for item in own.passages for one in item.sentences]
        held = partial(held_to_quotes, question=part, sentences=texts, nats=nats, quoting=own.quoting)
        replies.append(await reply(engine, model, [*messages[:-1], asked], held))
    text = joined_quotes("\n".join(said.text for said in replies), question) if len(replies) > 1 else replies[0].text
    # Numbered as in the example, where nothing is left out.
    numbers = [one.start for item in shown[0].passages for one in item.sentences]
    text = _NUMBER.sub(lambda found: f"[{numbers[int(found[1]) - 1]}]", text)
    return Reply(text, all(said.ended for said in replies), replies[-1].usage)


def placed(example: Example) -> list[PassageSentences]:
    """Return the passages of an example as if a search had brought them; a sentence's place is its number."""
    passages, number, texts = list[PassageSentences](), 1, example.sentences
    for block in example.messages[-2][1].split("\n\n")[1:-1]:
        header, _, told = block.partition(f"[{number}] ")
        if not told:
            continue
        count = 1
        while f"\n[{number + count}] " in block:
            count += 1
        text = "\n".join(texts[number - 1 : number - 1 + count])
        title = header.strip()
        passage = Passage(
            0, Path("dev.txt"), title, "", (), None, None, None, 0, len(text), text, _RELEVANCE, None, None
        )
        sentences, start = list[Sentence](), 0
        for sentence in texts[number - 1 : number - 1 + count]:
            kind = kind_of(passage, start, start + len(sentence))
            sentences.append(Sentence(passage, sentence, number, number, kind))
            start += len(sentence) + 1
            number += 1
        passages.append(PassageSentences(passage, tuple(sentences)))
    return passages


def questions(builder: ExampleBuilder, kind: str, passages: int, count: int, *, answerable: bool) -> list[Example]:
    """Return the same examples at every call: ``count`` of them, with or without the passage that answers.

    ``kind`` is a key of ``KINDS`` or ``WRITTEN``, ``"both"`` and ``"fact.both"`` (two questions in one, over two documents or
    one), or ``"conversation"`` (behind earlier turns).
    """
    shape = Shape((passages,), (2, 4), 0.0 if answerable else 1.0, 0.5)
    rng = random.Random(f"{kind} {passages} {answerable}")
    kinds = {**KINDS, **WRITTEN}.get(kind, (kind,))
    return [builder.build(kinds[index % len(kinds)], shape, rng) for index in range(count)]


def facts(builder: ExampleBuilder, count: int) -> list[str]:
    """Return questions about facts, half of them Korean, that are asked without any passage."""
    rng = random.Random("facts")
    return [builder.golds.drawn(("qa.en", "qa.ko")[index % 2], rng).question for index in range(count)]


def conversations(builder: ExampleBuilder, count: int) -> list[Example]:
    """Return small talk and questions behind earlier turns."""
    rng = random.Random("turn-taking")
    shape = Shape((1, 2, 3), (2, 4), 0.15, 0.5)
    return [builder.build(("talk", "conversation")[index % 2], shape, rng) for index in range(count)]
