"""What the app is handed: the parts of lorag, built by the command after the first frame is on screen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lorag.chat.attach import AttachedFiles
    from lorag.chat.conversation import Conversation
    from lorag.chat.turn import ModelChoice
    from lorag.library.browse import LibraryBrowser
    from lorag.library.chats import Chats


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be chosen."""

    name: str
    detail: str
    """Its size."""
    problem: str = ""
    """Why it cannot be used."""
    builtin: bool = False


@dataclass(frozen=True, slots=True)
class AdapterEntry:
    """An adapter that can be chosen."""

    name: str
    detail: str
    """How and on what it was trained."""
    problem: str = ""
    """Why it does not fit the model in use."""
    verdict: str = ""
    """The code of its evaluation's verdict: the words that were saved with it are in the language of its examples."""


@dataclass(frozen=True, slots=True)
class Core:
    """The parts, and the few decisions that need settings."""

    conversation: "Conversation"
    chats: "Chats"
    """Over a connection of its own, for the thread that draws."""
    library: "LibraryBrowser"
    models: Callable[[], Sequence[ModelEntry]]
    adapters: Callable[["ModelChoice"], Sequence[AdapterEntry]]
    """The adapters, each checked against the model chosen."""
    choose: Callable[[str, Mapping[str, float]], "ModelChoice"]
    """Model name, adapters with their strengths; raises a ``LoragError`` when they cannot be used."""
    attach: Callable[[Sequence[Path]], "AttachedFiles"]
    """Files to be sent with one question; raises a ``DocumentError`` when one cannot be read."""
    lorag: Callable[[Sequence[str]], list[str]]
    """The command line that runs lorag with these arguments over the same data folder, beside the chat."""
    close: Callable[[], Awaitable[None]]
    """End the engine."""


@dataclass(frozen=True, slots=True)
class Places:
    """Files and folders of the app itself."""

    preferences: Path
    history: Path
    draft: Path
    working: Path
    """Where relative paths begin and exports go."""
