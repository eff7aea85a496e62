"""What the parts of the app share: the way to the whole of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.app import App
from textual.screen import Screen

if TYPE_CHECKING:
    from lorag.tui.app import LoragApp

_Result = TypeVar("_Result")


class AppPart(App[None]):
    """One concern of the app; the app is made of several."""

    @property
    def ui(self) -> "LoragApp":
        """The app with all its parts."""
        return cast("LoragApp", self)

    def show_screen(self, screen: Screen[_Result], then: Callable[[_Result | None], Any] | None = None) -> None:
        """Put a screen over the chat without waiting for it."""
        _ = self.push_screen(screen, then)
