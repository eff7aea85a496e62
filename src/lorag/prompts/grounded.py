"""The layout in which passages and a question are put before any model, in chat and in training.

Every sentence stands on its own line behind a number, so that a citation points at one sentence (LongCite, Zhang et
al. 2024), and the question stands before and after the passages (query-aware contextualisation, Liu et al. 2023).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lorag.prompts.language import Language

REFUSALS: Final[dict[Language, str]] = {
    "en": "I could not find that in the documents.",
    "ko": "문서에서 그 내용을 찾지 못했습니다.",
}
"""What is answered, word for word, when the passages do not hold the answer."""

_NUMBER_LOOK_ALIKE = re.compile(r"\[(\d{1,4})\]")
_INVISIBLE = re.compile(
    # C0/C1 controls, soft hyphen, zero-width and bidirectional marks, byte-order mark: none can be seen, all can mislead.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


@dataclass(frozen=True, slots=True)
class PromptPassage:
    """A passage as it is shown to a model."""

    header: str
    """Where the passage stands: ``title › heading, page``."""
    sentences: tuple[str, ...]
    """The passage's sentences in order."""


def is_refusal(answer: str) -> bool:
    """Tell whether an answer says that the documents do not hold it, in the words it was told to use."""
    said = "".join(answer.split()).casefold()
    return any("".join(refusal.split()).casefold().rstrip(".") in said for refusal in REFUSALS.values())


def shown_sentence(text: str) -> str:
    """Return a sentence as one harmless line: no controls, no escape sequences, no look-alike of ``[n]``."""
    text = _INVISIBLE.sub("", _ESCAPE_SEQUENCE.sub("", text))
    return " ".join(_NUMBER_LOOK_ALIKE.sub(r"(\1)", text).split())


def numbered_sentences(passages: Sequence[PromptPassage]) -> list[str]:
    """Return every sentence as shown; the sentence at index ``i`` carries the number ``i + 1``."""
    return [shown_sentence(sentence) for passage in passages for sentence in passage.sentences]


def grounded_question(question: str, passages: Sequence[PromptPassage]) -> str:
    """Return the user turn that asks ``question`` over ``passages``."""
    blocks = [question]
    number = 0
    for passage in passages:
        lines = [shown_sentence(passage.header)]
        for sentence in passage.sentences:
            number += 1
            lines.append(f"[{number}] {shown_sentence(sentence)}")
        blocks.append("\n".join(lines))
    blocks.append(question)
    return "\n\n".join(blocks)


def quoted_answer(numbers: Sequence[int], sentences: Sequence[str]) -> str:
    """Return the answer that quotes the sentences with these 1-based ``numbers``, one ``[n] sentence`` a line."""
    return "\n".join(f"[{number}] {sentences[number - 1]}" for number in numbers)
