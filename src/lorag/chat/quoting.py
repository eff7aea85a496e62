"""What is put before a model that answers in quotes, and how its answer is held to them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lorag.chat.citations import has_citation
from lorag.chat.prompt import Exchange
from lorag.engine.api import GenerateRequest
from lorag.prompts.grounded import REFUSALS
from lorag.prompts.language import language_of
from lorag.prompts.quote import quote_grammar
from lorag.retrieval.followup import is_follow_up

_LINE: Final = re.compile(r"^\[(\d+)\] .*$", re.MULTILINE)
_MOST_EARLIER: Final = 2
"""Exchanges: it was taught on as many, and behind a dozen it makes words up."""


def earlier_for_quoting(question: str, earlier: Sequence[Exchange], *, has_passages: bool) -> tuple[Exchange, ...]:
    """Return the earlier exchanges that help a model which is only good at quoting.

    Without passages it goes on behind a quote with sentences that nobody wrote. With passages it may quote the answer
    to an earlier question once more, so it sees those only when the question leans on them. It never sees more than two.
    """
    if not has_passages:
        return tuple(exchange for exchange in earlier if not has_citation(exchange.answer))[-_MOST_EARLIER:]
    return tuple(earlier[-_MOST_EARLIER:]) if is_follow_up(question) else ()


def held_to_quotes(
    request: GenerateRequest, question: str, sentences: Sequence[str], nats: Sequence[float] = (), quoting: float = 0.0
) -> GenerateRequest:
    """Return ``request`` with its answer held to numbered sentences; which ones are quoted is not a matter of chance.

    Args:
        request: What would be asked of a model that may write freely.
        question: What is asked.
        sentences: As numbered in the prompt.
        nats: What speaks for each of them (:mod:`lorag.chat.weighing`), to weigh the model's choice with; none leaves it alone.
        quoting: What speaks for quoting at all, to weigh its refusing with.
    """
    return replace(
        request,
        sampling=replace(request.sampling, temperature=0.0, repeat_penalty=1.0),
        grammar=quote_grammar(sentences, REFUSALS[language_of(question)]),
        citation_bias=tuple(nats),
        citing_bias=quoting,
    )


def joined_quotes(text: str, question: str) -> str:
    """Return the lines of ``text`` that quote, in the order of their numbers and once each; the refusal if none do."""
    lines = {int(match[1]): match[0] for match in _LINE.finditer(text)}
    return "\n".join(lines[number] for number in sorted(lines)) or REFUSALS[language_of(question)]
