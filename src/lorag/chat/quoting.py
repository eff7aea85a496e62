"""What is put before a model that answers in quotes, and what its choice of a sentence is weighed with.

A small model follows the words of a question; an embedder knows the same thing said otherwise, above all in the other
language. Together they choose better than either: docs/decisions/0081-two-opinions-on-a-sentence.md.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from lorag.chat.amounts import asked_for, may_tell
from lorag.chat.citations import has_citation
from lorag.chat.numbering import Sentence
from lorag.chat.prompt import Exchange
from lorag.chat.statements import is_question, row_name
from lorag.chat.turn import Similarities
from lorag.engine.api import GenerateRequest
from lorag.prompts.grounded import REFUSALS, shown_sentence
from lorag.prompts.language import language_of
from lorag.prompts.quote import quote_grammar
from lorag.retrieval.followup import is_follow_up

_LINE: Final = re.compile(r"^\[(\d+)\] .*$", re.MULTILINE)
CHOICE_WEIGHT: Final = 15.0
"""Nats that a sentence at the similarity 1 is ahead of one at 0."""
RELEVANCE_WEIGHT: Final = 6.0
"""Nats that a sentence of a passage at the relevance 1 is ahead of one at 0."""
CITING_WEIGHT: Final = 13.0
"""Nats by which the similarity of the nearest sentence speaks for quoting and against refusing ..."""
CITING_ZERO: Final = 0.20
"""... counted from here."""
_CANNOT_TELL: Final = -2.0
"""Nats for a sentence without a number or a time, where that is asked for."""
_MOST_EARLIER: Final = 2
"""Exchanges: it was taught on as many, and behind a dozen it makes words up."""
_REPEATED_WORTH: Final = 0.4
"""Similarity of a sentence that only repeats the question."""
_RULED_OUT: Final = -100.0
"""Nats: no other reason outweighs it."""


def earlier_for_quoting(question: str, earlier: Sequence[Exchange], *, has_passages: bool) -> tuple[Exchange, ...]:
    """Return the earlier exchanges that help a model which is only good at quoting.

    Without passages it goes on behind a quote with sentences that nobody wrote. With passages it may quote the answer
    to an earlier question once more, so it sees those only when the question leans on them. It never sees more than two.
    """
    if not has_passages:
        return tuple(exchange for exchange in earlier if not has_citation(exchange.answer))[-_MOST_EARLIER:]
    return tuple(earlier[-_MOST_EARLIER:]) if is_follow_up(question) else ()


def nearness(similarities: Similarities, question: str, sentences: Sequence[Sentence]) -> list[float]:
    """Return how near each sentence is to the question: itself, or what it stands for.

    Which words of the question a sentence repeats the model sees by itself, and a name they share makes everything about
    it seem near. So these words count the same wherever they stand, and the others by what they mean.

    A row of a table is as near as what it is about, its first cell: the names of the columns make all rows alike. What
    follows a heading, or a question in a list of questions and answers, is as near as that: it need not hold a word of it.
    """
    compared = similarities(question, [shown_sentence(sentence.text) for sentence in sentences])
    near = [one.rest * (1 - one.repeated) + _REPEATED_WORTH * one.repeated for one in compared]
    stands_for = {index: text for index, sentence in enumerate(sentences) if (text := _stands_for(sentences, index))}
    if near and stands_for:
        for index, value in zip(stands_for, similarities(question, list(stands_for.values())), strict=True):
            near[index] = max(near[index], value.whole)
    return near


def unanswering(sentences: Sequence[Sentence]) -> set[int]:
    """Return the indices of the sentences that cannot answer anything."""
    return {index for index, sentence in enumerate(sentences) if sentence.kind != "statement"}


def _stands_for(sentences: Sequence[Sentence], index: int) -> str:
    """Return the text that tells what a statement is about, nothing where only itself does."""
    sentence, before = sentences[index], sentences[index - 1] if index else None
    if sentence.kind != "statement":
        return ""
    if name := row_name(sentence.text):
        return name
    if before is None or before.passage is not sentence.passage:
        # Other headings are shown above the passage as well, and stand for more than its first sentence.
        heading = sentence.passage.heading[-1] if sentence.passage.heading else ""
        return heading if is_question(heading) else ""
    return shown_sentence(before.text) if before.kind in ("question", "heading") else ""


def held_to_quotes(
    request: GenerateRequest,
    question: str,
    sentences: Sequence[str],
    similarities: Sequence[float] = (),
    ruled_out: Collection[int] = (),
    relevance: Sequence[float] = (),
) -> GenerateRequest:
    """Return ``request`` with its answer held to numbered sentences; which ones are quoted is not a matter of chance.

    Args:
        request: What would be asked of a model that may write freely.
        question: What is asked.
        sentences: As numbered in the prompt.
        similarities: How near each is to the question, to weigh the model's choice with; none leaves it alone.
        ruled_out: Indices of the sentences that cannot answer anything.
        relevance: That of each one's passage, as the search found it for this question; none leaves it out.
    """
    reasons = [CHOICE_WEIGHT * similarity for similarity in similarities or [0.0] * len(sentences)]
    for index, share in enumerate(relevance):
        reasons[index] += RELEVANCE_WEIGHT * share
    left = [similarity for index, similarity in enumerate(similarities) if index not in ruled_out]
    citing = CITING_WEIGHT * (max(left) - CITING_ZERO) if left else 0.0
    asked = asked_for(question) if similarities else None
    behind = {index for index, sentence in enumerate(sentences) if asked and not may_tell(sentence, asked)}
    return replace(
        request,
        sampling=replace(request.sampling, temperature=0.0, repeat_penalty=1.0),
        grammar=quote_grammar(sentences, REFUSALS[language_of(question)]),
        citation_bias=tuple(
            _RULED_OUT if index in ruled_out else nats + _CANNOT_TELL * (index in behind)
            for index, nats in enumerate(reasons if similarities or ruled_out or relevance else ())
        ),
        citing_bias=citing if len(ruled_out) < max(len(sentences), 1) else _RULED_OUT,
    )


def joined_quotes(text: str, question: str) -> str:
    """Return the lines of ``text`` that quote, in the order of their numbers and once each; the refusal if none do."""
    lines = {int(match[1]): match[0] for match in _LINE.finditer(text)}
    return "\n".join(lines[number] for number in sorted(lines)) or REFUSALS[language_of(question)]
