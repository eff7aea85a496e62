"""The sentences of the passages of one turn, numbered as the model sees them and placed as they stand in the files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lorag.chat.statements import SentenceKind, kind_of
from lorag.documents.sentences import sentence_spans
from lorag.prompts.grounded import PromptPassage, shown_sentence
from lorag.retrieval.passages import Passage

_LONGEST_HEADER = 160


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage."""

    passage: Passage
    text: str
    """As it stands in the document."""
    start: int
    """Offset in the document's text."""
    end: int
    kind: SentenceKind = "statement"
    nats: float = 0.0
    """What speaks for it as the answer (:mod:`lorag.chat.weighing`)."""

    @property
    def lines(self) -> tuple[int | None, int | None]:
        """The first and last line in the file, where the passage knows its own."""
        if self.passage.line_start is None:
            return None, None
        first = self.passage.line_start + self.passage.text.count("\n", 0, self.start - self.passage.start)
        return first, first + self.text.count("\n")


@dataclass(frozen=True, slots=True)
class PassageSentences:
    """A passage with those of its sentences that are sent."""

    passage: Passage
    sentences: tuple[Sentence, ...]

    @property
    def prompt(self) -> PromptPassage:
        """The passage as the prompt's layout wants it."""
        return PromptPassage(header_of(self.passage), tuple(sentence.text for sentence in self.sentences))


def split_passages(passages: Iterable[Passage]) -> list[PassageSentences]:
    """Return each passage with its sentences; what would show nothing (only invisible characters) is left out."""
    split = [PassageSentences(passage, tuple(_sentences(passage))) for passage in passages]
    return [item for item in split if item.sentences]


def numbered(passages: Sequence[PassageSentences]) -> dict[int, Sentence]:
    """Return the sentences by the number they carry in the prompt, counted from 1 through all passages."""
    sentences = [sentence for item in passages for sentence in item.sentences]
    return dict(enumerate(sentences, start=1))


def header_of(passage: Passage) -> str:
    """Return where a passage stands: ``title › heading, p. 3``."""
    title = passage.title or passage.path.name
    # The first heading of many documents is their title.
    headings = passage.heading[1:] if passage.heading[:1] == (title,) else passage.heading
    place = " › ".join(part for part in (title, *headings) if part)
    if len(place) > _LONGEST_HEADER:
        place = place[: _LONGEST_HEADER - 1] + "…"
    return place if passage.page is None else f"{place}, p. {passage.page}"


def _sentences(passage: Passage) -> Iterable[Sentence]:
    for start, end in sentence_spans(passage.text):
        text = passage.text[start:end]
        if _says_something(text, passage):
            yield Sentence(passage, text, passage.start + start, passage.start + end, kind_of(passage, start, end))


def _says_something(text: str, passage: Passage) -> bool:
    """Tell whether a sentence is more than rules, invisible characters, or the heading that the header shows anyway."""
    shown = shown_sentence(text)
    return any(letter.isalnum() for letter in shown) and shown.lstrip("# ").strip() not in passage.heading
