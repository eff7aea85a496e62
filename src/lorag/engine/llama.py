"""The one door to llama.cpp: loads the library when first asked for, and keeps what it says about failures."""

import ctypes
import functools
import re
import sys
from collections.abc import Callable
from typing import Any, Final

_ERROR_LEVEL: Final = 4
_WARNING_LEVEL: Final = 3
_DEBUG_LEVEL: Final = 1
_FUNCTION_PREFIX = re.compile(r"^(?:[\w:~]+: )+")
_REPEATED = re.compile(r"^(?:error loading model|error loading model architecture|failed to apply lora adapter): ")
_SUMMARIES: Final = ("failed to load model", "failed to initialize")
_KEPT_LINES: Final = 20


class LlamaLog:
    """Writes llama.cpp's messages to standard error, which the worker has pointed at a file, and remembers the errors."""

    def __init__(self) -> None:
        self._errors: list[str] = []
        self.listener: Callable[[str], None] | None = None
        """Follows the messages of an action that tells of its progress in no other way."""
        self.callback: Any = None
        """The library keeps a bare pointer to it; this reference keeps it alive."""

    def write(self, level: int, text: bytes) -> None:
        """Take one message."""
        line = text.decode("utf-8", "replace")
        if level != _DEBUG_LEVEL:
            # Several lines a token: a log of them would grow by megabytes an hour and tell nothing.
            sys.stderr.write(line)
        if level >= _WARNING_LEVEL:
            sys.stderr.flush()
        if self.listener is not None:
            self.listener(line)
        if level == _ERROR_LEVEL and len(self._errors) < _KEPT_LINES:
            self._errors.append(line.strip())

    def forget(self) -> None:
        """Start a new action: errors so far are not its own."""
        self._errors.clear()

    def reason(self, otherwise: str) -> str:
        """Return why the latest action failed, in llama.cpp's own words."""
        sys.stderr.flush()
        for line in self._errors:
            reason = _FUNCTION_PREFIX.sub("", line)
            while _REPEATED.match(reason):
                reason = _REPEATED.sub("", reason)
            if reason and not reason.startswith(_SUMMARIES):
                return reason
        return otherwise


LOG: Final = LlamaLog()


@functools.cache
def library() -> Any:
    """Return llama.cpp's functions; loading them takes a tenth of a second."""
    from llama_cpp import llama_cpp as functions

    @functions.llama_log_callback  # type: ignore[untyped-decorator]
    def on_message(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        LOG.write(level, text)

    functions.llama_log_set(on_message, ctypes.c_void_p(0))
    LOG.callback = on_message
    functions.llama_backend_init()
    return functions
