"""The screen without a single colour code, for people who ask for that with NO_COLOR."""

from functools import lru_cache
from typing import Final

from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_CHOSEN: Final = ColorTriplet(255, 0, 255)
"""The background that app.tcss gives, without colours, to what is to be reversed: Textual loses ``reverse`` in a list."""


class Colourless(LineFilter):
    """Takes every colour away; what Textual does instead turns them into greys, which are colours to a terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments bold, dim or reversed as they were."""
        return [Segment(text, _plain(style), control) for text, style, control in segments]


@lru_cache(4096)
def _plain(style: Style | None) -> Style | None:
    if style is None:
        return None
    chosen = style.bgcolor is not None and style.bgcolor.triplet == _CHOSEN
    # What a click does hangs on the style, too.
    return style.without_color + Style(reverse=chosen or None) + Style.from_meta(style.meta)
