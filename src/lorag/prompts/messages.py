"""What a conversation is made of."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation as a model sees it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of prompt text that is tokenised in one way."""

    text: str
    special: bool
    """Whether control-token markers in it are control tokens; true only for the template's own text."""
