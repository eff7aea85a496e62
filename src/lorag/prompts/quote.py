"""Strict quote mode: a grammar that lets a model answer only with sentences that stand in the documents.

The words are then verbatim by construction, with any model and at any temperature; what is left to the model is the
choice of the numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Final

MOST_QUOTES: Final = 3
"""How many sentences one answer may quote."""


def quote_grammar(sentences: Sequence[str], refusal: str, *, at_most: int = MOST_QUOTES) -> str:
    """Return a GBNF grammar for one to ``at_most`` lines ``[n] sentence``, or ``refusal``.

    ``sentences`` are as shown in the prompt; the one at index ``i`` carries the number ``i + 1``. Numbers rise from line
    to line, so that no sentence comes twice; the grammar grows with the number of sentences, not with its square.
    """
    return "\n".join(_rules(sentences, refusal, at_most)) + "\n"


def _rules(sentences: Sequence[str], refusal: str, at_most: int) -> Iterator[str]:
    count = len(sentences)
    yield f"root ::= {f'from-{at_most}-1 | ' if count else ''}{_literal(refusal)}"
    for number, sentence in enumerate(sentences, start=1):
        yield f"line-{number} ::= {_literal(f'[{number}] {sentence}')}"
        for left in range(1, at_most + 1):
            later = f" | from-{left}-{number + 1}" if number < count else ""
            more = f" more-{left - 1}-{number + 1}" if left > 1 and number < count else ""
            yield f"from-{left}-{number} ::= line-{number}{more}{later}"
            if number > 1 and left < at_most:
                yield f'more-{left}-{number} ::= "" | "\\n" from-{left}-{number}'


def _literal(text: str) -> str:
    """Return ``text`` as a GBNF string; whatever could mean something to the grammar's parser is escaped."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character.isprintable() and character not in '"\\':
        return character
    if 0xD800 <= code <= 0xDFFF:
        # Half of a surrogate pair is no character: UTF-8 cannot hold it, so no model can write it.
        return "\ufffd"
    return f"\\U{code:08X}" if code > 0xFFFF else f"\\u{code:04X}"
