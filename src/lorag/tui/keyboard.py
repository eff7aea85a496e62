"""Settings that Textual needs so that Korean, Japanese and Chinese input methods can commit text."""

import os
from collections.abc import MutableMapping
from typing import Final

_DISABLE: Final = "TEXTUAL_DISABLE_KITTY_KEY"
_SEQUENCE_LIMIT: Final = 512
"""Characters of one escape sequence; Textual's own 32 cuts a commit of five Hangul syllables into stray keys."""


def prepare_environment(environment: MutableMapping[str, str] = os.environ) -> None:
    """Turn the kitty keyboard protocol off where it loses composed text; call before Textual is imported."""
    if environment.get("TERM_PROGRAM") == "iTerm.app":
        environment.setdefault(_DISABLE, "1")


def allow_long_commits() -> None:
    """Let one escape sequence carry a whole composed phrase."""
    from textual import _xterm_parser  # noqa: PLC0415 - Textual reads the environment when it is imported

    _xterm_parser._MAX_SEQUENCE_SEARCH_THRESHOLD = max(_xterm_parser._MAX_SEQUENCE_SEARCH_THRESHOLD, _SEQUENCE_LIMIT)
