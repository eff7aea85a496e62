"""Which language the environment asks for."""

import os
from collections.abc import Mapping

from lorag.prompts.language import Language


def locale_language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of messages that the environment asks for, as POSIX orders its variables."""
    wanted = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "ko" if wanted.lower().startswith("ko") else "en"
