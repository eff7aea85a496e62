"""Which column of a row holds what, by the names that people give their columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# The first name of each that a row holds is taken; names are compared in lower case without spaces around.
QUESTION_NAMES: Final = (
    "question", "prompt", "instruction", "query", "q", "user", "질문", "문의", "질의", "질문내용", "질문 내용", "문의내용",
    "문의 내용", "문의사항", "물음", "지시", "지시문", "명령", "요청",
)  # fmt: skip
ANSWER_NAMES: Final = (
    "answer", "completion", "output", "response", "reply", "a", "assistant", "chosen", "답변", "답", "응답", "대답",
    "답변내용", "답변 내용", "응답내용", "정답", "회신", "출력",
)  # fmt: skip
CONTEXT_NAMES: Final = ("input", "context", "문맥")
SYSTEM_NAMES: Final = ("system", "시스템")
TEXT_NAMES: Final = ("text", "content", "본문", "내용")
_TITLES: Final = ("제목", "입력", "input")
"""Names of a question where there is an answer, or text that may be one."""
_BODIES: Final = ("내용", "본문")
"""Names of an answer under a title, of what is asked beside an answer, and of a text where they stand alone."""
_KNOWN: Final[Mapping[str, Sequence[str]]] = {
    "question": QUESTION_NAMES, "answer": ANSWER_NAMES, "context": CONTEXT_NAMES, "system": SYSTEM_NAMES, "text": TEXT_NAMES,
}  # fmt: skip


_MARK: Final = re.compile(r"(?:Q|질문)\s?\d{0,3}\s?[.:)．：]\s*", re.IGNORECASE)
_QUESTION_END: Final = re.compile(r"(?:[?？]|나요|까요|가요|니까|는지요?|하죠)$")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column is which, in lower case; None where a row has none."""

    question: str | None = None
    answer: str | None = None
    context: str | None = None
    system: str | None = None
    text: str | None = None
    guessed: bool = False
    """Whether question and answer have names that may mean something else."""

    @property
    def is_pair(self) -> bool:
        """Tell whether there is a question with its answer."""
        return self.question is not None and self.answer is not None


def is_known(name: str, given: Mapping[str, str]) -> bool:
    """Tell whether a name of a column says what is in it; ``given`` are the names that the person gave."""
    said = name.strip().lower()
    names = (*_TITLES, *(known for names in _KNOWN.values() for known in names), "messages", "conversations", "대화")
    return said in names or said in {other.strip().lower() for other in given.values()}


def is_question(text: str) -> bool:
    """Tell whether a text ends as a question or is marked as one: ``Q.``, ``질문:``."""
    return bool(_MARK.match(text) or _QUESTION_END.search(text.strip()))


def without_mark(question: str) -> str:
    """Return a question without the ``Q.`` or ``질문:`` before it."""
    return _MARK.sub("", question, count=1)


def roles_of(names: Iterable[str], given: Mapping[str, str], *, as_text: bool = False) -> Roles:
    """Return which of the columns that a row has is which.

    Args:
        names: Names in lower case, of the columns that hold something.
        given: Names given by the person, ``{"question": "Q", "answer": "A"}``; they win over the known ones.
        as_text: Whether plain text is looked for: then a title with its text is no question with its answer.
    """
    there = set(names)
    question, answer, context, system, text = (
        _first((given[role].strip().lower(),) if role in given else known, there) for role, known in _KNOWN.items()
    )
    roles = Roles(question, answer, context, system, text)
    if roles.is_pair or given.keys() & {"question", "answer", "text"} or (as_text and roles.text is not None):
        return roles
    return _guessed(roles, there)


def _guessed(roles: Roles, there: set[str]) -> Roles:
    """Take a title for a question and what stands under it for the answer, or for more of the question."""
    question = roles.question or _first(_TITLES, there)
    if roles.answer is not None:
        question = question or _first(_BODIES, there)
    if question is None:
        return roles
    answer = roles.answer or _first(_BODIES, there)
    if answer is None or (roles.answer is None and roles.question is None and question != "제목"):
        return roles
    context = _first([name for name in (*CONTEXT_NAMES, *_BODIES) if name not in (question, answer)], there)
    return Roles(question, answer, context, roles.system, None, guessed=True)


def _first(names: Sequence[str], there: set[str]) -> str | None:
    return next((name for name in names if name in there), None)
